//go:build linux

package staging_test

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"sesame/tree"
	"sesame/tree/manifest"
	"sesame/tree/staging"
)

// small mounts a file system in memory with the given options.
func small(t *testing.T, options string) (*os.Root, string) {
	t.Helper()
	path := t.TempDir()
	if err := syscall.Mount("tmpfs", path, "tmpfs", 0, options); err != nil {
		t.Skip("a small file system can't be mounted: ", err)
	}
	t.Cleanup(func() { syscall.Unmount(path, syscall.MNT_DETACH) })
	return openRoot(t, path), path
}

func TestDiskFull(t *testing.T) {
	for _, way := range []string{"WriteAt", "WriteFile"} {
		t.Run(way, func(t *testing.T) {
			dir, path := small(t, "size=4m")
			s := newTree().folder("d")
			for i := range 12 {
				s.file(fmt.Sprintf("d/%d", i), noise(uint64(i), 500_000))
			}
			tr, err := staging.Open(dir, &s.Manifest, known(nil))
			must(t, err)
			for i := 1; i < len(s.Entries) && err == nil; i++ {
				if way == "WriteFile" {
					err = tr.WriteFile(i, s.data[i])
				}
				for off := 0; off < 500_000 && err == nil && way == "WriteAt"; off += 100_000 {
					err = tr.WriteAt(i, int64(off), s.data[i][off:off+100_000])
				}
			}
			var disk *tree.DiskError
			if !errors.As(err, &disk) || !errors.Is(err, syscall.ENOSPC) || !strings.HasPrefix(disk.Path, "d/") || !strings.HasPrefix(err.Error(), "disk full: writing d/") || !strings.Contains(err.Error(), "make room") {
				t.Errorf("error %v", err)
			}
			if tr.Complete() || tr.Written() < 3_000_000 {
				t.Errorf("%d bytes", tr.Written())
			}
			must(t, tr.Close())
			if len(left(t, path)) != 1 {
				t.Fatal("what had arrived is gone")
			}
			must(t, syscall.Mount("tmpfs", path, "tmpfs", syscall.MS_REMOUNT, "size=16m"))
			if sent := goesOn(t, dir, path, s); sent > 3_500_000 {
				t.Errorf("%d bytes sent again", sent)
			}
		})
	}
}

// The disk fills up, somebody makes room, and the same run goes on.
func TestDiskFullForAMoment(t *testing.T) {
	dir, path := small(t, "size=4m")
	s := newTree().file("f", noise(1, 6_000_000))
	tr := open(t, dir, s, nil)
	full, holed := 0, false
	for off := 0; off < 6_000_000; {
		if full == 1 && !holed {
			holed = true
			// The source changed, and has a hole where some was written.
			clear(s.data[0][off : off+300_000])
			must(t, tr.Hole(0, int64(off), 300_000))
			off += 300_000
		}
		err := tr.WriteAt(0, int64(off), s.data[0][off:off+300_000])
		if err == nil {
			off += 300_000
			continue
		}
		if full++; full > 1 || !errors.Is(err, syscall.ENOSPC) {
			t.Fatal(err)
		}
		must(t, syscall.Mount("tmpfs", path, "tmpfs", syscall.MS_REMOUNT, "size=16m"))
	}
	if full != 1 {
		t.Error("it was never full")
	}
	place(t, tr, nil)
	same(t, "result", snapshot(t, path, ""), s.want())
}

func TestNoInodes(t *testing.T) {
	dir, path := small(t, "size=8m,nr_inodes=40")
	s := newTree().folder("d")
	for i := range 60 {
		s.file(fmt.Sprintf("d/%d", i), []byte("x"))
	}
	if free, inodes, ok := staging.Space(dir); !ok || inodes > 40 || free > 8<<20 || free < 4<<20 {
		t.Errorf("%d bytes and %d inodes, %v", free, inodes, ok)
	}
	tr, err := staging.Open(dir, &s.Manifest, known(nil))
	must(t, err)
	for i := 1; i < len(s.Entries) && err == nil; i++ {
		err = tr.WriteFile(i, s.data[i])
	}
	var disk *tree.DiskError
	if !errors.As(err, &disk) || !strings.Contains(err.Error(), "too many files") {
		t.Errorf("error %v", err)
	}
	must(t, tr.Close())
	must(t, syscall.Mount("tmpfs", path, "tmpfs", syscall.MS_REMOUNT, "nr_inodes=200"))
	goesOn(t, dir, path, s)

	// None left even for the directories: nothing stays behind.
	dir, path = small(t, "nr_inodes=6")
	s = newTree().folder("d").folder("d/1").folder("d/2").folder("d/3").folder("d/4")
	if _, err := staging.Open(dir, &s.Manifest, known(nil)); !errors.As(err, &disk) {
		t.Errorf("error %v", err)
	}
	same(t, "target", snapshot(t, path, ""), nil)
}

func TestReadOnly(t *testing.T) {
	dir, path := small(t, "size=1m")
	must(t, syscall.Mount("tmpfs", path, "tmpfs", syscall.MS_REMOUNT|syscall.MS_RDONLY, ""))
	var disk *tree.DiskError
	if _, err := staging.Open(dir, &plain().Manifest, known(nil)); !errors.As(err, &disk) || !errors.Is(err, syscall.EROFS) {
		t.Errorf("error %v", err)
	}
}

func TestFileTooLarge(t *testing.T) {
	signal.Ignore(syscall.SIGXFSZ)
	defer signal.Reset(syscall.SIGXFSZ)
	var old syscall.Rlimit
	must(t, syscall.Getrlimit(syscall.RLIMIT_FSIZE, &old))
	// The limit is for the whole process: it must not stop the test's own logs.
	must(t, syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: 1 << 30, Max: old.Max}))
	defer syscall.Setrlimit(syscall.RLIMIT_FSIZE, &old)
	dir, _ := target(t)
	m := &manifest.Manifest{Entries: []manifest.Entry{{Path: "f", Kind: manifest.File, Size: 2 << 30}}}
	tr, err := staging.Open(dir, m, known(nil))
	must(t, err)
	defer tr.Close()
	var disk *tree.DiskError
	if err := tr.WriteAt(0, 1<<30, []byte("x")); !errors.As(err, &disk) || !strings.Contains(err.Error(), "too large") {
		t.Errorf("error %v", err)
	}
}

// Fails if one file that is too large for the disk, as 4 GiB are for FAT, takes the
// rest with it.
func TestOneOfTheFilesIsTooLarge(t *testing.T) {
	signal.Ignore(syscall.SIGXFSZ)
	defer signal.Reset(syscall.SIGXFSZ)
	var old syscall.Rlimit
	must(t, syscall.Getrlimit(syscall.RLIMIT_FSIZE, &old))
	must(t, syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: 1 << 30, Max: old.Max}))
	defer syscall.Setrlimit(syscall.RLIMIT_FSIZE, &old)
	for _, how := range []string{"data", "hole"} {
		dir, path := target(t)
		s := newTree().folder("d").file("d/large", nil).file("d/small", []byte("small"))
		s.Entries[1].Size = 2 << 30
		losses := new(tree.Losses)
		tr := open(t, dir, s, &staging.Options{Losses: losses})
		if how == "data" {
			must(t, tr.WriteAt(1, 0, []byte("x")))
			must(t, tr.WriteAt(1, 1<<30, []byte("x")))
		} else {
			must(t, tr.Hole(1, 0, 2<<30))
		}
		must(t, tr.WriteFile(2, s.data[2]))
		place(t, tr, nil)
		if list := losses.List(); len(list) != 1 || list[0].Path != "d/large" || list[0].Why.Cause != manifest.CauseDiskLarge {
			t.Errorf("%s: lost %v", how, list)
		}
		want := s.want()
		delete(want, "d/large")
		same(t, how, snapshot(t, path, ""), want)
	}
}

// Entries cost little memory, in flight too.
func TestMemory(t *testing.T) {
	const n = 200_000
	s := newTree()
	for d := range n / 1000 {
		s.folder(fmt.Sprintf("d%d", d))
		for f := range 999 {
			s.Entries = append(s.Entries, manifest.Entry{Path: fmt.Sprintf("d%d/%d", d, f), Kind: manifest.File, Size: 2})
		}
	}
	dir := openRoot(t, shm(t))
	before := heap()
	tr := open(t, dir, s, nil)
	if each := float64(heap()-before) / n; each > 50 {
		t.Errorf("%.0f bytes an entry", each)
	}
	for i := range 20_000 {
		if s.Entries[i].Kind == manifest.File {
			must(t, tr.WriteAt(i, 0, []byte("x")))
		}
	}
	if each := float64(heap()-before)/20_000 - 10*50; each > 300 {
		t.Errorf("%.0f bytes a file in flight", each)
	}
	runtime.KeepAlive(s)
}

func heap() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

func TestManyDirectoriesFewDescriptors(t *testing.T) {
	dir, path := target(t)
	s := newTree().folder("d")
	at := "d"
	for i := range 60 {
		at += fmt.Sprintf("/%d", i)
		s.folder(at)
	}
	for i := range 200 {
		s.folder(fmt.Sprintf("d/x%d", i)).file(fmt.Sprintf("d/x%d/f", i), []byte("x"))
	}
	s.file(at+"/f", []byte("x"))
	before := descriptors(t)
	tr := open(t, dir, s, nil)
	s.finish(t, tr)
	if n := descriptors(t) - before; n > 70 {
		t.Errorf("%d descriptors", n)
	}
	place(t, tr, nil)
	same(t, "result", snapshot(t, path, ""), s.want())
	if _, err := os.Lstat(filepath.Join(path, at, "f")); err != nil {
		t.Error(err)
	}
}

// A second run that keeps everything has nothing to write.
func TestKeepingAllChangesNothing(t *testing.T) {
	dir, path := target(t)
	s := plain()
	kept := interrupted(t, dir, path, s, func(tr *staging.Tree) { s.finish(t, tr) })
	inode := func() uint64 {
		info, err := os.Lstat(filepath.Join(kept, "tree/holiday/deep/er/big"))
		must(t, err)
		return info.Sys().(*syscall.Stat_t).Ino + uint64(info.Sys().(*syscall.Stat_t).Ctim.Nano())
	}
	before := inode()
	tr := open(t, dir, s, nil)
	if sent := s.finish(t, tr); sent != 0 {
		t.Errorf("%d bytes sent", sent)
	}
	if inode() != before {
		t.Error("the file was changed")
	}
	place(t, tr, nil)
	same(t, "result", snapshot(t, path, ""), s.want())
}

// What can't be resumed leaves nothing, and doesn't claim that it did.
func TestDiscard(t *testing.T) {
	dir, _ := target(t)
	m := &manifest.Manifest{Entries: []manifest.Entry{{Path: "a", Kind: manifest.File, Size: 10}}}
	tr, err := staging.Open(dir, m, known(&staging.Options{Discard: true}))
	must(t, err)
	must(t, tr.WriteAt(0, 0, []byte("12345")))
	must(t, tr.Close())
	if entries, _ := os.ReadDir(dir.Name()); len(entries) != 0 {
		t.Errorf("left behind: %v", entries)
	}
	for discarded, want := range map[bool]bool{false: true, true: false} {
		e := &tree.DiskError{Op: tree.OpWriting, Path: "a", Err: syscall.ENOSPC, Discarded: discarded}
		if got := strings.Contains(e.Error(), "kept"); got != want || !e.Full() {
			t.Errorf("says %q", e)
		}
	}
}

// Fails if something is refused that fits: holes take no room, and what an
// earlier run left takes none twice; or if something passes that doesn't,
// because another run left something.
func TestCheckSpace(t *testing.T) {
	dir, _ := small(t, "size=4m,nr_inodes=40")
	check := func(what string, s *sample, fits bool) {
		t.Helper()
		err := staging.CheckSpace(t.Context(), dir, &s.Manifest, known(nil))
		var disk *tree.DiskError
		if fits && err != nil || !fits && (!errors.As(err, &disk) || !disk.Full()) {
			t.Errorf("%s: %v", what, err)
		}
	}
	sized := func(name string, size, holes int64) *sample {
		s := newTree().file(name, nil)
		s.Entries[0].Size, s.Holes = size, holes
		return s
	}
	check("small", sized("f", 3<<20, 0), true)
	check("large", sized("f", 5<<20, 0), false)
	check("holes", sized("f", 1<<40, 1<<40-3<<20), true)
	check("too few holes", sized("f", 1<<40, 1<<40-5<<20), false)
	many := newTree().folder("d")
	for i := range 60 {
		many.file(fmt.Sprintf("d/%d", i), nil)
	}
	check("many", many, false)

	s := sized("f", 5<<20, 0)
	tr := open(t, dir, s, nil)
	must(t, tr.WriteAt(0, 0, noise(1, 2<<20)))
	must(t, tr.WriteAt(0, 4<<20, noise(1, 1<<19)))
	check("in use", s, false)
	must(t, tr.Close())
	check("the rest", sized("f", 3<<20, 0), true)
	check("the rest of more", sized("f", 5<<20, 0), false)
	check("the rest of another", sized("g", 3<<20, 0), false)
}

// Fails if a file that stands there already, and need not cross, is too large for what
// is free besides it.
func TestCheckSpaceOfWhatIsThere(t *testing.T) {
	dir, path := small(t, "size=8m")
	must(t, os.MkdirAll(filepath.Join(path, "top"), 0o755))
	must(t, os.WriteFile(filepath.Join(path, "top", "there"), noise(1, 6<<20), 0o644))
	there := newTree().folder("top").file("top/there", noise(1, 6<<20))
	must(t, staging.CheckSpace(t.Context(), dir, &there.Manifest, known(nil)))
	for _, s := range []*sample{newTree().folder("top").file("top/there", noise(1, 7<<20)), newTree().folder("top").file("top/other", noise(1, 6<<20))} {
		var disk *tree.DiskError
		if err := staging.CheckSpace(t.Context(), dir, &s.Manifest, known(nil)); !errors.As(err, &disk) {
			t.Errorf("%v: %v", s.Entries, err)
		}
	}
}

// Fails if a check in advance says anything else than that there are too few bytes
// where there are, or files.
func TestCheckSpaceCause(t *testing.T) {
	dir, _ := small(t, "size=21m,nr_inodes=40")
	large := newTree().file("f", nil)
	large.Entries[0].Size = 50_000_000
	many := newTree().folder("d")
	for i := range 60 {
		many.file(fmt.Sprintf("d/%d", i), nil)
	}
	for want, s := range map[string]*sample{
		`^disk full: receiving 50.0 MB: 2[12]\.\d MB free; make room`:           large,
		`^disk full: making 61 files and folders: room for \d+ more; make room`: many,
	} {
		err := staging.CheckSpace(t.Context(), dir, &s.Manifest, known(nil))
		if err == nil || !regexp.MustCompile(want).MatchString(err.Error()) {
			t.Errorf("%v, want %s", err, want)
		}
	}
}

// Fails if what has no size fills a disk to its end, or leaves half of itself
// there.
func TestStreamStopsBeforeDiskIsFull(t *testing.T) {
	dir, path := small(t, "size=64m")
	s := newTree().stream("s", nil)
	tr := open(t, dir, s, nil)
	chunk := noise(1, 1<<18)
	var err error
	off := int64(0)
	for ; err == nil && off < 80<<20; off += int64(len(chunk)) {
		err = tr.WriteAt(0, off, chunk)
	}
	var disk *tree.DiskError
	if !errors.As(err, &disk) || !disk.Full() || disk.Lacks != tree.LackBytes || strings.Contains(err.Error(), "kept") {
		t.Errorf("after %d bytes: %v", off, err)
	}
	if free, _, ok := staging.Space(dir); !ok || free < 3<<20 || free > 8<<20 {
		t.Errorf("%d bytes are free", free)
	}
	must(t, tr.Close())
	if names := left(t, path); len(names) > 0 {
		t.Errorf("it leaves %q", names)
	}
}

// Fails if one byte far behind all others passes for a small thing.
func TestStreamFarAhead(t *testing.T) {
	dir, _ := small(t, "size=16m")
	s := newTree().stream("s", nil)
	tr := open(t, dir, s, nil)
	var disk *tree.DiskError
	if err := tr.WriteAt(0, 1<<40, []byte{1}); !errors.As(err, &disk) || !disk.Full() {
		t.Errorf("got %v", err)
	}
}

// Fails if a file that is announced is held to what is for streams, or if a stream
// with room around it isn't taken.
func TestStreamWithRoom(t *testing.T) {
	dir, path := small(t, "size=64m")
	s := newTree().stream("s", noise(2, 5<<20)).file("t", noise(3, 50<<20))
	tr := open(t, dir, s, nil)
	s.finish(t, tr)
	place(t, tr, nil)
	same(t, "result", snapshot(t, path, ""), s.want())
}

// Fails if holes are counted as free where the file system gives them room: a file
// of 100 MB doesn't go onto a stick of 40.
func TestCheckSpaceWithoutHoles(t *testing.T) {
	image, path := filepath.Join(t.TempDir(), "image"), t.TempDir()
	must(t, os.WriteFile(image, nil, 0o600))
	must(t, os.Truncate(image, 40<<20))
	tool := func(line ...string) string {
		out, err := exec.Command(line[0], line[1:]...).CombinedOutput()
		if err != nil {
			t.Skipf("no exFAT here: %v: %s", err, out)
		}
		return strings.TrimSpace(string(out))
	}
	tool("mkfs.exfat", image)
	device := tool("losetup", "-f", "--show", image) // the driver takes nothing else
	t.Cleanup(func() { exec.Command("losetup", "-d", device).Run() })
	tool("mount.exfat-fuse", device, path)
	t.Cleanup(func() {
		if out, err := exec.Command("umount", path).CombinedOutput(); err != nil {
			t.Errorf("%v: %s", err, out)
		}
	})
	dir := openRoot(t, path)
	s := newTree().file("f", nil)
	s.Entries[0].Size, s.Holes = 100_000_000, 99_000_000
	var disk *tree.DiskError
	if err := staging.CheckSpace(t.Context(), dir, &s.Manifest, known(nil)); !errors.As(err, &disk) || disk.Lacks != tree.LackBytes {
		t.Errorf("got %v", err)
	}
	s.Entries[0].Size, s.Holes = 20_000_000, 19_000_000
	must(t, staging.CheckSpace(t.Context(), dir, &s.Manifest, known(nil)))
	if names, err := os.ReadDir(path); err != nil || len(names) > 0 {
		t.Errorf("%v is left, %v", names, err)
	}
}
