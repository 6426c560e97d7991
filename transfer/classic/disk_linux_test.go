package classic

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"sesame/internal/test/crossing"
	"sesame/transfer"
)

// mountTmpfs mounts a small file system and opens a directory on it.
func mountTmpfs(t *testing.T, options string) *os.Root {
	t.Helper()
	dir := t.TempDir()
	if err := unix.Mount("tmpfs", dir, "tmpfs", 0, options); err != nil {
		t.Skipf("mounting a tmpfs: %v", err)
	}
	t.Cleanup(func() { unix.Unmount(dir, unix.MNT_DETACH) })
	target := filepath.Join(dir, "target")
	if err := os.Mkdir(target, 0o755); err != nil {
		t.Fatal(err)
	}
	root, err := os.OpenRoot(target)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { root.Close() })
	return root
}

func TestFullDisk(t *testing.T) {
	dir := mountTmpfs(t, "size=2m")
	filler := filepath.Join(filepath.Dir(dir.Name()), "filler")
	res := run(t, crossing.File(t, 1<<20), transfer.Target{Into: disk(dir)}, func(s, r *settings) {
		r.Progress = func(p transfer.Progress) {
			if p.Done == 0 {
				os.WriteFile(filler, make([]byte, 3<<19), 0o600) // somebody else fills it
			}
		}
	})
	var de *transfer.DiskError
	if !errors.As(res.Received, &de) || !de.Full() || !errors.Is(res.Received, syscall.ENOSPC) {
		t.Errorf("the receiver says %v", res.Received)
	}
	if res.Sent == nil || res.Sent.Error() != `the other side says: "the receiver's disk is full"` {
		t.Errorf("the sender says %v", res.Sent)
	}
	if left := crossing.Names(t, dir); len(left) != 0 {
		t.Errorf("left behind: %q", left)
	}
}

func TestNoInodes(t *testing.T) {
	dir := mountTmpfs(t, "nr_inodes=20")
	top := filepath.Join(t.TempDir(), "top")
	for i := range 50 {
		crossing.Write(t, filepath.Join(top, string(rune('a'+i%26))+string(rune('a'+i/26))), nil, 0o644)
	}
	src, err := transfer.Open(top)
	if err != nil {
		t.Fatal(err)
	}
	res := run(t, src, transfer.Target{Into: disk(dir)})
	var de *transfer.DiskError
	if !errors.As(res.Received, &de) || !de.Full() || res.Sent == nil {
		t.Errorf("%v; %v", res.Sent, res.Received)
	}
	if left := crossing.Names(t, dir); len(left) != 0 {
		t.Errorf("left behind: %q", left)
	}
}

func TestReadOnlyTarget(t *testing.T) {
	dir := mountTmpfs(t, "size=2m")
	parent := filepath.Dir(dir.Name())
	if err := unix.Mount("", parent, "", unix.MS_REMOUNT|unix.MS_RDONLY, ""); err != nil {
		t.Skip(err)
	}
	_, err, said, _ := play(t, script{offer: string((&offer{kind: transfer.File, name: "x"}).message())}, transfer.Target{Into: disk(dir)})
	var de *transfer.DiskError
	if !errors.As(err, &de) || de.Full() || len(said) != 0 {
		t.Errorf("%v, said %q", err, said)
	}
}

func TestPartialIsPrivate(t *testing.T) {
	dir := crossing.Dir(t)
	seen := false
	res := run(t, crossing.File(t, 3*blockSize), transfer.Target{Into: disk(dir)}, func(s, r *settings) {
		r.Progress = func(p transfer.Progress) {
			for _, name := range crossing.Names(t, dir) {
				info, err := dir.Lstat(name)
				if p.Done < p.Total && err == nil {
					seen = true
					if info.Mode().Perm()&0o077 != 0 || name[0] != '.' {
						t.Errorf("%s has mode %v", name, info.Mode())
					}
				}
			}
		}
	})
	if res.Received != nil || !seen {
		t.Errorf("%v, seen: %v", res.Received, seen)
	}
}

// Fails if an archive with names that aren't wanted here is refused for them, if they
// are written as they are, or if what they became isn't told.
func TestArchivesWithOddNames(t *testing.T) {
	archive := forge(honest("\x1b[2J", "1"), honest("a\u202eb", "2"), honest("a%E2%80%AEb", "3"), honest("Icon\r", "4"), honest("\u05e9\u200f", "5"), honest("caf\xe9", "6"))
	dir := crossing.Dir(t)
	name, err, _, _ := play(t, script{offer: directoryOffer("d", archive, 100, 6), records: split(archive)}, transfer.Target{Into: disk(dir)})
	if err != nil || name != "d" {
		t.Fatal(name, err)
	}
	want := map[string]string{"%1B[2J": "1", "a%E2%80%AEb (2)": "2", "a%E2%80%AEb": "3", "Icon\r": "4", "\u05e9\u200f": "5", "caf\xe9": "6"}
	for name, content := range want {
		if got, err := os.ReadFile(filepath.Join(dir.Name(), "d", name)); string(got) != content {
			t.Errorf("%q holds %q, %v", name, got, err)
		}
	}
	if got := crossing.Tree(t, filepath.Join(dir.Name(), "d")); len(got) != len(want) {
		t.Errorf("arrived: %q", got)
	}
}
