package tree

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"io"
)

// SumWhole returns one hash of everything in f, a file of the given size, under a
// key of 32 bytes: of its size, and of the hashes of its groups. It is the same
// whether zeros are holes or not. doc/native.md §7.9.
func SumWhole(ctx context.Context, f io.ReaderAt, size int64, key []byte) ([]byte, error) {
	h, err := newHasher(key)
	if err != nil {
		return nil, err
	}
	defer h.free()
	group := GroupSize(size)
	list := binary.BigEndian.AppendUint64(nil, uint64(size))
	for off := int64(0); off < size; off += group {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		end := min(off+group, size)
		sum := noSum[:]
		if NextData(f, off, end) < end {
			if sum, err = h.sum(f, off, end); err != nil {
				return nil, fmt.Errorf("comparing: %w", err)
			}
			if bytes.Equal(sum, h.zeros(end-off)) {
				sum = noSum[:]
			}
		}
		list = append(list, sum...)
	}
	h.h.Reset()
	h.h.Write(list)
	return bytes.Clone(h.h.Sum(h.out[:0])), nil
}

// zeros returns the hash of n zero bytes. A hasher is asked about few lengths.
func (h *hasher) zeros(n int64) []byte {
	if sum, ok := h.empty[n]; ok {
		return sum
	}
	saved := h.out
	h.h.Reset()
	clear(h.buf[:])
	for left := n; left > 0; left -= hashBuffer {
		h.h.Write(h.buf[:min(left, hashBuffer)])
	}
	sum := bytes.Clone(h.h.Sum(h.out[:0]))
	h.out = saved
	if h.empty == nil {
		h.empty = make(map[int64][]byte)
	}
	h.empty[n] = sum
	return sum
}

// MinStanding is the size in bytes from which on a file that has its final name
// may be compared by a hash that is told. What a smaller one holds could be
// guessed from that, so it crosses and is compared here.
const MinStanding = 64 << 10
