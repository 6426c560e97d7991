//go:build !js

package classic

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"sesame/internal/test/crossing"
	"sesame/transfer"
)

func TestPythonReadsOurArchives(t *testing.T) {
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("no python3 here")
	}
	top := filepath.Join(t.TempDir(), "top")
	crossing.Write(t, filepath.Join(top, "a.txt"), []byte("hello"), 0o644)
	crossing.Write(t, filepath.Join(top, "sub/Größe.sh"), crossing.Bytes(100000), 0o755)
	crossing.Write(t, filepath.Join(top, "empty"), nil, 0o600)
	os.MkdirAll(filepath.Join(top, "nothing/here"), 0o755)
	src, err := transfer.Open(top)
	if err != nil {
		t.Fatal(err)
	}
	l, err := transfer.Sending{Source: src}.Fix(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	b, err := newBundle(l.Manifest, src.Name())
	if err != nil {
		t.Fatal(err)
	}
	r := &reader{m: l.Manifest, files: l.Files, buf: make([]byte, blockSize)}
	path := filepath.Join(t.TempDir(), "top.zip")
	f, _ := os.Create(path)
	if err := writeZip(t.Context(), f, b, r.copy); err != nil {
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
	want := "a.txt 5 0o100644 0\nempty 0 0o100644 0\nnothing/here/ 0 0o40755 0\nsub/Größe.sh 100000 0o100755 0\n"
	if err != nil || string(out) != want {
		t.Errorf("%v\n%s", err, out)
	}
}

func TestScanSkips(t *testing.T) {
	outside := filepath.Join(t.TempDir(), "secret")
	crossing.Write(t, filepath.Join(outside, "key"), []byte("secret"), 0o600)
	top := filepath.Join(t.TempDir(), "clone")
	os.MkdirAll(filepath.Join(top, "sub"), 0o755)
	os.Symlink(outside, filepath.Join(top, "ssh"))
	os.Symlink(filepath.Join(outside, "key"), filepath.Join(top, "sub/key"))
	os.Symlink("sub", filepath.Join(top, "inside"))
	crossing.Write(t, filepath.Join(top, "\xff"), []byte("x"), 0o644)
	crossing.Write(t, filepath.Join(top, `a\b`), []byte("x"), 0o644)
	crossing.Write(t, filepath.Join(top, "a\nb"), []byte("x"), 0o644)
	if err := mkfifo(filepath.Join(top, "fifo")); err != nil {
		t.Skip(err)
	}
	src, err := transfer.Open(top)
	if err != nil {
		t.Fatal(err)
	}
	if src.Manifest() != nil || src.Size() != -1 {
		t.Error("scanned too early")
	}
	dir := crossing.Dir(t)
	res := run(t, src, transfer.Target{Into: disk(dir)})
	res.OK(t)
	if got := crossing.Tree(t, dir.Name()); strings.Join(got, " ") != "clone drwxr-xr-x clone/%FF -rw-r--r-- clone/a%0Ab -rw-r--r-- clone/a%5Cb -rw-r--r-- clone/sub drwxr-xr-x" {
		t.Errorf("arrived: %q", got)
	}
	if len(res.Told.Skipped) != 4 {
		t.Errorf("skipped: %v", res.Told.Skipped)
	}
}
