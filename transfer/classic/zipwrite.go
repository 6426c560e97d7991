package classic

import (
	"archive/zip"
	"context"
	"encoding/binary"
	"hash/crc32"
	"io"
	"io/fs"
	"math"
	"time"
	"unicode/utf8"

	"sesame/tree/manifest"
)

// A directory is sent as a zip archive that exists nowhere: entries are stored,
// sizes stand before the data in no place that would need the data's checksum,
// so that the length of the whole is known from the listing alone and the bytes
// go straight from the files to the connection (doc/transfer.md §2.1).

// Flags of an entry; the names are those of the format's description.
const (
	flagEncrypted  = 1 << 0
	flagDescriptor = 1 << 3 // checksum and sizes follow the data
	flagStrong     = 1 << 6
	flagUTF8       = 1 << 11
	flagMasked     = 1 << 13
)

// writeZip writes the archive of a bundle to w. The bytes of the files come from
// copy, which is called for each of them in order, with the number of its entry,
// and writes exactly as many as the manifest says.
func writeZip(ctx context.Context, w io.Writer, b *bundle, copy func(w io.Writer, i int) error) error {
	z := zip.NewWriter(w)
	for _, i := range b.items {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		e := &b.m.Entries[i]
		header := zipHeader(e, b.path(e))
		body, err := z.CreateRaw(header)
		if err != nil {
			return err
		}
		if e.Kind == manifest.Dir {
			continue
		}
		sum := &crcWriter{w: body}
		if err := copy(sum, int(i)); err != nil {
			return err
		}
		header.CRC32 = sum.crc // written after the data
	}
	return z.Close()
}

// zipSize returns the exact length of the archive that writeZip would write.
func zipSize(ctx context.Context, b *bundle) (int64, error) {
	var n counter
	zeros := make([]byte, 1<<20)
	err := writeZip(ctx, &n, b, func(w io.Writer, i int) error {
		body := w.(*crcWriter).w // the checksum's value has no influence
		for left := b.m.Entries[i].Size; left > 0; {
			k, err := body.Write(zeros[:min(left, int64(len(zeros)))])
			if err != nil {
				return err
			}
			left -= int64(k)
		}
		return nil
	})
	return int64(n), err
}

// zipHeader describes e at path. Receivers of other make set exactly the mode
// they find, so a sensible one is always there.
func zipHeader(e *manifest.Entry, path string) *zip.FileHeader {
	h := &zip.FileHeader{Name: path, Method: zip.Store, Flags: flagDescriptor, ReaderVersion: 20}
	mode := fs.FileMode(0o644)
	switch {
	case e.Kind == manifest.Dir:
		h.Name += "/"
		h.Flags = 0 // nothing follows
		mode = fs.ModeDir | 0o755
	case e.Exec:
		mode = 0o755
	}
	h.UncompressedSize64 = uint64(e.Size)
	h.CompressedSize64 = h.UncompressedSize64
	if h.UncompressedSize64 >= math.MaxUint32 {
		h.ReaderVersion = 45 // sizes of 64 bits
	}
	if !isASCII(h.Name) {
		h.Flags |= flagUTF8
	}
	h.SetMode(mode) // also says that the archive is made by Unix
	setTime(h, e.ModTime)
	return h
}

// setTime stores t as the format's own local time, to two seconds, and as the
// common extension's seconds since 1970.
func setTime(h *zip.FileHeader, t time.Time) {
	if u := t.Unix(); u >= 0 && u <= math.MaxInt32 {
		h.Extra = binary.LittleEndian.AppendUint16(h.Extra, extraTime)
		h.Extra = binary.LittleEndian.AppendUint16(h.Extra, 5)
		h.Extra = append(h.Extra, 1) // modification time only
		h.Extra = binary.LittleEndian.AppendUint32(h.Extra, uint32(u))
	}
	if t = t.UTC(); t.Year() < 1980 || t.Year() > 2107 {
		t = time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC)
	}
	h.ModifiedDate = uint16(t.Day() + int(t.Month())<<5 + (t.Year()-1980)<<9)
	h.ModifiedTime = uint16(t.Second()/2 + t.Minute()<<5 + t.Hour()<<11)
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// A crcWriter keeps the checksum of what passes.
type crcWriter struct {
	w   io.Writer
	crc uint32
}

func (c *crcWriter) Write(p []byte) (int, error) {
	c.crc = crc32.Update(c.crc, crc32.IEEETable, p)
	return c.w.Write(p)
}

// A counter counts the bytes written to it.
type counter int64

func (c *counter) Write(p []byte) (int, error) {
	*c += counter(len(p))
	return len(p), nil
}
