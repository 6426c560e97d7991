package tree

import (
	"bytes"
	"context"
	"fmt"
	"io"
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

// Match is the sender's side of Sums: it compares the sums with the groups of
// f, a file of the given size, and reports for each whether it is equal. Groups
// that are a hole on either side cost no reading. Sums beyond the file's end
// are an error that wraps ErrRange.
func Match(ctx context.Context, f io.ReaderAt, size int64, key, sums []byte) ([]bool, error) {
	group := GroupSize(size)
	count := int64(len(sums) / SumSize)
	if size == manifest.StreamSize || len(sums)%SumSize != 0 || count > (size+group-1)/group {
		return nil, Rangef("%d bytes of hashes for a file of %d bytes", len(sums), size)
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

// Sums returns, of the first n bytes of f, the keyed BLAKE3 hash, SumSize bytes, of
// each group of so many bytes. A group that is one hole has SumSize zero bytes, and
// holes at the end are left out. key has 32 bytes.
func Sums(ctx context.Context, f io.ReaderAt, n, group int64, key []byte) ([]byte, error) {
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
func (h *hasher) sum(f io.ReaderAt, off, end int64) ([]byte, error) {
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
