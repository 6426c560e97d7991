package staging

import "sesame/tree/manifest"

// WriteFile writes all of file i at once: the quick way for small files, which
// leaves nothing open behind it. p must have the entry's size, any if the entry
// has none. A second call for the same file, or one for a file that has failed,
// does nothing. Errors are those of WriteAt.
func (t *Tree) WriteFile(i int, p []byte) error {
	if err := t.begin(i); err != nil {
		return err
	}
	defer t.end()
	size, n := t.m.Entries[i].Size, int64(len(p))
	if size != manifest.StreamSize && size != n {
		return rangeError("%d bytes as the whole of %q (%d bytes)", n, t.m.Entries[i].Path, size)
	}
	mu := t.shard(i)
	mu.Lock()
	if t.entries[i].state != waiting {
		mu.Unlock()
		if err := t.writeAt(i, 0, p); err != nil {
			return err
		}
		return t.endStream(i, n)
	}
	defer mu.Unlock()
	if err := t.put(i, p); err == errLost {
		t.entries[i].state = failed
		t.pending.Add(-1)
		return nil
	} else if err != nil {
		return t.diskError("writing", i, err)
	}
	t.entries[i].state = done
	t.noteEnd(i, n)
	t.written.Add(n)
	t.pending.Add(-1)
	return nil
}

// put writes a whole file and replaces what an earlier run left of it. The
// entry's shard is locked.
func (t *Tree) put(i int, p []byte) error {
	e, entry := &t.entries[i], &t.m.Entries[i]
	if err := t.unplace(e.top); err != nil {
		return err
	}
	if e.exists {
		h, name, err := t.at(int32(i))
		if err != nil {
			return err
		}
		err = h.remove(name)
		t.release(h)
		if err != nil {
			return err
		}
		e.exists, e.wanted = false, false
	}
	// The staging directory is closed to others, so the file may have its
	// final mode while it is written.
	perm := fullPerm(entry.Exec)
	if t.keepOwner {
		perm = t.perm(entry.Exec)
	}
	err := maker{t}.make(int32(i), func(d *folder, name string) error {
		return t.traits.put(d, name, p, perm, t.keepOwner, entry.ModTime)
	})
	if err != nil {
		return err
	}
	e.exists = true
	if len(p) > 0 && !t.touched.Load() {
		t.touched.Store(true)
	}
	return nil
}
