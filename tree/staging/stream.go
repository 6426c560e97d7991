package staging

import (
	"sesame/internal/ranges"
	"sesame/tree/manifest"
)

// A Range is a part of a file. N is -1 if it goes on to an end that isn't
// known yet.
type Range struct {
	Off, N int64
}

// EndStream says that file i, whose manifest entry has no size, ends at size.
func (t *Tree) EndStream(i int, size int64) error {
	if err := t.begin(i); err != nil {
		return err
	}
	defer t.end()
	return t.endStream(i, size)
}

func (t *Tree) endStream(i int, size int64) error {
	e := &t.m.Entries[i]
	if err := t.checkRange(i, size, 0); err != nil {
		return err
	}
	if e.Size != manifest.StreamSize && e.Size != size {
		return rangeError("an end at %d for %q (%d bytes)", size, e.Path, e.Size)
	}
	f := t.inFlight(i)
	if f == nil {
		return nil
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.over {
		return nil
	}
	if f.size != manifest.StreamSize && f.size != size || f.got.End() > size {
		return rangeError("an end at %d for %q, which has data up to %d", size, e.Path, max(f.size, f.got.End()))
	}
	f.size = size
	return t.settle(f)
}

// Missing returns the ranges of file i that haven't arrived, none if it is
// finished or has failed.
func (t *Tree) Missing(i int) []Range {
	if err := t.begin(i); err != nil {
		return nil
	}
	defer t.end()
	mu := t.shard(i)
	mu.Lock()
	e := t.entries[i]
	mu.Unlock()
	got, size := new(ranges.Set), t.m.Entries[i].Size
	switch {
	case e.state == done || e.state == failed:
		return nil
	case e.file != nil:
		e.file.mu.Lock()
		defer e.file.mu.Unlock()
		if e.file.over {
			return nil
		}
		got, size = &e.file.got, e.file.size
	}
	var out []Range
	for _, gap := range got.Gaps(0, max(size, got.End())) {
		out = append(out, Range{gap.Off, gap.End - gap.Off})
	}
	if size == manifest.StreamSize {
		out = append(out, Range{got.End(), -1})
	}
	return out
}
