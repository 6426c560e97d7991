package staging

import (
	"errors"
	"io/fs"

	"sesame/tree/manifest"
)

// Fail says that entry i won't come. What there is of it is removed, even if it
// was finished, and the rest of the tree goes on. The first reason counts.
func (t *Tree) Fail(i int, reason string) error {
	t.life.RLock()
	defer t.life.RUnlock()
	if t.closed || t.frozen {
		return ErrClosed
	}
	if i < 0 || i >= len(t.entries) {
		return rangeError("entry %d of %d", i, len(t.entries))
	}
	t.noteFailure(i, reason)
	if t.m.Entries[i].Kind != manifest.File {
		return nil
	}
	if f := t.inFlight(i); f != nil {
		f.mu.Lock()
		defer f.mu.Unlock()
		if !f.over {
			t.written.Add(-f.total)
			f.dead = true
			t.leave(f, failed)
		}
		return t.settle(f)
	}
	return t.undo(i)
}

// Failed returns the reason that Fail gave for entry i, or why it is a Loss; "" if
// it hasn't failed.
func (t *Tree) Failed(i int) string {
	t.rareMu.Lock()
	defer t.rareMu.Unlock()
	if reason, ok := t.failed[i]; ok {
		return reason
	}
	return t.losses.Reason(i)
}

func (t *Tree) hasFailed(i int) bool {
	t.rareMu.Lock()
	defer t.rareMu.Unlock()
	_, ok := t.failed[i]
	return ok || t.losses.Has(i)
}

func (t *Tree) noteFailure(i int, reason string) {
	t.rareMu.Lock()
	defer t.rareMu.Unlock()
	if t.failed == nil {
		t.failed = make(map[int]string)
	}
	if _, ok := t.failed[i]; !ok {
		t.failed[i] = reason
	}
}

// drop removes a failed file once nobody writes to it. f.mu is held.
func (t *Tree) drop(f *file) error {
	if f.f != nil {
		t.shut(f) // whatever it says, the data isn't wanted
	}
	if !f.created {
		return nil
	}
	f.created = false
	return t.removeFile(int(f.index))
}

// undo takes back a finished file.
func (t *Tree) undo(i int) error {
	mu := t.shard(i)
	mu.Lock()
	defer mu.Unlock()
	e := &t.entries[i]
	if e.state != done {
		return nil
	}
	e.state = failed
	size := t.m.Entries[i].Size
	if size == manifest.StreamSize {
		t.rareMu.Lock()
		size = t.ended[i]
		t.rareMu.Unlock()
	}
	t.written.Add(-size)
	if !e.exists {
		return nil
	}
	e.exists = false
	return t.removeFile(i)
}

func (t *Tree) removeFile(i int) error {
	if err := t.unplace(t.entries[i].top); err != nil {
		return t.diskError("removing", i, err)
	}
	h, name, err := t.at(int32(i))
	if err == nil {
		err = h.remove(name)
		t.release(h)
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return t.diskError("removing", i, err)
	}
	return nil
}
