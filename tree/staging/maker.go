package staging

import (
	"context"
	"errors"
	"io/fs"

	"sesame/tree"
	"sesame/tree/manifest"
)

// errLost is what comes of making an entry that is a Loss now.
var errLost = errors.New("left out")

// A maker creates entries in staging. What the disk can't have becomes a Loss,
// and the rest goes on.
type maker struct{ *files }

// make has create make entry i in its directory. The error is errLost if that is
// a Loss now.
func (t maker) make(i int32, create func(d *folder, name string) error) error {
	h, name, err := t.at(i)
	if err != nil {
		return err
	}
	defer t.folders.release(h)
	err = create(h.folder, name)
	why := whyNot(h.folder, err)
	if why == manifest.CauseUnsaid || why == manifest.CauseDiskTwin && t.shape.Twice(int(i)) {
		return err
	}
	if k := t.shape.Tops[i]; t.shape.Parents[i] < 0 && t.names.shelf.move(k) {
		// Whether it can be had is a matter of its final name, which may be
		// another one.
		return create(h.folder, t.names.shelf.name(k, name))
	}
	t.ledger.Lose(int(i), why)
	return errLost
}

// whyNot says why the disk can't have what gave err when it was made in d, CauseUnsaid
// if err isn't about this one thing.
func whyNot(d *folder, err error) manifest.Cause {
	switch {
	case err == nil:
		return manifest.CauseUnsaid
	case errors.Is(err, fs.ErrExist):
		return manifest.CauseDiskTwin
	case takesOthers(d, err):
		return manifest.CauseDiskName
	}
	return manifest.CauseUnsaid
}

// makeFolders makes the directories that aren't there yet. What is in one that
// can't be made is lost with it.
func (t maker) makeFolders(ctx context.Context) error {
	for i := range t.entries {
		if err := interrupted(ctx, i); err != nil {
			return err
		}
		e := &t.entries[i]
		if t.ledger.LoseBelow(i) {
			continue
		}
		if t.shape.M.Entries[i].Kind != manifest.Dir || e.exists {
			continue
		}
		if err := t.make(int32(i), t.makeFolder); err != nil && err != errLost {
			return t.fault(tree.OpCreating, i, err)
		} else if err == nil {
			e.exists = true
		}
	}
	return nil
}

func (t maker) makeFolder(d *folder, name string) error {
	if err := d.mkdir(name, 0o777); err != nil || !t.area.keepOwner {
		return err
	}
	sub, err := d.sub(name)
	if err != nil {
		return err
	}
	defer sub.close()
	return sub.chmod(0o777 &^ t.area.umask)
}

// makeLink makes entry i if it is a link.
func (t maker) makeLink(i int) error {
	src, e := &t.shape.M.Entries[i], &t.entries[i]
	if src.Kind != manifest.Link || e.exists || t.inPlace(i) || t.ledger.Gone(i) {
		return nil
	}
	if !t.area.traits.links {
		t.ledger.Lose(i, manifest.CauseDiskLinks)
		return nil
	}
	err := t.make(int32(i), func(d *folder, name string) error { return d.symlink(src.Target, name) })
	if err == errLost {
		return nil
	} else if err != nil {
		return err
	}
	e.exists = true
	h, name, err := t.at(int32(i))
	if err == nil {
		h.chtimes(name, src.ModTime) // nobody misses that of a link
		t.folders.release(h)
	}
	return err
}

// prepare completes the tree in staging.
func (t maker) prepare(ctx context.Context) error {
	if err := t.close(); err != nil {
		return err
	}
	// Links come when nothing is written any more, and times last.
	for _, step := range []func(int) error{t.makeEmpty, t.makeLink} {
		for i := range t.entries {
			if err := interrupted(ctx, i); err != nil {
				return err
			}
			if err := step(i); err != nil {
				return t.fault(tree.OpCreating, i, err)
			}
		}
	}
	for i := len(t.entries) - 1; i >= 0; i-- {
		if err := interrupted(ctx, i); err != nil {
			return err
		}
		if err := t.setFolderTime(i); err != nil {
			return t.fault(tree.OpCreating, i, err)
		}
	}
	return ctx.Err()
}

func (t maker) makeEmpty(i int) error {
	src, e := &t.shape.M.Entries[i], t.take(i)
	defer e.release()
	if src.Kind != manifest.File || src.Size != 0 || t.ledger.State(i) != tree.Done || e.exists {
		return nil
	}
	err := t.put(i, e, nil)
	if err == errLost {
		t.ledger.End(i, tree.Failed, 0)
		err = nil
	}
	return err
}

func (t maker) setFolderTime(i int) error {
	src := &t.shape.M.Entries[i]
	if src.Kind != manifest.Dir || t.inPlace(i) || t.ledger.Losses.Has(i) {
		return nil
	}
	h, name, err := t.at(int32(i))
	if err != nil {
		return err
	}
	defer t.folders.release(h)
	return t.area.traits.setTime(h.folder, name, src.ModTime)
}
