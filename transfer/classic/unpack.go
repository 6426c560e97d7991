package classic

import (
	"compress/flate"
	"context"
	"errors"
	"hash/crc32"
	"io"

	"sesame/transfer"
	"sesame/tree"
)

// An unpacker writes the members of an archive that was checked to a tree.
type unpacker struct {
	ctx     context.Context // of the commit that it is for
	archive *archive
	tree    tree.Writer
	buf     []byte
	flate   io.ReadCloser // used again for every file
}

// unpack writes the data of m as entry i: exactly as many bytes as the list says,
// with the checksum that it says.
func (u *unpacker) unpack(m *member, i int32) error {
	start, err := u.archive.locate(m)
	if err != nil {
		return err
	}
	var r io.Reader = io.NewSectionReader(u.archive.r, start, m.packed)
	if m.method == methodDeflated {
		r = u.inflate(r)
	}
	var crc uint32
	var done int64
	for {
		if u.ctx.Err() != nil {
			return context.Cause(u.ctx)
		}
		n, err := io.ReadFull(r, u.buf[:min(int64(len(u.buf)), m.size-done+1)])
		if err != nil && err != io.EOF && err != io.ErrUnexpectedEOF {
			return damaged(m, err)
		}
		last := err != nil
		if done+int64(n) > m.size {
			return refuse("%s is longer than the list says", quoteName(m.name))
		}
		crc = crc32.Update(crc, crc32.IEEETable, u.buf[:n])
		if last && (done+int64(n) != m.size || crc != m.crc) {
			return refuse("%s is damaged", quoteName(m.name))
		}
		if last && done == 0 && n > 0 {
			return u.tree.WriteFile(int(i), u.buf[:n])
		}
		if err := u.tree.WriteAt(int(i), done, u.buf[:n]); err != nil || last {
			return err
		}
		done += int64(n)
	}
}

// inflate returns a reader of what r holds compressed.
func (u *unpacker) inflate(r io.Reader) io.Reader {
	if u.flate == nil {
		u.flate = flate.NewReader(r)
	} else if err := u.flate.(flate.Resetter).Reset(r, nil); err != nil {
		panic("classic: internal error: " + err.Error())
	}
	return u.flate
}

// damaged tells a bad archive from a bad disk.
func damaged(m *member, err error) error {
	var corrupt flate.CorruptInputError
	if errors.As(err, &corrupt) {
		return refuse("%s is damaged", quoteName(m.name))
	}
	return &transfer.DiskError{Op: tree.OpUnpacking, Path: m.name, Err: err, Discarded: true}
}

// A window reads ahead: the headers and data of small files lie side by side.
type window struct {
	r     io.ReaderAt
	buf   [128 << 10]byte
	start int64
	n     int64
}

// ReadAt is not safe for concurrent use.
func (w *window) ReadAt(p []byte, offset int64) (int, error) {
	if len(p) > len(w.buf)/4 {
		return w.r.ReadAt(p, offset)
	}
	if offset < w.start || offset+int64(len(p)) > w.start+w.n {
		n, err := w.r.ReadAt(w.buf[:], offset)
		w.start, w.n = offset, int64(n)
		if err != nil && err != io.EOF {
			return 0, err
		}
	}
	n := copy(p, w.buf[min(offset-w.start, w.n):w.n])
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}
