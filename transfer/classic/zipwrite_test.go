package classic

import (
	"archive/zip"
	"bytes"
	"fmt"
	"io"
	"testing"
	"time"

	"sesame/tree/manifest"
)

// bundled returns a bundle of entries, in order, below a directory.
func bundled(entries ...manifest.Entry) *bundle {
	b := &bundle{m: &manifest.Manifest{Entries: entries}, dir: true}
	for i := range entries {
		b.items = append(b.items, int32(i))
	}
	return b
}

func fileEntry(path string, size int64) manifest.Entry {
	return manifest.Entry{Path: path, Kind: manifest.File, Size: size, ModTime: time.Unix(1700000000, 0)}
}

func TestZipSizeIsExact(t *testing.T) {
	zeros := make([]byte, 1<<20)
	var many []manifest.Entry
	for i := range 70000 {
		many = append(many, fileEntry(fmt.Sprintf("d/%d", i), 0))
	}
	for name, c := range map[string]*bundle{
		"nothing":               bundled(),
		"empty file":            bundled(fileEntry("a", 0)),
		"empty directory":       bundled(manifest.Entry{Path: "a/ü", Kind: manifest.Dir}),
		"4 GiB - 2":             bundled(fileEntry("a", 1<<32-2), fileEntry("b", 1)),
		"4 GiB - 1":             bundled(fileEntry("a", 1<<32-1), fileEntry("b", 1)),
		"5 GiB, then more":      bundled(fileEntry("a", 5<<30), fileEntry("b", 7)),
		"list beyond 4 GiB":     bundled(fileEntry("a", 3<<30), fileEntry("b", 3<<30), fileEntry("c", 1)),
		"more than 65535 files": bundled(many...),
	} {
		t.Run(name, func(t *testing.T) {
			size, err := zipSize(t.Context(), c)
			if err != nil {
				t.Fatal(err)
			}
			var n counter
			var total int64
			tail := new(tailWriter)
			err = writeZip(t.Context(), io.MultiWriter(&n, tail), c, func(w io.Writer, i int) error {
				// The checksum of gigabytes is of no interest here.
				body := w.(*crcWriter).w
				for left := c.m.Entries[i].Size; left > 0; left -= int64(len(zeros)) {
					body.Write(zeros[:min(left, int64(len(zeros)))])
				}
				total += c.m.Entries[i].Size
				return nil
			})
			if err != nil || int64(n) != size {
				t.Fatalf("%d bytes, %d announced, %v", n, size, err)
			}
			// Both readers find the list in what is left of it.
			r := &tailReader{tail.b, size - int64(len(tail.b))}
			a, err := openArchive(r, size)
			if err != nil {
				t.Fatal(err)
			}
			z, err := zip.NewReader(r, size)
			if err != nil || len(z.File) != len(c.items) {
				t.Fatal(err)
			}
			var ours int64
			i := 0
			err = a.members(func(m *member) error {
				if z.File[i].UncompressedSize64 != uint64(m.size) {
					t.Errorf("%s has %d bytes, for others %d", m.name, m.size, z.File[i].UncompressedSize64)
				}
				i++
				ours += m.size
				return nil
			})
			if err != nil || ours != total || i != len(c.items) {
				t.Errorf("%d bytes in %d files, %v", ours, i, err)
			}
		})
	}
}

// A tailWriter keeps what comes after the last megabyte of content.
type tailWriter struct{ b []byte }

func (w *tailWriter) Write(p []byte) (int, error) {
	if len(p) == 1<<20 {
		w.b = append(w.b[:0], p[:4096]...) // readers look a little further back
		return len(p), nil
	}
	w.b = append(w.b, p...)
	return len(p), nil
}

// A tailReader reads them.
type tailReader struct {
	b     []byte
	start int64
}

func (r *tailReader) ReadAt(p []byte, offset int64) (int, error) {
	if offset < r.start {
		return 0, fmt.Errorf("read at %d, before %d", offset, r.start)
	}
	return bytes.NewReader(r.b).ReadAt(p, offset-r.start)
}
