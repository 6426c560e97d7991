//go:build !js

package classic

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"sesame/internal/test/crossing"
	"sesame/transfer"
	"sesame/tree"
	"sesame/tree/manifest"
	"sesame/tree/staging"
)

// disk is a directory as a Store.
func disk(dir *os.Root) *staging.Disk { return &staging.Disk{Dir: dir} }

// contentOf returns what is in a file that has arrived.
func contentOf(dir crossing.Landing, name string) ([]byte, error) { return dir.ReadFile(name) }

// snapshot lists everything in the parent of dir, but not what is below dir.
func snapshot(t testing.TB, dir *os.Root) []string {
	t.Helper()
	parent := filepath.Dir(dir.Name())
	return slices.DeleteFunc(crossing.Tree(t, parent), func(s string) bool { return strings.HasPrefix(s, "target/") })
}

// offeredAs is what a name that is offered becomes here.
func offeredAs(name string) string {
	as, _ := transfer.OfferedName(name, manifest.SystemRules(runtime.GOOS))
	return as.String()
}

func TestHostileNamesOfOffers(t *testing.T) {
	data := []byte("x")
	archive := forge(honest("a", "x"))
	for _, in := range []string{"../x", "/etc/x", "a/../../x", "..", ".", "", "a/", `..\x`, `C:\x`, `\\srv\s`, "%2e%2e/", "\x00", "x\ny", "\x1b]0;t\x07", "a\u202eb", "\xff", ".bashrc", strings.Repeat("x", 5000), "../target/../../x"} {
		for mode, s := range map[string]script{
			"file":      {offer: string((&offer{kind: transfer.File, name: in, wire: 1}).message()), records: [][]byte{data}},
			"directory": {offer: directoryOffer(in, archive, 1, 1), records: split(archive)},
		} {
			t.Run(fmt.Sprintf("%s/%.20q", mode, in), func(t *testing.T) {
				dir := crossing.Dir(t)
				before := snapshot(t, dir)
				name, err, _, _ := play(t, s, transfer.Target{Into: disk(dir)})
				if err != nil || name != offeredAs(in) && in != "\xff" {
					t.Errorf("wrote %q, %v", name, err)
				}
				if left := crossing.Names(t, dir); len(left) != 1 || left[0] != name {
					t.Errorf("in the target: %q", left)
				}
				if after := snapshot(t, dir); fmt.Sprint(before) != fmt.Sprint(after) {
					t.Errorf("outside: before %q, after %q", before, after)
				}
			})
		}
	}
}

func TestExistingTargets(t *testing.T) {
	for name, make := range map[string]func(path string) error{
		"file":             func(p string) error { return os.WriteFile(p, []byte("old"), 0o644) },
		"directory":        func(p string) error { return os.Mkdir(p, 0o755) },
		"link to file":     func(p string) error { return os.Symlink("../victim", p) },
		"dangling link":    func(p string) error { return os.Symlink("../nowhere", p) },
		"link to itself":   func(p string) error { return os.Symlink(filepath.Base(p), p) },
		"fifo":             mkfifo,
		"link to /dev/tty": func(p string) error { return os.Symlink("/dev/tty", p) },
	} {
		for kind, s := range map[string]script{
			"file":      {offer: string((&offer{kind: transfer.File, name: "x", wire: 3, size: 3}).message()), records: [][]byte{[]byte("new")}},
			"directory": {offer: directoryOffer("x", forge(), 0, 0), records: [][]byte{forge()}},
		} {
			t.Run(kind+" onto "+name, func(t *testing.T) {
				dir := crossing.Dir(t)
				victim := filepath.Join(filepath.Dir(dir.Name()), "victim")
				crossing.Write(t, victim, []byte("precious"), 0o644)
				path := filepath.Join(dir.Name(), "x")
				if err := make(path); err != nil {
					t.Skip(err)
				}
				before, _ := os.Lstat(path)
				plans := []tree.Plan{nil}
				if before.IsDir() != (kind == "directory") {
					plans = append(plans, tree.Plan{"x": {Exists: tree.MergeSkip}}, tree.Plan{"x": {Exists: tree.MergeReplace}})
				}
				for _, plan := range plans {
					_, err, said, _ := play(t, s, transfer.Target{Into: disk(dir), Plan: plan})
					var exists *transfer.ExistsError
					if !errors.As(err, &exists) || !errors.Is(err, fs.ErrExist) || len(said) != 0 {
						t.Errorf("plan %v: got %v, said %q", plan, err, said)
					}
				}
				if after, _ := os.Lstat(path); !os.SameFile(before, after) {
					t.Error("it was touched")
				}
				if _, err, _, _ := play(t, s, transfer.Target{Into: disk(dir), Plan: tree.Plan{"x": {Exists: tree.Replace}}}); err != nil {
					t.Errorf("replacing: %v", err)
				}
				if info, _ := os.Lstat(path); info.IsDir() != (kind == "directory") || !info.IsDir() && (!info.Mode().IsRegular() || info.Size() != 3) {
					t.Errorf("replaced by %v", info)
				}
				if old, _ := os.ReadFile(victim); string(old) != "precious" {
					t.Errorf("written through the link: %q", old)
				}
				if left := crossing.Names(t, dir); len(left) != 1 {
					t.Errorf("left behind: %q", left)
				}
			})
		}
	}
}

func TestTargetThatAppearsMeanwhile(t *testing.T) {
	dir := crossing.Dir(t)
	res := run(t, crossing.File(t, 3*blockSize), transfer.Target{Into: disk(dir)}, func(s, r *settings) {
		r.Progress = func(p transfer.Progress) { os.WriteFile(filepath.Join(dir.Name(), "data.bin"), []byte("mine"), 0o644) }
	})
	var exists *transfer.ExistsError
	if !errors.As(res.Received, &exists) || res.Sent == nil {
		t.Errorf("%v, %v", res.Sent, res.Received)
	}
	if got, _ := dir.ReadFile("data.bin"); string(got) != "mine" || len(crossing.Names(t, dir)) != 1 {
		t.Errorf("now %q in %q", got, crossing.Names(t, dir))
	}
}

func TestSourceThatChanges(t *testing.T) {
	const size = 6 * blockSize
	for name, c := range map[string]struct {
		change   func(path string) error
		harmless bool // once it is open: what was listed is read to its end
	}{
		"grows": {func(p string) error {
			f, _ := os.OpenFile(p, os.O_APPEND|os.O_WRONLY, 0)
			defer f.Close()
			_, err := f.WriteString("x")
			return err
		}, false},
		"shrinks":          {func(p string) error { return os.Truncate(p, size-1) }, false},
		"is emptied":       {func(p string) error { return os.Truncate(p, 0) }, false},
		"is written to":    {func(p string) error { return os.Chtimes(p, time.Time{}, time.Unix(1, 0)) }, false},
		"is replaced":      {func(p string) error { os.Rename(p, p+"~"); return os.WriteFile(p, crossing.Bytes(size), 0o644) }, true},
		"is deleted":       {os.Remove, true},
		"becomes a folder": {func(p string) error { os.Remove(p); return os.Mkdir(p, 0o755) }, true},
	} {
		for _, when := range []string{"asked", "while"} {
			for _, kind := range []string{"file", "directory"} {
				t.Run(kind+" "+name+" "+when, func(t *testing.T) {
					top := filepath.Join(t.TempDir(), "top")
					file := filepath.Join(top, "sub", "f")
					crossing.Write(t, file, crossing.Bytes(size), 0o644)
					path := top
					if kind == "file" {
						path = file
					}
					src, err := transfer.Open(path)
					if err != nil {
						t.Fatal(err)
					}
					changed := false
					change := func() {
						if !changed {
							changed = true
							if err := c.change(file); err != nil {
								t.Error(err)
							}
						}
					}
					dir := crossing.Dir(t)
					res := runWith(t.Context(), src, func(ctx context.Context, o *transfer.Offer) (*transfer.Report, error) {
						if when == "asked" {
							change()
						}
						return o.Accept(ctx, transfer.Target{Into: disk(dir)})
					}, func(s, r *settings) {
						s.Progress = func(p transfer.Progress) {
							if p.Done > 0 {
								change()
							}
						}
					})
					if when == "while" && c.harmless || name == "grows" {
						res.OK(t)
						return
					}
					var ce *transfer.ChangedError
					if !errors.As(res.Sent, &ce) || !strings.Contains(ce.Error(), "f changed") {
						t.Errorf("the sender says %v", res.Sent)
					}
					var pe *transfer.PeerError
					if !errors.As(res.Received, &pe) || !strings.Contains(pe.Words, "changed while it was sent") {
						t.Errorf("the receiver says %v", res.Received)
					}
					if left := crossing.Names(t, dir); len(left) != 0 {
						t.Errorf("left behind: %q", left)
					}
				})
			}
		}
	}
}

func TestSourcesThatAreRefused(t *testing.T) {
	dir := t.TempDir()
	fifo := filepath.Join(dir, "fifo")
	if err := mkfifo(fifo); err != nil {
		t.Skip(err)
	}
	for _, path := range []string{fifo, "/dev/zero", "/dev/null", filepath.Join(dir, "missing")} {
		var de *transfer.DiskError
		if _, err := transfer.Open(path); !errors.As(err, &de) {
			t.Errorf("%s: %v", path, err)
		}
	}
	if runtime.GOOS == "linux" {
		src, err := transfer.Open("/proc/self/status") // size 0, but holds something
		if err != nil {
			t.Fatal(err)
		}
		if err := src.Scan(t.Context(), nil); err == nil || !strings.Contains(err.Error(), "more than its size says") {
			t.Errorf("/proc: %v", err)
		}
	}
	target := filepath.Join(dir, "file")
	crossing.Write(t, target, []byte("x"), 0o644)
	os.Symlink(target, filepath.Join(dir, "named link"))
	src, err := transfer.Open(filepath.Join(dir, "named link"))
	if err != nil || src.Name() != "named link" || src.Size() != 1 {
		t.Fatalf("a link that the user named: %v, %v", src, err)
	}
	run(t, src, transfer.Target{Into: disk(crossing.Dir(t))}).OK(t)
}

func TestNoSpaceIsKnownBeforeTheAnswer(t *testing.T) {
	dir := crossing.Dir(t)
	if _, _, ok := staging.Space(dir); !ok {
		t.Skip("this system doesn't tell the free space")
	}
	_, err, said, _ := play(t, script{offer: string((&offer{kind: transfer.File, name: "x", wire: 1 << 62, size: 1 << 62}).message())}, transfer.Target{Into: disk(dir)})
	var de *transfer.DiskError
	if !errors.As(err, &de) || !de.Full() || len(said) != 0 {
		t.Errorf("%v, said %q", err, said)
	}
}

func TestArchivesOfOthers(t *testing.T) {
	dos := func(f *forged) { f.attributes = 0 }
	dir := honest("e/", "").with(func(f *forged) { f.attributes = 0o040755<<16 | dosDirectory })
	for _, c := range []struct {
		name    string
		archive []byte
		bytes   int
		files   int
		want    []string
	}{
		{"empty", forge(), 0, 0, []string{}},
		{"deflated", deflated("sub/zeros", make([]byte, 1<<20)), 1 << 20, 1, []string{"sub drwxr-xr-x", "sub/zeros -rw-r--r--"}},
		{"no attributes", forge(honest("a", "x").with(dos)), 1, 1, []string{"a -rw-r--r--"}},
		{"directory first", forge(dir, honest("e/x", "x")), 1, 1, []string{"e drwxr-xr-x", "e/x -rw-r--r--"}},
		{"directory last", forge(honest("e/x", "x"), dir), 1, 1, []string{"e drwxr-xr-x", "e/x -rw-r--r--"}},
		{"setuid, world-writable", forge(honest("a", "x").with(func(f *forged) { f.attributes = 0o106777 << 16 })), 1, 1, []string{"a -rwxr-xr-x"}},
		{"mode 000", forge(honest("a", "x").with(func(f *forged) { f.attributes = 0o100000 << 16 })), 1, 1, []string{"a -rw-r--r--"}},
		{"case twins", forge(honest("README", "x"), honest("readme", "y"), honest("é", ""), honest("e\u0301", "")), 2, 4, []string{"README -rw-r--r--", "e\u0301 -rw-r--r--", "readme -rw-r--r--", "é -rw-r--r--"}},
		{"fewer than offered", forge(honest("a", "x")), 50, 3, []string{"a -rw-r--r--"}},
		{"percents", forge(honest("%2e%2e%2fx", "x")), 1, 1, []string{"%2e%2e%2fx -rw-r--r--"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			target := crossing.Dir(t)
			name, err, _, ack := play(t, script{offer: directoryOffer("d", c.archive, c.bytes, c.files), records: split(c.archive)}, transfer.Target{Into: disk(target)})
			if err != nil || name != "d" {
				t.Fatal(name, err)
			}
			if got := crossing.Tree(t, filepath.Join(target.Name(), "d")); !slices.Equal(got, c.want) {
				t.Errorf("got %q, want %q", got, c.want)
			}
			sum := sha256.Sum256(c.archive)
			var a struct{ Ack, Sha256 string }
			if json.Unmarshal(ack, &a); a.Ack != "ok" || a.Sha256 != hex.EncodeToString(sum[:]) {
				t.Errorf("confirmation %s", ack)
			}
			if left := crossing.Names(t, target); len(left) != 1 {
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
	if res.Offer.Files != 5 || res.Offer.Size != int64(1+10+1+3*blockSize+5) || res.Offer.Kind != transfer.Directory {
		t.Errorf("offer %+v", res.Offer)
	}
	want := []string{"a.txt -rw-r--r--", "bad%01name -rw-r--r--", "empty file -rw-r--r--", "run.sh -rwxr-xr-x", "sub drwxr-xr-x", "sub/deep drwxr-xr-x", "sub/deep/Größe.bin -rw-r--r--", "sub/nothing drwxr-xr-x"}
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
	if len(skipped) != 1 || !strings.Contains(skipped[0], "link") {
		t.Errorf("skipped %q", skipped)
	}
	if left := crossing.Names(t, dir); len(left) != 1 {
		t.Errorf("left behind: %q", left)
	}
}
