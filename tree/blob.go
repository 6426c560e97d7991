package tree

import (
	"errors"
	"io"
	"maps"
	"slices"
)

// blockSize is how much of a file in memory lies together, in bytes.
const blockSize = 64 << 10

// A blob is the content of a file in memory: what of it was never written takes no
// room, and reads as zeros. It must not change while it is read.
type blob struct {
	blocks map[int64][]byte // by number; the last bytes of one may be left out
	size   int64
}

// write puts p at off and returns how many bytes more are taken. It takes no more
// than room allows; ok is false, and nothing changed, if that isn't enough.
func (b *blob) write(p []byte, off, room int64) (taken int64, ok bool) {
	for at := off; at < off+int64(len(p)); at = (at/blockSize + 1) * blockSize {
		end := min((at/blockSize+1)*blockSize, off+int64(len(p)))
		taken += max(end-at/blockSize*blockSize-int64(len(b.blocks[at/blockSize])), 0)
	}
	if taken > room {
		return 0, false
	}
	if b.blocks == nil {
		b.blocks = make(map[int64][]byte)
	}
	b.size = max(b.size, off+int64(len(p)))
	for len(p) > 0 {
		k, from := off/blockSize, int(off%blockSize)
		n := min(len(p), blockSize-from)
		block := b.blocks[k]
		if grow := from + n - len(block); grow > 0 {
			block = slices.Grow(block, grow)[:from+n]
		}
		copy(block[from:], p[:n])
		b.blocks[k] = block
		p, off = p[n:], off+int64(n)
	}
	return taken, true
}

// zero clears [off, end) and returns how many bytes less are taken.
func (b *blob) zero(off, end int64) (freed int64) {
	for k, block := range b.blocks {
		from, to := max(off-k*blockSize, 0), min(end-k*blockSize, int64(len(block)))
		if from >= to {
			continue
		}
		clear(block[from:to])
		if from == 0 && to == int64(len(block)) {
			delete(b.blocks, k)
			freed += to
		}
	}
	return freed
}

// cut has the blob end at size, and returns how many bytes less are taken.
func (b *blob) cut(size int64) (freed int64) {
	freed = b.zero(size, max(b.size, size))
	b.size = size
	return freed
}

// taken returns how many bytes it takes.
func (b *blob) taken() (n int64) {
	for _, block := range b.blocks {
		n += int64(len(block))
	}
	return n
}

// ReadAt is io.ReaderAt's.
func (b *blob) ReadAt(p []byte, off int64) (n int, err error) {
	if off < 0 {
		return 0, errors.New("before the beginning of a file")
	}
	for n < len(p) && off < b.size {
		from := off % blockSize
		part := p[n:min(int64(len(p)), int64(n)+blockSize-from, int64(n)+b.size-off)]
		copied := 0
		if block := b.blocks[off/blockSize]; from < int64(len(block)) {
			copied = copy(part, block[from:])
		}
		clear(part[copied:])
		n, off = n+len(part), off+int64(len(part))
	}
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

// NextData is Sparse's.
func (b *blob) NextData(off, size int64) int64 {
	if b.blocks[off/blockSize] != nil {
		return off
	}
	next := size
	for k := range maps.Keys(b.blocks) {
		if start := k * blockSize; start >= off {
			next = min(next, start)
		}
	}
	return next
}

// HasHole is Sparse's.
func (b *blob) HasHole(size int64) bool {
	return int64(len(b.blocks)) < (min(size, b.size)+blockSize-1)/blockSize
}

// Close does nothing.
func (b *blob) Close() error { return nil }
