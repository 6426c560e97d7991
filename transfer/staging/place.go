package staging

import (
	"context"
	"errors"
	"io/fs"

	"sesame/transfer/manifest"
)

// A Plan says, by top-level name, where each goes. A name that isn't in it
// keeps its name and refuses to replace.
type Plan map[string]Target

// A Target is the final place of a top-level name.
type Target struct {
	Name   string // one path element; "" keeps the top-level name
	Exists Exists // what to do if there is something of that name
	// Same names what may turn out to be the same: a file that is equal stays, and
	// a directory that holds nothing but what the tree has just so is completed
	// (FindStanding), instead of something new called Name. Default "": nothing.
	Same string
}

// Exists says what happens to something that has a final name already. Links
// that stand there are never followed: they count as things of their own.
type Exists uint8

const (
	// Refuse leaves everything and returns an *ExistsError.
	Refuse Exists = iota
	// Replace puts the new in the old's place in one step where the system
	// can, then removes the old, a whole directory too.
	Replace
	// MergeSkip adds to an existing directory what it lacks. Files that it has
	// stay as they are.
	MergeSkip
	// MergeReplace adds to an existing directory, and replaces files that it has.
	MergeReplace
	// MergeRename adds to an existing directory. What is equal stays, and what
	// differs gets a name of its own beside what is there.
	MergeRename
)

// Placed is one top-level name that has its final name.
type Placed struct {
	Name    string   // top-level name
	Final   string   // in the target directory
	Skipped []string // below it, what was there and stayed, when merging
	Beside  []string // below it, what got a name of its own because something else has its name
	There   bool     // it stood there as it should be, and stayed
}

// Place gives every top-level name its final one. Before that it makes what has
// no data (files of length zero, then links), sets the times of directories, and
// waits until all of it would survive a power loss; when it returns nil, so do
// the names. The staging directory is gone then, and the tree is closed.
//
// A final name that is taken where the plan refuses gives an *ExistsError, if it
// can be helped before anything was placed. After this or any other error Place
// can be called again, with another plan; what it returned stays placed, and once
// that is something, no data is taken any more. A top-level file that failed
// isn't placed; a failed file below one is left out.
//
// It returns ErrIncomplete while data is missing.
func (t *Tree) Place(ctx context.Context, plan Plan) ([]Placed, error) {
	t.life.Lock()
	defer t.life.Unlock()
	if t.closed {
		return nil, ErrClosed
	}
	if !t.Complete() {
		return nil, ErrIncomplete
	}
	if err := t.standing.verify(ctx); err != nil {
		return nil, err
	}
	moves, err := t.moves(ctx, plan)
	if err != nil {
		return nil, err
	}
	if err := t.prepare(ctx, moves); err != nil {
		return nil, err
	}
	placed, err := t.move(ctx, moves)
	if err != nil {
		return placed, err
	}
	if err := t.syncFolder(t.dir); err != nil {
		return placed, t.pathError("placing", ".", err)
	}
	return placed, t.shutDown(true)
}

// A move is one top-level name and where it goes.
type move struct {
	top    int
	name   string
	target Target
	done   bool // it is in place already
	skip   bool // it failed
	there  bool // something equal stays instead
	left   bool // what is there stays, whatever it is
}

// moves makes the plan complete and looks for names that are taken.
func (t *Tree) moves(ctx context.Context, plan Plan) ([]move, error) {
	finals := make(map[string]bool)
	list := make([]move, 0, len(t.tops))
	for k := range t.tops {
		if err := interrupted(ctx, k); err != nil {
			return nil, err
		}
		i := t.tops[k].index
		m := move{top: k, name: t.m.Entries[i].Path}
		m.target = plan[m.name]
		if m.target.Name == "" {
			m.target.Name = m.name
		}
		switch {
		case t.tops[k].placed != "":
			m.done, m.target = true, Target{Name: t.tops[k].placed}
		case t.m.Entries[i].Kind != manifest.Dir && t.hasFailed(int(i)):
			m.skip = true
			list = append(list, m)
			continue
		default:
			if err := m.stay(ctx, t); err != nil {
				return nil, err
			}
			if err := checkFinal(m.target.Name); err != nil {
				return nil, err
			}
			if m.there || m.left {
				break
			}
			if err := t.checkFree(&m); err != nil {
				return nil, err
			}
		}
		if finals[m.target.Name] {
			return nil, &ExistsError{m.target.Name}
		}
		finals[m.target.Name] = true
		list = append(list, m)
	}
	return list, nil
}

// stay finds out whether what is there stays, and nothing is moved.
func (m *move) stay(ctx context.Context, t *Tree) (err error) {
	i := t.tops[m.top].index
	m.there, m.left = t.standing.Covers(int(i))
	same := m.target.Same
	if m.target.Exists != Refuse || same == "" || t.m.Entries[i].Kind != manifest.File || checkFinal(same) != nil {
		return nil
	}
	if !m.there {
		m.there, err = sameFile(ctx, t.tree, t.shelf.name(int32(m.top), m.name), t.dir, same)
	}
	if m.there {
		m.target.Name = same
	}
	return err
}

// checkFree returns an *ExistsError if the plan can't work as things stand.
func (t *Tree) checkFree(m *move) error {
	st, err := t.dir.lstat(m.target.Name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return t.pathError("placing", m.target.Name, err)
	}
	if m.target.Exists == Refuse {
		return &ExistsError{m.target.Name}
	}
	isDir := t.m.Entries[t.tops[m.top].index].Kind == manifest.Dir
	if m.target.Exists != Replace && isDir != (st.kind == directory) {
		return &ExistsError{m.target.Name}
	}
	return nil
}

// prepare completes the tree in staging and makes it durable.
func (t *Tree) prepare(ctx context.Context, moves []move) error {
	if err := t.closeFiles(); err != nil {
		return err
	}
	// Links come when nothing is written any more, and times last.
	for _, step := range []func(int) error{t.makeEmpty, maker{t}.makeLink} {
		for i := range t.entries {
			if err := interrupted(ctx, i); err != nil {
				return err
			}
			if err := step(i); err != nil {
				return t.diskError("creating", i, err)
			}
		}
	}
	for i := len(t.entries) - 1; i >= 0; i-- {
		if err := interrupted(ctx, i); err != nil {
			return err
		}
		if err := t.setFolderTime(i); err != nil {
			return t.diskError("creating", i, err)
		}
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	var list []placing
	for k, m := range moves {
		if err := interrupted(ctx, k); err != nil {
			return err
		}
		var line placing // stays empty for what isn't placed
		if !m.skip {
			h, name, _ := t.at(t.tops[m.top].index)
			if st, err := h.lstat(name); err == nil {
				line = placing{m.name, m.target.Name, st.dev, st.ino}
			}
		}
		list = append(list, line)
	}
	if err := t.writePlacing(list); err != nil {
		return t.pathError("writing", t.name, err)
	}
	return t.syncTree(ctx)
}

// inPlaceNow reports whether entry i needs no preparing: it is at its final place.
func (t *Tree) inPlaceNow(i int) bool { return t.tops[t.entries[i].top].placed != "" }

func (t *Tree) makeEmpty(i int) error {
	src, e := &t.m.Entries[i], &t.entries[i]
	if src.Kind != manifest.File || src.Size != 0 || e.state != done || e.exists {
		return nil
	}
	err := t.put(i, nil)
	if err == errLost {
		e.state, err = failed, nil
	}
	return err
}

func (t *Tree) setFolderTime(i int) error {
	src := &t.m.Entries[i]
	if src.Kind != manifest.Dir || t.inPlaceNow(i) || t.losses.Has(i) {
		return nil
	}
	h, name, err := t.at(int32(i))
	if err != nil {
		return err
	}
	defer t.release(h)
	return t.traits.setTime(h.folder, name, src.ModTime)
}

// move renames what is ready.
func (t *Tree) move(ctx context.Context, moves []move) ([]Placed, error) {
	var placed []Placed
	for k := range moves {
		m := &moves[k]
		if m.skip {
			continue
		}
		p := Placed{Name: m.name, Final: m.target.Name}
		// An empty file that was missing may have taken it back into staging.
		switch {
		case m.there:
			p.There = true
		case m.left:
			p.Skipped = []string{""}
		case !m.done || t.placedAs(int32(m.top)) == "":
			if err := ctx.Err(); err != nil {
				return placed, err
			}
			if err := t.moveOne(ctx, k, m, &p); err != nil {
				return placed, t.pathError("placing", m.target.Name, err)
			}
			t.topMu.Lock()
			t.tops[m.top].placed = m.target.Name
			t.topMu.Unlock()
			t.inPlace.Store(true)
			t.frozen = true
		}
		placed = append(placed, p)
	}
	return placed, nil
}

// moveOne places one top-level name.
func (t *Tree) moveOne(ctx context.Context, k int, m *move, p *Placed) error {
	final := m.target.Name
	err := t.tree.renameNew(m.name, t.dir, final)
	if !isTaken(err) {
		return err
	}
	switch m.target.Exists {
	case Replace:
		return t.replace(k, m.name, final)
	case MergeSkip, MergeReplace, MergeRename:
		g := &merge{Tree: t, ctx: ctx, exists: m.target.Exists}
		err = g.one(t.tree, m.name, t.dir, final, "")
		p.Skipped, p.Beside = append(t.standing.skippedBelow(m.top), g.skipped...), g.beside
		return err
	}
	return &ExistsError{final}
}

// replace puts name in final's place, whatever the two are.
func (t *Tree) replace(k int, name, final string) error {
	ours, err := t.tree.lstat(name)
	if err != nil {
		return err
	}
	theirs, err := t.dir.lstat(final)
	if errors.Is(err, fs.ErrNotExist) {
		return t.tree.renameNew(name, t.dir, final)
	}
	if err != nil {
		return err
	}
	if ours.kind != directory && theirs.kind != directory {
		return t.tree.rename(name, t.dir, final)
	}
	err = t.tree.exchange(name, t.dir, final)
	if !errors.Is(err, errors.ErrUnsupported) {
		return err
	}
	aside := asideName(k)
	if err := t.dir.rename(final, t.root, aside); err != nil {
		return err
	}
	if err := t.tree.rename(name, t.dir, final); err != nil {
		return errors.Join(err, t.root.renameNew(aside, t.dir, final))
	}
	return nil
}

// isTaken reports whether err says that something has the new name.
func isTaken(err error) bool { return errors.Is(err, fs.ErrExist) }
