package staging

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"sync"

	"github.com/zeebo/blake3"

	"sesame/tree/manifest"
)

// SumSize is the size of a group's hash in bytes.
const SumSize = 32

const (
	minGroup  = 256 << 10
	maxGroups = 1 << 16 // of one file
)

// GroupSize returns the size of the groups that a file of the given size is
// compared in: 256 KiB, or more if that makes over 65536 groups. Both sides
// compute it. doc/native.md §7.2.
func GroupSize(size int64) int64 {
	group := int64(minGroup)
	for size > 0 && (size-1)/group >= maxGroups {
		group *= 2
	}
	return group
}

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
	return t.disk[i] - t.disk[i]%GroupSize(size)
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
	group = GroupSize(t.m.Entries[i].Size)
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
	sums, err = sumGroups(ctx, f, n, group, key)
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
	n := GroupSize(size)
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

// Match is the sender's side of Hashes: it compares the sums with the groups of
// f, a file of the given size, and reports for each whether it is equal. Groups
// that are a hole on either side cost no reading. Sums beyond the file's end
// are an error that wraps ErrRange.
func Match(ctx context.Context, f *os.File, size int64, key, sums []byte) ([]bool, error) {
	group := GroupSize(size)
	count := int64(len(sums) / SumSize)
	if size == manifest.StreamSize || len(sums)%SumSize != 0 || count > (size+group-1)/group {
		return nil, rangeError("%d bytes of hashes for a file of %d bytes", len(sums), size)
	}
	h, err := newHasher(key)
	if err != nil {
		return nil, err
	}
	defer h.free()
	same := make([]bool, count)
	for g := range same {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		off := int64(g) * group
		end := min(off+group, size)
		want := sums[g*SumSize:][:SumSize]
		hole := NextData(f, off, end) >= end
		if theirs := bytes.Equal(want, noSum[:]); hole || theirs {
			same[g] = hole && theirs
			continue
		}
		sum, err := h.sum(f, off, end)
		if err == io.ErrUnexpectedEOF {
			break // shorter than it was: the sending will find out
		}
		if err != nil {
			return nil, fmt.Errorf("comparing: %w", err)
		}
		same[g] = bytes.Equal(want, sum)
	}
	return same, nil
}

// noSum stands for the hash of a hole.
var noSum [SumSize]byte

// sumGroups hashes the first n bytes of f.
func sumGroups(ctx context.Context, f *os.File, n, group int64, key []byte) ([]byte, error) {
	h, err := newHasher(key)
	if err != nil {
		return nil, err
	}
	defer h.free()
	var sums []byte
	for data := NextData(f, 0, n); data < n; data = NextData(f, data, n) {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		off := data - data%group
		end := min(off+group, n)
		sum, err := h.sum(f, off, end)
		if err == io.ErrUnexpectedEOF {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("comparing: %w", err)
		}
		// What lies between the last group with data and this one is holes.
		sums = append(sums, make([]byte, int(off/group)*SumSize-len(sums))...)
		sums = append(sums, sum...)
		data = end
	}
	return sums, nil
}

// A hasher makes the keyed hash of one group at a time.
type hasher struct {
	h     *blake3.Hasher
	buf   *[hashBuffer]byte
	out   [SumSize]byte
	empty map[int64][]byte // hashes of so many zeros
}

const hashBuffer = 256 << 10

var hashBuffers = sync.Pool{New: func() any { return new([hashBuffer]byte) }}

func newHasher(key []byte) (*hasher, error) {
	h, err := blake3.NewKeyed(key)
	if err != nil {
		return nil, fmt.Errorf("hash key of %d bytes, not %d", len(key), 32)
	}
	return &hasher{h: h, buf: hashBuffers.Get().(*[hashBuffer]byte)}, nil
}

func (h *hasher) free() { hashBuffers.Put(h.buf) }

// sum hashes [off, end) of f. The result is valid until the next call.
func (h *hasher) sum(f *os.File, off, end int64) ([]byte, error) {
	h.h.Reset()
	for off < end {
		p := h.buf[:min(end-off, hashBuffer)]
		n, err := f.ReadAt(p, off)
		h.h.Write(p[:n])
		if off += int64(n); off < end && err != nil {
			if err == io.EOF {
				err = io.ErrUnexpectedEOF
			}
			return nil, err
		}
	}
	return h.h.Sum(h.out[:0]), nil
}
