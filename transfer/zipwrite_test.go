package transfer

import (
	"archive/zip"
	"bytes"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// A fakeInfo is a file or directory that is nowhere.
type fakeInfo struct {
	size int64
	mode fs.FileMode
}

func (f fakeInfo) Name() string       { return "" }
func (f fakeInfo) Size() int64        { return f.size }
func (f fakeInfo) Mode() fs.FileMode  { return f.mode }
func (f fakeInfo) ModTime() time.Time { return time.Unix(1700000000, 0) }
func (f fakeInfo) IsDir() bool        { return f.mode.IsDir() }
func (f fakeInfo) Sys() any           { return nil }

func TestZipSizeIsExact(t *testing.T) {
	zeros := make([]byte, 1<<20)
	list := func(entries ...entry) *listing { return &listing{entries: entries} }
	many := list()
	for i := range 70000 {
		many.entries = append(many.entries, entry{fmt.Sprintf("d/%d", i), fakeInfo{0, 0o644}})
	}
	for name, c := range map[string]*listing{
		"nothing":               list(),
		"empty file":            list(entry{"a", fakeInfo{0, 0o644}}),
		"empty directory":       list(entry{"a/ü", fakeInfo{0, fs.ModeDir | 0o755}}),
		"4 GiB - 2":             list(entry{"a", fakeInfo{1<<32 - 2, 0o644}}, entry{"b", fakeInfo{1, 0o644}}),
		"4 GiB - 1":             list(entry{"a", fakeInfo{1<<32 - 1, 0o644}}, entry{"b", fakeInfo{1, 0o644}}),
		"5 GiB, then more":      list(entry{"a", fakeInfo{5 << 30, 0o644}}, entry{"b", fakeInfo{7, 0o755}}),
		"list beyond 4 GiB":     list(entry{"a", fakeInfo{3 << 30, 0o644}}, entry{"b", fakeInfo{3 << 30, 0o644}}, entry{"c", fakeInfo{1, 0o644}}),
		"more than 65535 files": many,
	} {
		t.Run(name, func(t *testing.T) {
			size, err := zipSize(t.Context(), c)
			if err != nil {
				t.Fatal(err)
			}
			var n counter
			var total int64
			tail := new(tailWriter)
			err = writeZip(t.Context(), io.MultiWriter(&n, tail), c, func(w io.Writer, e entry) error {
				// The checksum of gigabytes is of no interest here.
				body := w.(*crcWriter).w
				for left := e.info.Size(); left > 0; left -= int64(len(zeros)) {
					body.Write(zeros[:min(left, int64(len(zeros)))])
				}
				total += e.info.Size()
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
			if err != nil || len(z.File) != len(c.entries) {
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
			if err != nil || ours != total || i != len(c.entries) {
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

func TestPythonReadsOurArchives(t *testing.T) {
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("no python3 here")
	}
	top := filepath.Join(t.TempDir(), "top")
	write(t, filepath.Join(top, "a.txt"), []byte("hello"), 0o644)
	write(t, filepath.Join(top, "sub/Größe.sh"), bytesOf(100000), 0o755)
	write(t, filepath.Join(top, "empty"), nil, 0o600)
	os.MkdirAll(filepath.Join(top, "nothing/here"), 0o755)
	src, err := Open(top)
	if err != nil {
		t.Fatal(err)
	}
	list, err := src.listing(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	r, err := src.newReader()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	path := filepath.Join(t.TempDir(), "top.zip")
	f, _ := os.Create(path)
	if err := writeZip(t.Context(), f, list, r.copy); err != nil {
		t.Fatal(err)
	}
	f.Close()
	program := `
import sys, zipfile
z = zipfile.ZipFile(sys.argv[1])
assert z.testzip() is None
for i in z.infolist(): print(i.filename, i.file_size, oct(i.external_attr >> 16), i.compress_type)
`
	out, err := exec.Command(python, "-X", "utf8", "-c", program, path).CombinedOutput()
	want := "a.txt 5 0o100644 0\nempty 0 0o100600 0\nnothing/here/ 0 0o40755 0\nsub/Größe.sh 100000 0o100755 0\n"
	if err != nil || string(out) != want {
		t.Errorf("%v\n%s", err, out)
	}
}

func TestScanSkips(t *testing.T) {
	outside := filepath.Join(t.TempDir(), "secret")
	write(t, filepath.Join(outside, "key"), []byte("secret"), 0o600)
	top := filepath.Join(t.TempDir(), "clone")
	os.MkdirAll(filepath.Join(top, "sub"), 0o755)
	os.Symlink(outside, filepath.Join(top, "ssh"))
	os.Symlink(filepath.Join(outside, "key"), filepath.Join(top, "sub/key"))
	os.Symlink("sub", filepath.Join(top, "inside"))
	write(t, filepath.Join(top, "\xff"), []byte("x"), 0o644)
	write(t, filepath.Join(top, `a\b`), []byte("x"), 0o644)
	write(t, filepath.Join(top, "a\nb"), []byte("x"), 0o644)
	if err := mkfifo(filepath.Join(top, "fifo")); err != nil {
		t.Skip(err)
	}
	src, err := Open(top)
	if err != nil {
		t.Fatal(err)
	}
	if src.Files() != 0 || src.Skipped() != nil {
		t.Error("scanned too early")
	}
	dir := openRoot(t)
	if res := run(t, src, Target{Dir: dir}); res.sent != nil || res.received != nil {
		t.Fatal(res)
	}
	if got := treeOf(t, dir.Name()); strings.Join(got, " ") != "clone drwxr-xr-x clone/sub drwxr-xr-x" {
		t.Errorf("arrived: %q", got)
	}
	if len(src.Skipped()) != 7 {
		t.Errorf("skipped: %q", src.Skipped())
	}
}
