package staging

import (
	"context"
	"errors"

	"sesame/tree"
	"sesame/tree/manifest"
)

// syncEach is up to how many entries are synced one by one. Syncing all of the
// file system takes one call for any number, but waits for what other programs
// wrote, too. doc/native.md §7.5.
const syncEach = 32

// A syncer makes durable what is in staging.
type syncer struct{ *files }

// syncTree makes everything in staging durable.
func (t syncer) syncTree(ctx context.Context) error {
	if t.area.opts.NoSync {
		return nil
	}
	if len(t.entries) > syncEach {
		err := syncApart(ctx, t.area.root, (*folder).syncAll)
		if !errors.Is(err, errors.ErrUnsupported) {
			return t.area.fault(tree.OpInto, ".", err)
		}
	}
	for i := range t.entries {
		if err := ctx.Err(); err != nil {
			return err
		}
		if t.entries[i].exists && !t.inPlace(i) {
			if err := t.syncEntry(ctx, int32(i)); err != nil {
				return t.fault(tree.OpWriting, i, err)
			}
		}
	}
	return errors.Join(t.area.syncFolder(t.area.tree), t.area.syncFolder(t.area.root))
}

func (t syncer) syncEntry(ctx context.Context, i int32) error {
	switch t.shape.M.Entries[i].Kind {
	case manifest.Dir:
		h, err := t.folder(i)
		if err != nil {
			return err
		}
		defer t.folders.release(h)
		return syncApart(ctx, h.folder, (*folder).sync)
	case manifest.File:
		h, name, err := t.at(i)
		if err != nil {
			return err
		}
		defer t.folders.release(h)
		f, err := h.edit(name, true)
		if err != nil {
			return err
		}
		return waitFor(ctx, func() error {
			err := syncData(f)
			if closeErr := f.Close(); err == nil {
				err = closeErr
			}
			return err
		})
	}
	return nil
}

// syncApart calls do with a folder of its own, as waitFor does.
func syncApart(ctx context.Context, d *folder, do func(*folder) error) error {
	own, err := d.sub(".")
	if err != nil {
		return err
	}
	return waitFor(ctx, func() error {
		defer own.close()
		return do(own)
	})
}

// waitFor returns what do does, or ctx's error when ctx ends: what waits for a
// disk can't be stopped, and may take minutes. Then do goes on alone.
func waitFor(ctx context.Context, do func() error) error {
	done := make(chan error, 1)
	go func() { done <- do() }()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
