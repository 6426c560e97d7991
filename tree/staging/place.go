package staging

import (
	"context"

	"sesame/tree/manifest"
)

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
	m := &mover{Tree: t, ctx: ctx, given: make(map[string]bool)}
	if err := m.choose(plan); err != nil {
		return nil, err
	}
	if err := t.prepare(ctx); err != nil {
		return nil, err
	}
	if err := m.note(); err != nil {
		return nil, t.pathError("writing", t.name, err)
	}
	if err := t.syncTree(ctx); err != nil {
		return nil, err
	}
	placed, err := m.placeAll()
	if err != nil {
		return placed, err
	}
	if err := t.syncFolder(t.dir); err != nil {
		return placed, t.pathError("placing", ".", err)
	}
	return placed, t.shutDown(true)
}

// prepare completes the tree in staging.
func (t *Tree) prepare(ctx context.Context) error {
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
	return ctx.Err()
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
