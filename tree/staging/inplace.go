package staging

// InPlace returns the final name of the top-level name if the run before, which
// ended in the middle of Place, has put it there already. The plan has no say
// in it then. Writing something else to it takes it back into staging first.
func (t *Tree) InPlace(name string) (final string, ok bool) {
	if !t.inPlace.Load() {
		return "", false
	}
	t.topMu.RLock()
	defer t.topMu.RUnlock()
	for k := range t.tops {
		if t.m.Entries[t.tops[k].index].Path == name {
			return t.tops[k].placed, t.tops[k].placed != ""
		}
	}
	return "", false
}

// placedAs returns the final name of a top-level name that is in place, else "".
func (t *Tree) placedAs(k int32) string {
	if !t.inPlace.Load() {
		return ""
	}
	t.topMu.RLock()
	defer t.topMu.RUnlock()
	return t.tops[k].placed
}

// unplace takes a top-level name that an earlier run put in place back into
// staging, because something of it is about to change.
func (t *Tree) unplace(k int32) error {
	if t.placedAs(k) == "" {
		return nil
	}
	t.topMu.Lock()
	defer t.topMu.Unlock()
	top := &t.tops[k]
	if top.placed == "" {
		return nil
	}
	name := t.shelf.name(k, t.m.Entries[top.index].Path)
	if err := t.tree.removeAll(name); err != nil {
		return err
	}
	if err := t.dir.renameNew(top.placed, t.tree, name); err != nil {
		return err
	}
	top.placed = ""
	return nil
}
