package staging

import (
	"cmp"
	"errors"
	"io/fs"
	"slices"
	"strings"

	"sesame/tree/manifest"
)

// adopt takes over the newest staging directory that an earlier run of the same
// transfer left, and reports whether there was one. All others stay as they are.
func (t *Tree) adopt() bool {
	for _, name := range t.abandoned() {
		d, err := t.dir.sub(name)
		if err != nil {
			continue // somebody else's
		}
		c, why := t.opts.weigh(d, name)
		if why != 0 {
			passOver(t, d, name, c, why)
			continue
		}
		if err = t.enter(name, d, false); err == nil {
			t.claim = c
			err = t.takeStock()
		}
		if err == nil {
			t.opts.Logger.Debug("going on with an earlier run", "name", name)
			return true
		}
		t.opts.Logger.Debug("earlier run left alone", "name", name, "err", err)
		t.folders.close()
		t.leaveStaging()
		t.resetStock()
	}
	return false
}

// passOver deals with a staging directory that t doesn't go on with, and closes it.
func passOver(t *Tree, d *folder, name string, c claim, why Why) {
	defer d.close()
	if why != gone {
		t.opts.leftover(d, name, why)
	} else if t.dir.remove(name) == nil {
		t.opts.forget(c)
	}
}

// abandoned lists the staging directories for the tree's first name, the
// newest first. Some may be in use.
func (t *Tree) abandoned() []string {
	first, _, _ := strings.Cut(t.m.Entries[0].Path, "/")
	names, err := t.dir.names()
	if err != nil {
		return nil
	}
	type candidate struct {
		name  string
		mtime int64
	}
	var found []candidate
	for _, name := range names {
		if !isStaging(name, stagingPrefix(first)) && !isStaging(name, stagingPrefix(plainFirst)) {
			continue
		}
		if st, err := t.dir.lstat(name); err == nil && st.kind == directory {
			found = append(found, candidate{name, st.mtime.UnixNano()})
		}
	}
	slices.SortFunc(found, func(a, b candidate) int { return cmp.Compare(b.mtime, a.mtime) })
	out := make([]string, len(found))
	for i := range found {
		out[i] = found[i].name
	}
	return out
}

// takeStock finds out what of the tree lies in the staging directory, and in
// place if the earlier run came so far, and removes everything else.
func (t *Tree) takeStock() error {
	t.disk = make([]int64, len(t.entries))
	s := &stock{Tree: t}
	s.group()
	placed := t.readPlacing()
	t.putBack(placed)
	s.findPlaced(placed)
	if err := s.scan(t.tree, -1, false); err != nil {
		return err
	}
	names, err := t.root.names()
	if err != nil {
		return err
	}
	for _, name := range names {
		if name == lockName || name == treeName || name == placingName || isMarker(name) {
			continue
		}
		if err := t.root.removeAll(name); err != nil {
			return err
		}
	}
	return nil
}

// resetStock forgets what takeStock found.
func (t *Tree) resetStock() {
	t.disk = nil
	t.touched.Store(false)
	t.inPlace.Store(false)
	for k := range t.tops {
		t.tops[k].placed = ""
	}
	for i := range t.entries {
		t.entries[i].exists, t.entries[i].wanted = false, false
	}
}

// A stock compares directories with the manifest.
type stock struct {
	*Tree
	begin []int32 // children of entry i are kids[begin[i+1]:begin[i+2]]
	kids  []int32
}

// group sorts the entries by parent.
func (s *stock) group() {
	s.begin = make([]int32, len(s.entries)+2)
	for i := range s.entries {
		s.begin[s.entries[i].parent+2]++
	}
	for i := 1; i < len(s.begin); i++ {
		s.begin[i] += s.begin[i-1]
	}
	s.kids = make([]int32, len(s.entries))
	next := slices.Clone(s.begin)
	for i := range s.entries {
		p := s.entries[i].parent + 1
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
		name := baseName(s.m.Entries[i].Path)
		if _, ok := byName[name]; ok {
			return rangeError("%q twice", s.m.Entries[i].Path)
		}
		byName[name] = i
		if s.m.Entries[i].Kind == manifest.Dir {
			missing++
		}
	}
	for k, name := range names {
		if err := interrupted(s.opening, k); err != nil {
			return err
		}
		i, listed := byName[name]
		if listed && parent < 0 && s.tops[s.entries[i].top].placed != "" {
			listed = false // what it replaced
		}
		ok := false
		if listed {
			if ok, err = s.compare(d, name, i, strict); err != nil {
				return err
			}
		}
		if ok {
			if s.m.Entries[i].Kind == manifest.Dir {
				missing--
			}
			continue
		}
		if strict {
			return errDiffers
		}
		if err := d.removeAll(name); err != nil {
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
	src, e := &s.m.Entries[i], &s.entries[i]
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
		wanted := st.size == src.Size && s.traits.samePerm(st.perm, s.perm(src.Exec)) &&
			(s.traits.sameTime(st.mtime, src.ModTime) || src.ModTime.IsZero() && !strict)
		if s.traits.owners && !st.mine || st.links > 1 || strict && !wanted || !strict && (src.Size <= 0 || !s.traits.gaps) {
			return false, nil
		}
		e.exists, e.wanted = true, wanted
		s.disk[i] = st.size
		if st.size > 0 {
			s.touched.Store(true)
		}
		return true, nil
	}
	return false, nil
}

func baseName(path string) string { return path[strings.LastIndexByte(path, '/')+1:] }

// findPlaced looks for top-level names that the earlier run put in place and
// that are still there, unchanged as far as names, sizes and times tell.
func (s *stock) findPlaced(list []placing) {
	if !s.traits.moves {
		return // it could not be taken back
	}
	tops := make(map[string]int32)
	for k := range s.tops {
		if len(list) > 0 {
			tops[s.m.Entries[s.tops[k].index].Path] = int32(k)
		}
	}
	for _, p := range list {
		k, ok := tops[p.Name]
		if !ok || p.Ino == 0 || checkFinal(p.Final) != nil {
			continue
		}
		st, err := s.dir.lstat(p.Final)
		if err != nil || st.ino != p.Ino || st.dev != p.Dev {
			continue
		}
		top := &s.tops[k]
		if ok, err := s.compare(s.dir, p.Final, top.index, true); ok && err == nil {
			top.placed = p.Final
			s.inPlace.Store(true)
		} else {
			s.forget(top.index)
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

// putBack returns what an earlier run moved aside to make room and then had no
// time to replace.
func (t *Tree) putBack(placed []placing) {
	for k, p := range placed {
		if checkFinal(p.Final) == nil {
			err := t.root.renameNew(asideName(k), t.dir, p.Final)
			if err != nil && !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, fs.ErrExist) {
				t.opts.Logger.Warn("what stood in the way was not put back", "name", p.Final, "err", err)
			}
		}
	}
}
