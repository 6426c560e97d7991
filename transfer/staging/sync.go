package staging

import (
	"context"
	"errors"

	"sesame/transfer/manifest"
)

// syncEach is up to how many entries are synced one by one. Syncing all of the
// file system takes one call for any number, but waits for what other programs
// wrote, too. doc/native.md §7.5.
const syncEach = 32

// syncTree makes everything in staging durable.
func (t *Tree) syncTree(ctx context.Context) error {
	if t.opts.NoSync {
		return nil
	}
	if len(t.entries) > syncEach {
		err := t.root.syncAll()
		if !errors.Is(err, errors.ErrUnsupported) {
			return t.pathError("writing", t.name, err)
		}
	}
	for i := range t.entries {
		if err := ctx.Err(); err != nil {
			return err
		}
		if t.entries[i].exists && !t.inPlaceNow(i) {
			if err := t.syncEntry(int32(i)); err != nil {
				return t.diskError("writing", i, err)
			}
		}
	}
	return errors.Join(t.syncFolder(t.tree), t.syncFolder(t.root))
}

func (t *Tree) syncEntry(i int32) error {
	switch t.m.Entries[i].Kind {
	case manifest.Dir:
		h, err := t.folder(i)
		if err != nil {
			return err
		}
		defer t.release(h)
		return h.sync()
	case manifest.File:
		h, name, err := t.at(i)
		if err != nil {
			return err
		}
		defer t.release(h)
		f, err := h.edit(name, true)
		if err != nil {
			return err
		}
		err = syncData(f)
		if closeErr := f.Close(); err == nil {
			err = closeErr
		}
		return err
	}
	return nil
}

func (t *Tree) syncFolder(d *folder) error {
	if t.opts.NoSync {
		return nil
	}
	return d.sync()
}
