package staging

import (
	"context"

	"sesame/tree"
)

// Resumable returns how many bytes from the beginning of file i lie on disk
// from an earlier run and may be compared: whole groups, or the whole file.
func (t *Tree) Resumable(i int) int64 {
	if i < 0 || i >= len(t.entries) || t.disk == nil {
		return 0
	}
	size := t.m.Entries[i].Size
	if t.disk[i] >= size {
		return max(size, 0)
	}
	return t.disk[i] - t.disk[i]%tree.GroupSize(size)
}

// Hashes returns what the sender needs to say which groups of file i are equal
// to its own: the size of a group and the keyed BLAKE3 hash, SumSize bytes, of
// each group up to Resumable(i). A group that is one hole has 32 zero bytes,
// and holes at the end are left out. key has 32 bytes. A file that can't be
// read has no hashes.
//
// Writing to the file at the same time makes the hashes useless.
func (t *Tree) Hashes(ctx context.Context, i int, key []byte) (group int64, sums []byte, err error) {
	if err := t.begin(i); err != nil {
		return 0, nil, err
	}
	defer t.end()
	group = tree.GroupSize(t.m.Entries[i].Size)
	n := t.Resumable(i)
	if n == 0 {
		return group, nil, nil
	}
	h, name, err := t.at(int32(i))
	if err != nil {
		return group, nil, nil
	}
	f, err := h.edit(name, false)
	t.release(h)
	if err != nil {
		t.opts.Logger.Debug("partial can't be read", "path", t.m.Entries[i].Path, "err", err)
		return group, nil, nil
	}
	defer f.Close()
	sums, err = tree.Sums(ctx, f, n, group, key)
	if err != nil && ctx.Err() == nil {
		t.opts.Logger.Debug("partial can't be read", "path", t.m.Entries[i].Path, "err", err)
		return group, nil, nil
	}
	return group, sums, err
}

// Keep says that the sender found a group of file i equal to its own. It counts
// as written. The error wraps ErrRange if no hash of it was to be had.
func (t *Tree) Keep(i int, group int) error {
	if err := t.begin(i); err != nil {
		return err
	}
	defer t.end()
	size := t.m.Entries[i].Size
	n := tree.GroupSize(size)
	if group < 0 || int64(group) >= (t.Resumable(i)+n-1)/n {
		return rangeError("group %d of %q kept", group, t.m.Entries[i].Path)
	}
	f := t.inFlight(i)
	if f == nil {
		return nil
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if err := t.mayGrow(f, 0); err != nil || f.over {
		return err
	}
	off := int64(group) * n
	t.count(f, off, min(off+n, size))
	return t.settle(f)
}
