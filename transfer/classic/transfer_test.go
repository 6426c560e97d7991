//go:build !js

package classic

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"sesame/transfer"
)

func TestFileSizes(t *testing.T) {
	for _, n := range []int{0, 1, recordSize - 1, recordSize, recordSize + 1, blockSize - 1, blockSize, blockSize + 1, 5*blockSize + 7} {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			data := bytesOf(n)
			path := filepath.Join(t.TempDir(), "holiday.mov")
			write(t, path, data, 0o644)
			src, err := transfer.Open(path)
			if err != nil {
				t.Fatal(err)
			}
			dir := openRoot(t)
			res := run(t, src, transfer.Target{Into: disk(dir)})
			res.ok(t)
			if got := res.final(); !slices.Equal(got, []string{"holiday.mov"}) || res.report.Bytes != int64(n) || res.told.Bytes != int64(n) {
				t.Errorf("%q: %+v", got, res.report)
			}
			if o := res.offer; o.Kind != transfer.File || o.Size != int64(n) || o.Files != 1 || o.Name.String() != "holiday.mov" {
				t.Errorf("offer %+v", o)
			}
			got, err := dir.ReadFile("holiday.mov")
			if err != nil || !bytes.Equal(got, data) {
				t.Errorf("%d bytes of %d, %v", len(got), n, err)
			}
			if left := names(t, dir); len(left) != 1 {
				t.Errorf("left behind: %q", left)
			}
		})
	}
}

func TestDirectory(t *testing.T) {
	top := filepath.Join(t.TempDir(), "photos")
	write(t, filepath.Join(top, "a.txt"), []byte("a"), 0o644)
	write(t, filepath.Join(top, "run.sh"), []byte("#!/bin/sh\n"), 0o755)
	write(t, filepath.Join(top, "empty file"), nil, 0o600)
	write(t, filepath.Join(top, "sub/deep/Größe.bin"), bytesOf(3*blockSize+5), 0o644)
	os.MkdirAll(filepath.Join(top, "sub/nothing"), 0o755)
	os.Symlink("/etc/passwd", filepath.Join(top, "link"))
	write(t, filepath.Join(top, "bad\x01name"), []byte("x"), 0o644)

	src, err := transfer.Open(top)
	if err != nil {
		t.Fatal(err)
	}
	dir := openRoot(t)
	res := run(t, src, transfer.Target{Into: disk(dir)})
	res.ok(t)
	if got := res.final(); !slices.Equal(got, []string{"photos"}) {
		t.Errorf("%q", got)
	}
	if res.offer.Files != 4 || res.offer.Size != int64(1+10+3*blockSize+5) || res.offer.Kind != transfer.Directory {
		t.Errorf("offer %+v", res.offer)
	}
	want := []string{"a.txt -rw-r--r--", "empty file -rw-r--r--", "run.sh -rwxr-xr-x", "sub drwxr-xr-x", "sub/deep drwxr-xr-x", "sub/deep/Größe.bin -rw-r--r--", "sub/nothing drwxr-xr-x"}
	if got := treeOf(t, filepath.Join(dir.Name(), "photos")); !slices.Equal(got, want) {
		t.Errorf("tree\n%s", strings.Join(got, "\n"))
	}
	big, _ := os.ReadFile(filepath.Join(dir.Name(), "photos/sub/deep/Größe.bin"))
	if !bytes.Equal(big, bytesOf(3*blockSize+5)) {
		t.Error("content differs")
	}
	var skipped []string
	for _, s := range res.told.Skipped {
		skipped = append(skipped, s.Path+": "+s.Why.Words())
	}
	if len(skipped) != 2 || !strings.Contains(strings.Join(skipped, ","), "link") || !strings.Contains(strings.Join(skipped, ","), "control") {
		t.Errorf("skipped %q", skipped)
	}
	if left := names(t, dir); len(left) != 1 {
		t.Errorf("left behind: %q", left)
	}
}

// treeOf lists everything below dir with its mode.
func treeOf(t testing.TB, dir string) []string {
	t.Helper()
	var out []string
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || path == dir {
			return err
		}
		info, err := d.Info()
		rel, _ := filepath.Rel(dir, path)
		out = append(out, fmt.Sprintf("%s %v", rel, info.Mode()))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}
