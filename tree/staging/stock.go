package staging

import (
	"context"
	"errors"
	"slices"

	"sesame/tree"
	"sesame/tree/manifest"
)

// takeStock finds out what of the tree lies in the staging directory, and in
// place if the earlier run came so far, and removes everything else. After an error
// it is as if it hadn't looked.
func takeStock(ctx context.Context, f *files) error {
	f.disk = make([]int64, len(f.entries))
	s := &stock{files: f, ctx: ctx}
	s.group()
	err := s.take()
	if err != nil {
		f.reset()
	}
	return err
}

func (s *stock) take() error {
	placed := s.area.readPlacing()
	s.area.putBack(placed)
	s.findPlaced(placed)
	if err := s.scan(s.area.tree, -1, false); err != nil {
		return err
	}
	names, err := s.area.root.names()
	if err != nil {
		return err
	}
	for _, name := range names {
		if name == lockName || name == treeName || name == placingName || isMarker(name) {
			continue
		}
		if err := removeAll(s.area.root, name); err != nil {
			return err
		}
	}
	return nil
}

// A stock compares directories with the manifest, while nothing else runs.
type stock struct {
	*files
	ctx   context.Context
	begin []int32 // children of entry i are kids[begin[i+1]:begin[i+2]]
	kids  []int32
}

// group sorts the entries by parent.
func (s *stock) group() {
	s.begin = make([]int32, len(s.entries)+2)
	for i := range s.entries {
		s.begin[s.shape.Parents[i]+2]++
	}
	for i := 1; i < len(s.begin); i++ {
		s.begin[i] += s.begin[i-1]
	}
	s.kids = make([]int32, len(s.entries))
	next := slices.Clone(s.begin)
	for i := range s.entries {
		p := s.shape.Parents[i] + 1
		s.kids[next[p]] = int32(i)
		next[p]++
	}
}

func (s *stock) children(parent int32) []int32 {
	return s.kids[s.begin[parent+1]:s.begin[parent+2]]
}

var errDiffers = errors.New("not as it was placed")

// scan notes what of parent's children is in d. If strict, anything that isn't
// as the manifest has it is errDiffers; else it is removed.
func (s *stock) scan(d *folder, parent int32, strict bool) error {
	names, err := d.names()
	if err != nil {
		return err
	}
	byName, missing := make(map[string]int32), 0 // directories not found yet
	for _, i := range s.children(parent) {
		name := baseName(s.shape.M.Entries[i].Path)
		if _, ok := byName[name]; ok {
			return tree.Rangef("%q twice", s.shape.M.Entries[i].Path)
		}
		byName[name] = i
		if s.shape.M.Entries[i].Kind == manifest.Dir {
			missing++
		}
	}
	for k, name := range names {
		if err := interrupted(s.ctx, k); err != nil {
			return err
		}
		i, listed := byName[name]
		if listed && parent < 0 && s.names.placed(s.shape.Tops[i]) != "" {
			listed = false // what it replaced
		}
		ok := false
		if listed {
			if ok, err = s.compare(d, name, i, strict); err != nil {
				return err
			}
		}
		if ok {
			if s.shape.M.Entries[i].Kind == manifest.Dir {
				missing--
			}
			continue
		}
		if strict {
			return errDiffers
		}
		if err := removeAll(d, name); err != nil {
			return err
		}
	}
	if strict && missing > 0 {
		return errDiffers
	}
	return nil
}

// compare reports whether name in d can stay as entry i, and goes into
// directories.
func (s *stock) compare(d *folder, name string, i int32, strict bool) (bool, error) {
	st, err := d.lstat(name)
	if err != nil {
		return false, err
	}
	src, e := &s.shape.M.Entries[i], &s.entries[i]
	switch {
	case src.Kind == manifest.Dir && st.kind == directory:
		sub, err := d.sub(name)
		if err != nil {
			return false, err
		}
		defer sub.close()
		if err := s.scan(sub, i, strict); err != nil {
			return false, err
		}
		e.exists = true
		return true, nil
	case src.Kind == manifest.Link && st.kind == link && strict:
		target, err := d.readlink(name)
		e.exists = err == nil && target == src.Target
		return e.exists, nil
	case src.Kind == manifest.File && st.kind == regular:
		wanted := st.size == src.Size && s.area.traits.samePerm(st.perm, s.area.perm(src.Exec)) &&
			(s.area.traits.sameTime(st.mtime, src.ModTime) || src.ModTime.IsZero() && !strict)
		if s.area.traits.owners && !st.mine || st.links > 1 || strict && !wanted || !strict && (src.Size <= 0 || !s.area.traits.gaps) {
			return false, nil
		}
		e.exists, e.wanted = true, wanted
		s.disk[i] = st.size
		if st.size > 0 {
			s.area.touched.Store(true)
		}
		return true, nil
	}
	return false, nil
}

// findPlaced looks for top-level names that the earlier run put in place and
// that are still there, unchanged as far as names, sizes and times tell.
func (s *stock) findPlaced(list []placing) {
	if !s.area.traits.moves {
		return // it could not be taken back
	}
	tops := make(map[string]int32)
	for k := range s.shape.Roots {
		if len(list) > 0 {
			tops[s.shape.Root(int32(k)).Path] = int32(k)
		}
	}
	for _, p := range list {
		k, ok := tops[p.Name]
		if !ok || p.Ino == 0 || tree.CheckFinal(p.Final) != nil {
			continue
		}
		st, err := s.area.dir.lstat(p.Final)
		if err != nil || st.ino != p.Ino || st.dev != p.Dev {
			continue
		}
		i := s.shape.Roots[k]
		if ok, err := s.compare(s.area.dir, p.Final, i, true); ok && err == nil {
			s.names.settle(k, p.Final)
		} else {
			s.forget(i)
		}
	}
}

// forget undoes what compare noted about entry i and what is below it.
func (s *stock) forget(i int32) {
	s.entries[i].exists, s.entries[i].wanted, s.disk[i] = false, false, 0
	for _, kid := range s.children(i) {
		s.forget(kid)
	}
}
