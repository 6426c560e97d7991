package staging

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
)

// SumWhole returns one hash of everything in f, a file of the given size, under a
// key of 32 bytes: of its size, and of the hashes of its groups. It is the same
// whether zeros are holes or not. doc/native.md §7.9.
func SumWhole(ctx context.Context, f *os.File, size int64, key []byte) ([]byte, error) {
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

// sameFile reports whether two regular files have the same content. What can't be
// read is different.
func sameFile(ctx context.Context, a *folder, aName string, b *folder, bName string) (bool, error) {
	x, err := a.view(aName)
	if err != nil {
		return false, nil
	}
	defer x.Close()
	y, err := b.view(bName)
	if err != nil {
		return false, nil
	}
	defer y.Close()
	if xi, err := x.Stat(); err != nil {
		return false, nil
	} else if yi, err := y.Stat(); err != nil || xi.Size() != yi.Size() {
		return false, nil
	}
	return sameContent(ctx, x, y)
}

func sameContent(ctx context.Context, a, b io.Reader) (bool, error) {
	p, q := hashBuffers.Get().(*[hashBuffer]byte), hashBuffers.Get().(*[hashBuffer]byte)
	defer hashBuffers.Put(p)
	defer hashBuffers.Put(q)
	for {
		if err := ctx.Err(); err != nil {
			return false, err
		}
		n, errA := io.ReadFull(a, p[:])
		m, errB := io.ReadFull(b, q[:])
		if !bytes.Equal(p[:n], q[:m]) {
			return false, nil
		}
		if errA != nil || errB != nil {
			return ended(errA) && ended(errB), nil
		}
	}
}

func ended(err error) bool { return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) }

// view opens a regular file for reading. Unlike one that is written to it may have
// other names.
func (d *folder) view(name string) (*os.File, error) {
	before, err := d.lstat(name)
	if err != nil {
		return nil, err
	}
	if before.kind != regular {
		return nil, errOddFile
	}
	f, err := d.look(name)
	if err != nil {
		return nil, err
	}
	if info, err := f.Stat(); err != nil || !info.Mode().IsRegular() {
		f.Close()
		return nil, errOddFile
	}
	return f, nil
}

// freeName returns name with the first number that nothing in d has.
func (d *folder) freeName(name string) string {
	return freeName(name, func(s string) error {
		_, err := d.lstat(s)
		return err
	})
}
