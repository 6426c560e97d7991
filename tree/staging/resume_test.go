//go:build unix

package staging_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"sesame/tree"
	"sesame/tree/manifest"
	"sesame/tree/staging"
)

// interrupted writes part of s and closes. It returns where the tree is kept.
func interrupted(t *testing.T, dir *os.Root, path string, s *sample, write func(*staging.Tree)) string {
	t.Helper()
	tr, err := staging.Open(dir, &s.Manifest, known(nil))
	must(t, err)
	write(tr)
	must(t, tr.Close())
	names := left(t, path)
	if len(names) != 1 {
		t.Fatalf("staging directories %v", names)
	}
	return filepath.Join(path, names[0])
}

// goesOn opens s again, sends what is missing, places and compares. It returns
// the bytes that were sent.
func goesOn(t *testing.T, dir *os.Root, path string, s *sample) int64 {
	t.Helper()
	tr := open(t, dir, s, nil)
	sent := s.finish(t, tr)
	place(t, tr, nil)
	same(t, "result", snapshot(t, path, ""), s.want())
	return sent
}

const big = 6 // of plain: 900,000 bytes, four groups

func TestResume(t *testing.T) {
	half := func(s *sample, t *testing.T) func(*staging.Tree) {
		return func(tr *staging.Tree) {
			s.send(t, tr, big, 600_000)
			must(t, tr.WriteFile(2, s.data[2]))
		}
	}
	file := "tree/holiday/deep/er/big"
	for _, test := range []struct {
		name   string
		damage func(t *testing.T, staging string)
		sent   int64 // of 900,011
	}{
		{"untouched", func(*testing.T, string) {}, 900_011 - 512<<10 - 1},
		{"edited", func(t *testing.T, dir string) {
			f, err := os.OpenFile(filepath.Join(dir, file), os.O_RDWR, 0)
			must(t, err)
			defer f.Close()
			f.WriteAt([]byte("edited"), 300_000)
		}, 900_011 - 256<<10 - 1},
		{"cut to nothing", func(t *testing.T, dir string) { must(t, os.Truncate(filepath.Join(dir, file), 0)) }, 900_010},
		{"cut in a group", func(t *testing.T, dir string) { must(t, os.Truncate(filepath.Join(dir, file), 300_000)) }, 900_011 - 256<<10 - 1},
		{"longer than the file", func(t *testing.T, dir string) {
			f, err := os.OpenFile(filepath.Join(dir, file), os.O_RDWR|os.O_APPEND, 0)
			must(t, err)
			defer f.Close()
			f.Write(noise(9, 1_000_000))
		}, 900_011 - 512<<10 - 1},
		{"gone", func(t *testing.T, dir string) { must(t, os.Remove(filepath.Join(dir, file))) }, 900_010},
		{"a FIFO", func(t *testing.T, dir string) {
			must(t, os.Remove(filepath.Join(dir, file)))
			must(t, syscall.Mkfifo(filepath.Join(dir, file), 0o600))
		}, 900_010},
		{"a link to a file outside", func(t *testing.T, dir string) {
			must(t, os.Remove(filepath.Join(dir, file)))
			must(t, os.Symlink(filepath.Join(dir, "../../outside/secret"), filepath.Join(dir, file)))
		}, 900_010},
		{"a hard link to a file outside", func(t *testing.T, dir string) {
			must(t, os.Remove(filepath.Join(dir, file)))
			must(t, os.Link(filepath.Join(dir, "../../outside/secret"), filepath.Join(dir, file)))
		}, 900_010},
		{"a directory", func(t *testing.T, dir string) {
			must(t, os.Remove(filepath.Join(dir, file)))
			must(t, os.MkdirAll(filepath.Join(dir, file, "x/y"), 0o700))
		}, 900_010},
		{"its directory is a link", func(t *testing.T, dir string) {
			must(t, os.RemoveAll(filepath.Join(dir, "tree/holiday/deep")))
			must(t, os.Symlink(filepath.Join(dir, "../../outside/dir"), filepath.Join(dir, "tree/holiday/deep")))
		}, 900_010},
		{"its directory is a file", func(t *testing.T, dir string) {
			must(t, os.RemoveAll(filepath.Join(dir, "tree/holiday/deep")))
			must(t, os.WriteFile(filepath.Join(dir, "tree/holiday/deep"), nil, 0o600))
		}, 900_010},
		{"more than the manifest lists", func(t *testing.T, dir string) {
			must(t, os.MkdirAll(filepath.Join(dir, "tree/holiday/deep/more/and/more"), 0o700))
			must(t, os.WriteFile(filepath.Join(dir, "tree/holiday/deep/more/and/x"), []byte("x"), 0o644))
			must(t, os.WriteFile(filepath.Join(dir, "tree/other"), []byte("x"), 0o644))
			must(t, os.WriteFile(filepath.Join(dir, "what"), []byte("x"), 0o644))
			must(t, os.Symlink("../../outside", filepath.Join(dir, "tree/holiday/latest")))
			must(t, os.Symlink("../../../../../outside", filepath.Join(dir, "tree/holiday/out")))
			must(t, syscall.Mkfifo(filepath.Join(dir, "tree/holiday/fifo"), 0o666))
			must(t, os.WriteFile(filepath.Join(dir, "tree/holiday/empty"), []byte("not empty"), 0o644))
		}, 900_011 - 512<<10 - 1},
		{"a list of names that makes no sense", func(t *testing.T, dir string) {
			must(t, os.WriteFile(filepath.Join(dir, "placing"), []byte(`[{"name":"holiday","final":"../outside","ino":1},{"name":7}]`), 0o600))
		}, 900_011 - 512<<10 - 1},
		{"a list of names that lead out", func(t *testing.T, dir string) {
			must(t, os.WriteFile(filepath.Join(dir, "aside.0"), []byte("x"), 0o600))
			must(t, os.WriteFile(filepath.Join(dir, "placing"), []byte(`[{"name":"holiday","final":"../outside/new","ino":1}]`), 0o600))
		}, 900_011 - 512<<10 - 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			dir, path := target(t)
			s := plain()
			test.damage(t, interrupted(t, dir, path, s, half(s, t)))
			if sent := goesOn(t, dir, path, s); sent != test.sent {
				t.Errorf("%d bytes sent, want %d", sent, test.sent)
			}
		})
	}
}

func TestResumeAfterTheSourceChanged(t *testing.T) {
	for _, test := range []struct {
		name   string
		change func(s *sample)
	}{
		{"one byte", func(s *sample) { s.data[big][280_000] ^= 1 }},
		{"shorter", func(s *sample) { s.data[big] = s.data[big][:400_000]; s.Entries[big].Size = 400_000 }},
		{"longer", func(s *sample) {
			s.data[big] = append(s.data[big], noise(8, 70_000)...)
			s.Entries[big].Size = 970_000
		}},
		{"empty", func(s *sample) { s.data[big] = nil; s.Entries[big].Size = 0 }},
		{"a stream", func(s *sample) { s.Entries[big].Size = manifest.StreamSize }},
		{"all zeros", func(s *sample) { clear(s.data[big]) }},
		{"executable", func(s *sample) { s.Entries[big].Exec = true }},
		{"touched", func(s *sample) { s.Entries[big].ModTime = when.Add(time.Hour) }},
		{"a directory", func(s *sample) {
			s.Entries[big] = manifest.Entry{Path: s.Entries[big].Path, Kind: manifest.Dir, ModTime: when}
		}},
		{"a link", func(s *sample) {
			s.Entries[big] = manifest.Entry{Path: s.Entries[big].Path, Kind: manifest.Link, Target: "x", ModTime: when}
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			dir, path := target(t)
			s := plain()
			interrupted(t, dir, path, s, func(tr *staging.Tree) { s.finish(t, tr) })
			test.change(s)
			goesOn(t, dir, path, s)
		})
	}
}

// A hole in a file that was something else before: what lay there goes.
func TestResumeWithHoles(t *testing.T) {
	dir, path := target(t)
	s := newTree().file("f", noise(1, 2<<20))
	interrupted(t, dir, path, s, func(tr *staging.Tree) { s.finish(t, tr) })
	clear(s.data[0][100_000:1_900_000])
	tr := open(t, dir, s, nil)
	must(t, tr.Hole(0, 100_000, 1_800_000))
	must(t, tr.WriteAt(0, 0, s.data[0][:100_000]))
	must(t, tr.WriteAt(0, 1_900_000, s.data[0][1_900_000:]))
	place(t, tr, nil)
	same(t, "result", snapshot(t, path, ""), s.want())
}

func TestSparseTebibyte(t *testing.T) {
	const size, group int64 = 1 << 40, 16 << 20
	s := newTree()
	s.Entries = append(s.Entries, manifest.Entry{Path: "f", Kind: manifest.File, Size: size, ModTime: when})
	dir, path := target(t)
	data := noise(1, 1000)
	interrupted(t, dir, path, s, func(tr *staging.Tree) {
		must(t, tr.Hole(0, 0, size/2))
		must(t, tr.WriteAt(0, size/2, data))
		must(t, tr.WriteAt(0, size-1000, data))
	})

	tr := open(t, dir, s, nil)
	if n := tr.Resumable(0); n != size {
		t.Fatalf("%d bytes resumable", n)
	}
	_, sums, err := tr.Hashes(context.Background(), 0, key)
	must(t, err)
	if len(sums) != int(size/group)*tree.SumSize {
		t.Errorf("%d bytes of hashes", len(sums))
	}
	source, err := os.Create(filepath.Join(t.TempDir(), "source"))
	must(t, err)
	defer source.Close()
	must(t, source.Truncate(size))
	source.WriteAt(data, size/2)
	equal, err := tree.Match(context.Background(), source, size, key, sums)
	must(t, err)
	kept := 0
	for g, same := range equal {
		if same {
			must(t, tr.Keep(0, g))
			kept++
		}
	}
	if kept != int(size/group)-1 || fmt.Sprint(tr.Missing(0)) != fmt.Sprintf("[{%d %d}]", size-group, group) {
		t.Errorf("%d groups kept, missing %v", kept, tr.Missing(0))
	}
	must(t, tr.Hole(0, size-group, group))
	place(t, tr, nil)

	info, err := os.Stat(filepath.Join(path, "f"))
	must(t, err)
	if blocks := info.Sys().(*syscall.Stat_t).Blocks; info.Size() != size || blocks > 200 {
		t.Errorf("%d bytes in %d blocks", info.Size(), blocks)
	}
	got := make([]byte, 1000)
	f, err := dir.Open("f")
	must(t, err)
	defer f.Close()
	f.ReadAt(got, size/2)
	if string(got) != string(data) {
		t.Error("the data in the middle is gone")
	}
	f.ReadAt(got, size-1000)
	if string(got) != string(make([]byte, 1000)) {
		t.Error("the end isn't zero")
	}
}

func TestHashes(t *testing.T) {
	s := newTree().file("f", noise(1, 1<<20))
	dir, path := target(t)
	interrupted(t, dir, path, s, func(tr *staging.Tree) { s.send(t, tr, 0, 700_000) })
	tr := open(t, dir, s, nil)
	if n := tr.Resumable(0); n != 512<<10 {
		t.Errorf("%d bytes resumable", n)
	}
	_, a, err := tr.Hashes(context.Background(), 0, key)
	must(t, err)
	_, b, err := tr.Hashes(context.Background(), 0, []byte(strings.Repeat("k", 32)))
	must(t, err)
	if len(a) != 2*tree.SumSize || string(a[:32]) == string(a[32:]) || string(a[:32]) == string(b[:32]) {
		t.Errorf("hashes %x and, with another key, %x", a, b)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, _, err := tr.Hashes(ctx, 0, key); !errors.Is(err, context.Canceled) {
		t.Errorf("after cancelling: %v", err)
	}
	f, err := os.Create(filepath.Join(t.TempDir(), "source"))
	must(t, err)
	defer f.Close()
	f.Write(s.data[0])
	for name, test := range map[string]struct {
		size      int64
		key, sums []byte
		bad       bool
	}{
		"good":          {1 << 20, key, a, false},
		"source is cut": {2 << 20, key, append(make([]byte, 224), a[:32]...), false},
		"no whole sum":  {1 << 20, key, a[1:], true},
		"too many":      {512 << 10, key, append(a, a...), true},
		"stream":        {-1, key, a, true},
		"short key":     {1 << 20, key[1:], a, true},
	} {
		if _, err := tree.Match(context.Background(), f, test.size, test.key, test.sums); (err != nil) != test.bad {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestWhoIsAdopted(t *testing.T) {
	s := newTree().file("f", noise(1, 600_000))
	for _, test := range []struct {
		name    string
		prepare func(t *testing.T, staging string)
		adopted bool
	}{
		{"as it was left", func(*testing.T, string) {}, true},
		{"without a lock file", func(t *testing.T, dir string) { must(t, os.Remove(filepath.Join(dir, "lock"))) }, true},
		{"open to the group", func(t *testing.T, dir string) { must(t, os.Chmod(dir, 0o770)) }, false},
		{"open to others", func(t *testing.T, dir string) { must(t, os.Chmod(dir, 0o702)) }, false},
		{"of another user", func(t *testing.T, dir string) {
			if err := os.Chown(dir, 65534, -1); err != nil {
				t.Skip("only root can give files away")
			}
		}, false},
		{"a link", func(t *testing.T, dir string) {
			must(t, os.Rename(dir, filepath.Dir(dir)+"/elsewhere"))
			must(t, os.Symlink("elsewhere", dir))
		}, false},
		{"a file", func(t *testing.T, dir string) {
			must(t, os.RemoveAll(dir))
			must(t, os.WriteFile(dir, []byte("x"), 0o600))
		}, false},
		{"a FIFO", func(t *testing.T, dir string) {
			must(t, os.RemoveAll(dir))
			must(t, syscall.Mkfifo(dir, 0o600))
		}, false},
		{"lock is a FIFO", func(t *testing.T, dir string) {
			must(t, os.Remove(filepath.Join(dir, "lock")))
			must(t, syscall.Mkfifo(filepath.Join(dir, "lock"), 0o600))
		}, false},
		{"lock is a link", func(t *testing.T, dir string) {
			must(t, os.Remove(filepath.Join(dir, "lock")))
			must(t, os.Symlink("../../outside/secret", filepath.Join(dir, "lock")))
		}, false},
		{"tree is a link", func(t *testing.T, dir string) {
			must(t, os.Rename(filepath.Join(dir, "tree"), filepath.Join(dir, "moved")))
			must(t, os.Symlink("moved", filepath.Join(dir, "tree")))
		}, false},
		{"for another name", func(t *testing.T, dir string) {
			must(t, os.Rename(dir, filepath.Join(filepath.Dir(dir), ".g.aaaaaaaaaaaaaaaa.sesame")))
		}, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			dir, path := target(t)
			kept := interrupted(t, dir, path, s, func(tr *staging.Tree) { s.send(t, tr, 0, 600_000-1) })
			test.prepare(t, kept)
			before := snapshot(t, path, "")
			tr := open(t, dir, s, nil)
			if got := tr.Resumable(0) > 0; got != test.adopted {
				t.Errorf("adopted: %v", got)
			}
			if !test.adopted {
				s.finish(t, tr)
				place(t, tr, nil)
				for name, line := range s.want() {
					before[name] = line
				}
				same(t, "target", snapshot(t, path, ""), before)
			}
		})
	}
}

func TestLockedIsNotAdopted(t *testing.T) {
	dir, path := target(t)
	s := newTree().file("f", noise(1, 600_000))
	first := open(t, dir, s, nil)
	s.send(t, first, 0, 300_000)
	second := open(t, dir, s, nil)
	if second.Resumable(0) != 0 || len(left(t, path)) != 2 {
		t.Errorf("a second receiver took %d bytes of the first", second.Resumable(0))
	}
	s.finish(t, second)
	place(t, second, nil)
	must(t, first.WriteAt(0, 300_000, s.data[0][300_000:]))
	var exists *tree.ExistsError
	if _, err := first.Place(context.Background(), nil); !errors.As(err, &exists) || exists.Name != "f" {
		t.Errorf("the first: %v", err)
	}
	place(t, first, tree.Plan{"f": {Name: staging.FreeName(dir, "f")}})
	want := s.want()
	want["f (2)"] = want["f"]
	same(t, "result", snapshot(t, path, ""), want)
}

func TestFreshLeavesTheOldAlone(t *testing.T) {
	dir, path := target(t)
	s := newTree().file("f", noise(1, 600_000))
	interrupted(t, dir, path, s, func(tr *staging.Tree) { s.send(t, tr, 0, 300_000) })
	tr := open(t, dir, s, &staging.Options{Fresh: true})
	if tr.Resumable(0) != 0 || len(left(t, path)) != 2 {
		t.Error("not fresh")
	}
}

func TestNewestIsAdopted(t *testing.T) {
	dir, path := target(t)
	s := newTree().file("f", noise(1, 900_000))
	first := interrupted(t, dir, path, s, func(tr *staging.Tree) { s.send(t, tr, 0, 300_000) })
	tr := open(t, dir, s, &staging.Options{Fresh: true})
	s.send(t, tr, 0, 600_000)
	must(t, tr.Close())
	old := time.Now().Add(-time.Hour)
	must(t, os.Chtimes(first, old, old))
	if got := open(t, dir, s, nil).Resumable(0); got != 512<<10 {
		t.Errorf("%d bytes resumable", got)
	}
}
