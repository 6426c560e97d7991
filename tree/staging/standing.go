package staging

import (
	"context"
	"io/fs"
	"maps"
	"sync"
	"time"

	"sesame/tree"
	"sesame/tree/manifest"
)

// A Standing is what of a tree has its final name already, whoever put it there:
// an earlier run that ended too late to know, or one that left something out.
// What is equal needs to cross no more, and what the plan skips needn't at all.
// Its methods may be called from several goroutines at once, before Place.
//
// Source: doc/native.md §7.9.
type Standing struct {
	t        *Tree
	plan     tree.Plan
	goals    []goal // by top-level name
	whole    []int  // entries, in their order
	unwanted []int  // the same

	folders folderCache
	absent  map[int32]bool // directories that aren't there

	mu    sync.Mutex
	found map[int]stat // of the entries in whole, when they were looked at
	kept  map[int]bool // their files stay, and nothing of them is in staging
	left  map[int]bool // the plan skips them
	lost  []int        // were kept, and have changed since
}

// A goal is where a top-level name may stand.
type goal struct {
	name   string // "" if it may not
	exists tree.Exists
	same   bool // it may stay only if it is equal
}

// findStanding is Tree.Standing.
func findStanding(ctx context.Context, t *Tree, plan tree.Plan) (*Standing, error) {
	s, err := newStanding(ctx, t, plan)
	if err != nil {
		return nil, err
	}
	defer s.folders.close()
	err = s.each(ctx, func(i int, st stat) {
		e := &t.shape.M.Entries[i]
		switch {
		case e.Kind != manifest.File || e.Size <= 0 || t.ledger.State(i) != tree.Waiting:
		case s.goals[t.shape.Tops[i]].exists == tree.MergeSkip:
			s.unwanted = append(s.unwanted, i)
			s.left[i] = true
		case st.kind == regular && st.size == e.Size && e.Size >= tree.MinStanding && t.files.resumable(i) == 0:
			s.whole = append(s.whole, i)
			s.found[i] = st
		}
	})
	if err != nil {
		return nil, err
	}
	for _, i := range s.unwanted {
		if err := t.files.cover(i, 0); err != nil {
			return nil, err
		}
	}
	return s, nil
}

func newStanding(ctx context.Context, t *Tree, plan tree.Plan) (*Standing, error) {
	s := &Standing{
		t: t, plan: maps.Clone(plan), goals: make([]goal, len(t.shape.Roots)), absent: make(map[int32]bool),
		found: make(map[int]stat), kept: make(map[int]bool), left: make(map[int]bool),
	}
	s.setGoals()
	err := s.chooseSame(ctx)
	if err != nil {
		s.folders.close()
	}
	return s, err
}

// setGoals takes from the plan where each top-level name may stand.
func (s *Standing) setGoals() {
	for k := range s.t.shape.Roots {
		e := &s.t.shape.M.Entries[s.t.shape.Roots[k]]
		target := s.plan[e.Path]
		if target.Name == "" {
			target.Name = e.Path
		}
		switch {
		case s.t.names.placed(int32(k)) != "":
		case target.Exists == tree.Replace && e.Kind == manifest.Dir: // all of it goes
		case target.Exists != tree.Refuse:
			s.goals[k] = goal{target.Name, target.Exists, false}
		case target.Same != "" && tree.CheckFinal(target.Same) == nil:
			s.goals[k] = goal{target.Same, tree.MergeRename, true}
		}
	}
}

// chooseSame decides which directories are completed where they stand, because what
// they have of the tree they have just so, and there is nothing else in them, or an
// earlier run of the same transfer put them there. The others keep out of the way.
func (s *Standing) chooseSame(ctx context.Context) error {
	differs, extra, files := make([]bool, len(s.goals)), make([]int, len(s.goals)), make([]int, len(s.goals))
	err := s.each(ctx, func(i int, st stat) {
		k := s.t.shape.Tops[i]
		if !s.goals[k].same || differs[k] {
			return
		}
		n, ok := s.resembles(int32(i), st)
		differs[k] = !ok
		if st.kind == regular {
			files[k]++
		}
		extra[k] += n - 1
	})
	if err != nil {
		return err
	}
	for k := range s.goals {
		e := &s.t.shape.M.Entries[s.t.shape.Roots[k]]
		switch {
		case !s.goals[k].same || e.Kind != manifest.Dir:
		case differs[k] || extra[k] >= 0 && (files[k] == 0 || !s.placed(k)): // its own name isn't inside
			s.goals[k] = goal{}
		default:
			if s.plan == nil {
				s.plan = make(tree.Plan)
			}
			s.plan[e.Path] = tree.Target{Name: s.goals[k].name, Exists: tree.MergeRename, Yield: s.plan[e.Path].Yield}
		}
	}
	return nil
}

// placed reports whether an earlier run of the same transfer has put the k-th
// top-level name there.
func (s *Standing) placed(k int) bool {
	st, ok := s.stat(int(s.t.shape.Roots[k]))
	return ok && s.t.area.traits.inodes && s.t.area.opts.placed(st)
}

// resembles reports whether what stands in the place of entry i could be it, as
// far as can be seen without reading, and how many names are in it.
func (s *Standing) resembles(i int32, st stat) (names int, ok bool) {
	e := &s.t.shape.M.Entries[i]
	switch {
	case e.Kind == manifest.Dir && st.kind == directory:
		h, err := s.folder(i)
		if err != nil {
			return 0, false
		}
		defer s.folders.release(h)
		list, err := h.names()
		return len(list), err == nil
	case e.Kind == manifest.Link && st.kind == link:
		h, name, err := s.at(i)
		if err != nil {
			return 0, false
		}
		defer s.folders.release(h)
		target, err := h.readlink(name)
		return 0, err == nil && target == e.Target
	}
	return 0, e.Kind == manifest.File && st.kind == regular && st.size == e.Size && s.near(st.mtime, e.ModTime)
}

// near reports whether a file with the time shown may be one that got want, here or
// on a disk that it was copied from. The zero time says nothing.
func (s *Standing) near(shown, want time.Time) bool {
	const coarse = 2 * time.Second // FAT
	return want.IsZero() || want.Sub(shown).Abs() <= coarse || s.t.area.traits.sameTime(shown, want)
}

// each calls f with every entry in whose final place something stands.
func (s *Standing) each(ctx context.Context, f func(i int, st stat)) error {
	for i := range s.t.shape.M.Entries {
		if i%256 == 0 && ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if st, ok := s.stat(i); ok {
			f(i, st)
		}
	}
	return nil
}

// stat looks at what stands in the place of entry i.
func (s *Standing) stat(i int) (st stat, ok bool) {
	h, name, err := s.at(int32(i))
	if err != nil {
		return stat{}, false
	}
	defer s.folders.release(h)
	st, err = h.lstat(name)
	return st, err == nil
}

// at returns the directory in which entry i may stand, and its name there. The
// caller must release it.
func (s *Standing) at(i int32) (*handle, string, error) {
	parent := s.t.shape.Parents[i]
	switch g := &s.goals[s.t.shape.Tops[i]]; {
	case g.name == "":
		return nil, "", fs.ErrNotExist
	case parent < 0:
		return &handle{folder: s.t.area.dir}, g.name, nil
	}
	h, err := s.folder(parent)
	return h, baseName(s.t.shape.M.Entries[i].Path), err
}

// folder returns the directory that stands in the place of entry i.
func (s *Standing) folder(i int32) (*handle, error) {
	if h := s.folders.find(i); h != nil {
		return h, nil
	}
	if s.absent[i] {
		return nil, fs.ErrNotExist
	}
	parent, name, err := s.at(i)
	if err != nil {
		s.absent[i] = true
		return nil, err
	}
	defer s.folders.release(parent)
	d, err := parent.sub(name)
	if err != nil {
		s.absent[i] = true
		return nil, err
	}
	return s.folders.insert(i, d), nil
}

// mayStand returns how many bytes may turn out to be in d under their final names
// already, so that they take no room.
func mayStand(ctx context.Context, d *folder, m *manifest.Manifest) (bytes uint64) {
	in, err := tree.NewShape(ctx, m)
	if err != nil {
		return 0
	}
	t := &Tree{shape: in, area: &area{dir: d, traits: usual}}
	s := &Standing{t: t, goals: make([]goal, len(t.shape.Roots)), absent: make(map[int32]bool)}
	defer s.folders.close()
	for k := range t.shape.Roots {
		s.goals[k] = goal{name: t.shape.Root(int32(k)).Path}
	}
	s.each(ctx, func(i int, st stat) {
		if e := &m.Entries[i]; e.Kind == manifest.File && st.kind == regular && st.size == e.Size {
			bytes += uint64(e.Size)
		}
	})
	return bytes
}
