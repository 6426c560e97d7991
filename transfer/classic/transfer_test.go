//go:build !js

package classic

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"sesame/internal/test/crossing"
	"sesame/transfer"
)

func TestFileSizes(t *testing.T) {
	for _, n := range []int{0, 1, recordSize - 1, recordSize, recordSize + 1, blockSize - 1, blockSize, blockSize + 1, 5*blockSize + 7} {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			data := crossing.Bytes(n)
			path := filepath.Join(t.TempDir(), "holiday.mov")
			crossing.Write(t, path, data, 0o644)
			src, err := transfer.Open(path)
			if err != nil {
				t.Fatal(err)
			}
			dir := crossing.Dir(t)
			res := run(t, src, transfer.Target{Into: disk(dir)})
			res.OK(t)
			if got := res.Final(); !slices.Equal(got, []string{"holiday.mov"}) || res.Report.Bytes != int64(n) || res.Told.Bytes != int64(n) {
				t.Errorf("%q: %+v", got, res.Report)
			}
			if o := res.Offer; o.Kind != transfer.File || o.Size != int64(n) || o.Files != 1 || o.Name.String() != "holiday.mov" {
				t.Errorf("offer %+v", o)
			}
			got, err := dir.ReadFile("holiday.mov")
			if err != nil || !bytes.Equal(got, data) {
				t.Errorf("%d bytes of %d, %v", len(got), n, err)
			}
			if left := crossing.Names(t, dir); len(left) != 1 {
				t.Errorf("left behind: %q", left)
			}
		})
	}
}

func TestDirectory(t *testing.T) {
	top := filepath.Join(t.TempDir(), "photos")
	crossing.Write(t, filepath.Join(top, "a.txt"), []byte("a"), 0o644)
	crossing.Write(t, filepath.Join(top, "run.sh"), []byte("#!/bin/sh\n"), 0o755)
	crossing.Write(t, filepath.Join(top, "empty file"), nil, 0o600)
	crossing.Write(t, filepath.Join(top, "sub/deep/Größe.bin"), crossing.Bytes(3*blockSize+5), 0o644)
	os.MkdirAll(filepath.Join(top, "sub/nothing"), 0o755)
	os.Symlink("/etc/passwd", filepath.Join(top, "link"))
	crossing.Write(t, filepath.Join(top, "bad\x01name"), []byte("x"), 0o644)

	src, err := transfer.Open(top)
	if err != nil {
		t.Fatal(err)
	}
	dir := crossing.Dir(t)
	res := run(t, src, transfer.Target{Into: disk(dir)})
	res.OK(t)
	if got := res.Final(); !slices.Equal(got, []string{"photos"}) {
		t.Errorf("%q", got)
	}
	if res.Offer.Files != 4 || res.Offer.Size != int64(1+10+3*blockSize+5) || res.Offer.Kind != transfer.Directory {
		t.Errorf("offer %+v", res.Offer)
	}
	want := []string{"a.txt -rw-r--r--", "empty file -rw-r--r--", "run.sh -rwxr-xr-x", "sub drwxr-xr-x", "sub/deep drwxr-xr-x", "sub/deep/Größe.bin -rw-r--r--", "sub/nothing drwxr-xr-x"}
	if got := crossing.Tree(t, filepath.Join(dir.Name(), "photos")); !slices.Equal(got, want) {
		t.Errorf("tree\n%s", strings.Join(got, "\n"))
	}
	big, _ := os.ReadFile(filepath.Join(dir.Name(), "photos/sub/deep/Größe.bin"))
	if !bytes.Equal(big, crossing.Bytes(3*blockSize+5)) {
		t.Error("content differs")
	}
	var skipped []string
	for _, s := range res.Told.Skipped {
		skipped = append(skipped, s.Path+": "+s.Why.Words())
	}
	if len(skipped) != 2 || !strings.Contains(strings.Join(skipped, ","), "link") || !strings.Contains(strings.Join(skipped, ","), "control") {
		t.Errorf("skipped %q", skipped)
	}
	if left := crossing.Names(t, dir); len(left) != 1 {
		t.Errorf("left behind: %q", left)
	}
}
