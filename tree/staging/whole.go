package staging

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"sync"

	"sesame/tree"
)

// sameFile reports whether two regular files have the same content. What can't be
// read is different.
func sameFile(ctx context.Context, a *folder, aName string, b *folder, bName string) (bool, error) {
	x, err := viewFile(a, aName)
	if err != nil {
		return false, nil
	}
	defer x.Close()
	y, err := viewFile(b, bName)
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

const compareBuffer = 256 << 10

var compareBuffers = sync.Pool{New: func() any { return new([compareBuffer]byte) }}

func sameContent(ctx context.Context, a, b io.Reader) (bool, error) {
	p, q := compareBuffers.Get().(*[compareBuffer]byte), compareBuffers.Get().(*[compareBuffer]byte)
	defer compareBuffers.Put(p)
	defer compareBuffers.Put(q)
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

// viewFile opens a regular file for reading. Unlike one that is written to it may have
// other names.
func viewFile(d *folder, name string) (*os.File, error) {
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

// freeIn returns name with the first number that nothing in d has.
func freeIn(d *folder, name string) string {
	return tree.FreeName(name, func(s string) error {
		_, err := d.lstat(s)
		return err
	})
}
