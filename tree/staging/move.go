package staging

import (
	"context"
	"errors"
	"io/fs"

	"sesame/tree"
	"sesame/tree/manifest"
)

// A mover gives the top-level names of a tree that is complete their final ones.
type mover struct {
	*files
	standing *Standing
	ctx      context.Context
	moves    []move
	given    map[string]bool // final names
	index    map[string]int  // of entries, by path; nil until it is needed
	begun    bool            // something has its final name
}

// A move is one top-level name and where it goes.
type move struct {
	top    int
	name   string
	target tree.Target
	done   bool // it is in place already
	skip   bool // it failed
	there  bool // something equal stays instead
	left   bool // what is there stays, whatever it is
}

// choose makes the plan complete and looks for names that are taken.
func (t *mover) choose(plan tree.Plan) error {
	for k := range t.shape.Roots {
		if err := interrupted(t.ctx, k); err != nil {
			return err
		}
		m := move{top: k, name: t.shape.Root(int32(k)).Path}
		m.target = plan[m.name]
		if m.target.Name == "" {
			m.target.Name = m.name
		}
		if err := t.chooseOne(&m); err != nil {
			return err
		}
		if !m.skip {
			t.given[m.target.Name] = true
		}
		t.moves = append(t.moves, m)
	}
	return nil
}

func (t *mover) chooseOne(m *move) error {
	i := t.shape.Roots[m.top]
	switch {
	case t.names.placed(int32(m.top)) != "":
		m.done, m.target = true, tree.Target{Name: t.names.placed(int32(m.top))}
	case t.ledger.Losses.Has(int(i)), t.shape.M.Entries[i].Kind != manifest.Dir && t.ledger.Gone(int(i)):
		m.skip = true
		return nil
	default:
		if err := t.stay(m); err != nil {
			return err
		}
		if err := tree.CheckFinal(m.target.Name); err != nil {
			return err
		}
		if m.there || m.left {
			break
		}
		if err := t.checkFree(m); err != nil {
			return err
		}
	}
	if t.given[m.target.Name] {
		return &tree.ExistsError{Name: m.target.Name}
	}
	return nil
}

// find returns the index of the entry at path.
func (t *mover) find(path string) (int, bool) {
	if t.index == nil {
		t.index = make(map[string]int, len(t.entries))
		for i := range t.shape.M.Entries {
			t.index[t.shape.M.Entries[i].Path] = i
		}
	}
	i, ok := t.index[path]
	return i, ok
}

// stay finds out whether what is there stays, and nothing is moved.
func (t *mover) stay(m *move) (err error) {
	i := t.shape.Roots[m.top]
	m.there, m.left = t.standing.Covers(int(i))
	same := m.target.Same
	if m.target.Exists != tree.Refuse || same == "" || t.shape.M.Entries[i].Kind != manifest.File || tree.CheckFinal(same) != nil {
		return nil
	}
	if !m.there {
		m.there, err = sameFile(t.ctx, t.area.tree, t.names.staged(int32(m.top)), t.area.dir, same)
	}
	if m.there {
		m.target.Name = same
	}
	return err
}

// checkFree returns an *tree.ExistsError if the plan can't work as things stand. If m
// yields, it has another name then.
func (t *mover) checkFree(m *move) error {
	ok, err := t.mayTake(m)
	switch {
	case err != nil:
		return t.area.fault(tree.OpPlacing, m.target.Name, err)
	case ok && !t.given[m.target.Name]:
		return nil
	case m.target.Yield:
		t.yield(m)
		return nil
	}
	return &tree.ExistsError{Name: m.target.Name}
}

// mayTake reports whether nothing that is there forbids what m is to do.
func (t *mover) mayTake(m *move) (bool, error) {
	st, err := t.area.dir.lstat(m.target.Name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return true, nil
	case err != nil && t.area.canHave(m.target.Name):
		return false, err
	case err != nil:
		return true, nil // what comes of that is seen when it gets the name
	case m.target.Exists == tree.Refuse:
		return false, nil
	}
	isDir := t.shape.M.Entries[t.shape.Roots[m.top]].Kind == manifest.Dir
	return m.target.Exists == tree.Replace || isDir == (st.kind == directory), nil
}

// yield has m take the first free name.
func (t *mover) yield(m *move) {
	first := m.target.Name
	if same := m.target.Same; same != "" && tree.CheckFinal(same) == nil {
		first = same
	}
	m.target.Exists = tree.Refuse
	m.target.Name = tree.FreeName(first, func(name string) error {
		if t.given[name] {
			return nil
		}
		_, err := t.area.dir.lstat(name)
		return err
	})
}

// note writes down what is about to become final.
func (t *mover) note() error {
	var list []placing
	for k, m := range t.moves {
		if err := interrupted(t.ctx, k); err != nil {
			return err
		}
		var line placing // stays empty for what isn't placed
		if !m.skip {
			d, name := t.names.where(int32(m.top))
			if st, err := d.lstat(name); err == nil {
				line = placing{m.name, m.target.Name, st.dev, st.ino}
			}
		}
		list = append(list, line)
	}
	return t.area.writePlacing(list)
}

// placeAll renames what is ready.
func (t *mover) placeAll() ([]tree.Placed, error) {
	var placed []tree.Placed
	for k := range t.moves {
		m := &t.moves[k]
		if m.skip {
			continue
		}
		p := tree.Placed{Name: m.name, Final: m.target.Name}
		// An empty file that was missing may have taken it back into staging.
		switch {
		case m.there:
			p.There = true
		case m.left:
			p.Skipped = []string{""}
		case !m.done || t.names.placed(int32(m.top)) == "":
			if err := t.ctx.Err(); err != nil {
				return placed, err
			}
			if err := t.placeOne(k, &p); err != nil {
				return placed, t.area.fault(tree.OpPlacing, m.target.Name, err)
			}
			if m.skip { // this moment
				continue
			}
			p.Final = m.target.Name
			if st, err := t.area.dir.lstat(p.Final); err == nil && (m.target.Exists == tree.Refuse || m.target.Exists == tree.MergeRename) {
				t.area.opts.signed(st)
			}
			t.names.settle(int32(m.top), m.target.Name)
			t.begun = true
		}
		placed = append(placed, p)
	}
	return placed, nil
}

// yields bounds how often somebody may be faster with a name.
const yields = 1000

// placeOne places the k-th.
func (t *mover) placeOne(k int, p *tree.Placed) error {
	m := &t.moves[k]
	f := ferry{t, m.name}
	name := t.names.staged(int32(m.top))
	for range yields {
		err := f.put(t.area.tree, name, t.area.dir, m.target.Name, "")
		switch {
		case err != nil && !isTaken(err) && !t.area.canHave(m.target.Name):
			f.lose("", manifest.CauseDiskName)
			m.skip = true
			return nil
		case !isTaken(err):
			return err
		case m.target.Exists == tree.Replace:
			return t.replaceTop(f, k, name)
		case m.target.Exists != tree.Refuse:
			g := &merge{ferry: f, exists: m.target.Exists}
			err = g.one(t.area.tree, name, t.area.dir, m.target.Name, "")
			p.Skipped, p.Beside = append(t.standing.skippedBelow(m.top), g.skipped...), g.beside
			return err
		case !m.target.Yield:
			return &tree.ExistsError{Name: m.target.Name}
		}
		// Somebody took it since the choice was made.
		t.yield(m)
		if err := t.note(); err != nil {
			return err
		}
	}
	return &tree.ExistsError{Name: m.target.Name}
}

// replaceTop puts name in its final name's place, whatever the two are.
func (t *mover) replaceTop(f ferry, k int, name string) error {
	final := t.moves[k].target.Name
	ours, err := t.area.tree.lstat(name)
	if err != nil {
		return err
	}
	theirs, err := t.area.dir.lstat(final)
	if errors.Is(err, fs.ErrNotExist) {
		return f.put(t.area.tree, name, t.area.dir, final, "")
	}
	if err != nil {
		return err
	}
	if ours.kind != directory && theirs.kind != directory {
		return f.replace(t.area.tree, name, t.area.dir, final, "")
	}
	err = t.area.tree.exchange(name, t.area.dir, final)
	if !errors.Is(err, errors.ErrUnsupported) {
		return err
	}
	aside := asideName(k)
	if err := t.area.dir.rename(final, t.area.root, aside); err != nil {
		return err
	}
	if err := f.put(t.area.tree, name, t.area.dir, final, ""); err != nil {
		return errors.Join(err, t.area.root.renameNew(aside, t.area.dir, final))
	}
	return nil
}

// isTaken reports whether err says that something has the new name.
func isTaken(err error) bool { return errors.Is(err, fs.ErrExist) }
