package line

import (
	"io"
	"sort"
)

// An inbox is what the peer writes: bytes from the first that wasn't read on, with
// holes.
type inbox struct {
	ring  ring
	got   set    // offsets from ring.base on
	end   uint64 // offset behind the last byte that came
	fin   bool
	final uint64 // where the stream ends, with fin
	said  uint64 // the window that the peer knows, as an offset
}

// take takes the bytes at an offset. It returns an error if the peer doesn't keep to
// the window, or to where it has ended.
func (i *inbox) take(at uint64, p []byte) error {
	end := at + uint64(len(p))
	if end > i.said || i.fin && end > i.final {
		return errDamaged
	}
	if at < i.ring.base {
		if end <= i.ring.base {
			return nil
		}
		p, at = p[i.ring.base-at:], i.ring.base
	}
	if i.got.add(at, end) == 0 {
		return nil
	}
	had := max(i.end, i.ring.base)
	i.end = max(i.end, end)
	i.ring.grow(i.end, had)
	i.ring.put(at, p)
	return nil
}

// crowded reports whether a packet would make more holes than there may be. What fills some
// never does.
func (i *inbox) crowded(b []byte) bool {
	if len(i.got) < maxHoles-largest/dataHead {
		return false // whatever it has
	}
	holes := len(i.got)
	for len(b) > 0 {
		f, rest, err := cut(b)
		if err != nil {
			return false // that is worse
		}
		if f.kind == frameData && i.apart(f.at, f.at+uint64(len(f.data))) {
			holes++
		}
		b = rest
	}
	return holes > max(maxHoles, len(i.got))
}

// apart reports whether the bytes from an offset to another touch none that have come, nor
// what was read.
func (i *inbox) apart(at, end uint64) bool {
	k := sort.Search(len(i.got), func(k int) bool { return i.got[k].hi >= at })
	return at > i.ring.base && at < end && (k == len(i.got) || i.got[k].lo > end)
}

// finish takes where the stream ends.
func (i *inbox) finish(at uint64) error {
	if i.fin && at != i.final || at < i.end || at > i.said {
		return errDamaged
	}
	i.fin, i.final = true, at
	return nil
}

// ready returns how many bytes can be read.
func (i *inbox) ready() uint64 {
	if len(i.got) == 0 || i.got[0].lo > i.ring.base {
		return 0
	}
	return i.got[0].hi - i.ring.base
}

// over reports whether all was read.
func (i *inbox) over() bool { return i.fin && i.ring.base == i.final }

// complete reports whether all has come.
func (i *inbox) complete() bool { return i.fin && i.ring.base+i.ready() == i.final }

// read returns 0 if there is nothing yet, and io.EOF at the end.
func (i *inbox) read(p []byte) (int, error) {
	n := min(uint64(len(p)), i.ready())
	if n == 0 {
		if i.over() {
			return 0, io.EOF
		}
		return 0, nil
	}
	i.ring.get(i.ring.base, p[:n])
	i.advance(n)
	return int(n), nil
}

// advance passes over n bytes, which are there.
func (i *inbox) advance(n uint64) {
	i.ring.base += n
	if i.got[0].lo = i.ring.base; i.got[0].lo == i.got[0].hi {
		i.got = i.got[1:]
	}
}

// offer returns the window as it is now.
func (i *inbox) offer() uint64 { return max(i.said, i.ring.base+window) }

// stale reports whether the peer should be told of a window that has grown.
func (i *inbox) stale() bool { return i.ring.base+window > i.said+window/4 }
