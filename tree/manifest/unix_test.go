//go:build unix

package manifest_test

import (
	"errors"
	"io"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"sesame/tree/manifest"
)

func TestWalkLeavesOutWhatIsNoFile(t *testing.T) {
	dir := tree(t, "p/ok")
	t.Chdir(dir) // socket paths must be short
	if err := syscall.Mkfifo("p/fifo", 0o666); err != nil {
		t.Skip("no FIFOs here:", err)
	}
	l, err := net.Listen("unix", "p/sock")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	want := []string{"p/fifo: is a named pipe", "p/sock: is a socket"}
	if err := syscall.Mknod("p/dev", syscall.S_IFCHR|0o666, 1<<8|3); err == nil {
		want = append([]string{"p/dev: is a device"}, want...)
	} else {
		t.Log("no device here:", err)
	}
	m, _ := walk(t, "p")
	wantList(t, "entries", names(m), "p/", "p/ok")
	wantList(t, "left out", skips(m), want...)

	m, _ = walk(t, "p/fifo", "/dev/null", "p/sock", "p/ok")
	wantList(t, "named", names(m), "ok")
	wantList(t, "named and left out", skips(m), "fifo: is a named pipe", "null: is a device", "sock: is a socket")
}

// Fails if a name isn't listed that this system's disks can have.
func TestWalkOddNames(t *testing.T) {
	dir := t.TempDir()
	if err := os.Mkdir(dir+"/p", 0o777); err != nil {
		t.Fatal(err)
	}
	made := 0
	for _, name := range []string{
		"line\nend", "esc\x1b[2J", "c1\u009b", "rlo\u202egpj.exe", "latin1-\xe9", `back\slash`, "Icon\r", "\u05e9\u200f",
		" ", "~", "-rf", "$(x)", "a'b\"c", "...", "*", "%2e%2e", "👩‍👧", strings.Repeat("n", 255),
	} {
		if err := os.WriteFile(dir+"/p/"+name, nil, 0o666); err != nil && runtime.GOOS == "linux" {
			t.Fatal(err)
		} else if err != nil {
			t.Logf("%q can't be made here: %v", name, err)
			continue
		}
		made++
	}
	m, s := walk(t, dir+"/p")
	if len(m.Entries) != made+1 || len(m.Skipped) != 0 {
		t.Errorf("entries %q, left out %q", names(m), skips(m))
	}
	for i := range m.Entries {
		if m.Entries[i].Kind != manifest.File {
			continue
		}
		f, err := s.Open(i)
		if err != nil {
			t.Errorf("%q: %v", m.Entries[i].Path, err)
			continue
		}
		f.Close()
	}
}

func TestWalkLeavesOutTheUnreadable(t *testing.T) {
	if os.Geteuid() == 0 {
		asNobody(t)
		return
	}
	unreadableTree(t)
}

func unreadableTree(t *testing.T) {
	dir := tree(t, "p/dir/x", "p/file", "p/half/x", "p/ok", "p/write")
	for name, mode := range map[string]fs.FileMode{"dir": 0, "file": 0, "half": 0o444, "write": 0o200} {
		if err := os.Chmod(filepath.Join(dir, "p", name), mode); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { os.Chmod(filepath.Join(dir, "p", name), 0o777) })
	}
	m, _ := walk(t, filepath.Join(dir, "p"))
	wantList(t, "entries", names(m), "p/", "p/ok")
	reason := ": can't be read: permission denied"
	wantList(t, "left out", skips(m), "p/dir"+reason, "p/file"+reason, "p/half"+reason, "p/write"+reason)
}

func TestOpenNeverLeavesWhatWasNamed(t *testing.T) {
	const secret = "not for you"
	outside := tree(t, "d/f")
	if err := os.WriteFile(outside+"/d/f", []byte(secret), 0o666); err != nil {
		t.Fatal(err)
	}
	replace := func(t *testing.T, path string, with func(path string) error) {
		t.Helper()
		if err := os.Rename(path, path+".old"); err != nil {
			t.Fatal(err)
		}
		if err := with(path); err != nil {
			t.Fatal(err)
		}
	}
	link := func(target string) func(string) error {
		return func(path string) error { return os.Symlink(target, path) }
	}
	for _, c := range []struct {
		name    string
		replace string
		with    func(path string) error
	}{
		{"file by a link outside", "p/d/f", link(outside + "/d/f")},
		{"file by a link inside", "p/d/f", link("g")},
		{"file by a FIFO", "p/d/f", func(path string) error { return syscall.Mkfifo(path, 0o666) }},
		{"file by a directory", "p/d/f", func(path string) error { return os.Mkdir(path, 0o777) }},
		{"directory by a link outside", "p/d", link(outside + "/d")},
		{"directory by a link inside", "p/d", link("e")},
		{"named directory by a link", "p", link(outside)},
		{"named directory by another", "p", func(path string) error {
			return errors.Join(os.MkdirAll(path+"/d", 0o777), os.WriteFile(path+"/d/f", []byte(secret), 0o666))
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, before := range []string{"listed", "opened"} {
				dir := tree(t, "p/d/f", "p/d/g", "p/e/f")
				m, s := walk(t, dir+"/p")
				i := 2 // p/d/f
				if before == "opened" {
					f, err := s.Open(3)
					if err != nil || m.Entries[3].Path != "p/d/g" {
						t.Fatal(err)
					}
					f.Close()
				}
				replace(t, filepath.Join(dir, c.replace), c.with)
				read := make([]byte, len("p/d/f"))
				readErr := s.Read(i, read)
				f, err := s.Open(i)
				if (readErr == nil) != (err == nil) || readErr == nil && string(read) != "p/d/f" || string(read) == secret[:len(read)] {
					t.Errorf("%s before: Read returns %q, %v", before, read, readErr)
				}
				if before == "opened" && c.replace != "p/d/f" {
					// The directory that is open is still the one that was listed.
					if err != nil {
						t.Fatal(err)
					}
					if b, _ := io.ReadAll(f); string(b) != "p/d/f" {
						t.Errorf("%s before: read %q", before, b)
					}
					f.Close()
					continue
				}
				var changed *manifest.ChangedError
				if !errors.As(err, &changed) {
					t.Errorf("%s before: Open returns %v, %v", before, f, err)
				}
				if f != nil {
					b, _ := io.ReadAll(f)
					t.Errorf("%s before: read %q", before, b)
				}
			}
		})
	}
}

func TestOpenNamedFileReplaced(t *testing.T) {
	for _, c := range []struct {
		name string
		with func(path string) error
	}{
		{"link", func(path string) error { return os.Symlink("/etc/passwd", path) }},
		{"FIFO", func(path string) error { return syscall.Mkfifo(path, 0o666) }},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := tree(t, "f")
			_, s := walk(t, dir+"/f")
			if err := os.Remove(dir + "/f"); err != nil {
				t.Fatal(err)
			}
			if err := c.with(dir + "/f"); err != nil {
				t.Fatal(err)
			}
			f, err := s.Open(0)
			var changed *manifest.ChangedError
			if f != nil || !errors.As(err, &changed) {
				t.Errorf("Open returns %v, %v", f, err)
			}
		})
	}
}

func TestReplacedBetweenTwoOpens(t *testing.T) {
	dir := tree(t, "p/f")
	when := time.Unix(1_600_000_000, 0)
	set := func(content string) {
		t.Helper()
		err := errors.Join(os.WriteFile(dir+"/new", []byte(content), 0o666), os.Chtimes(dir+"/new", when, when), os.Rename(dir+"/new", dir+"/p/f"))
		if err != nil {
			t.Fatal(err)
		}
	}
	set("one")
	_, s := walk(t, dir+"/p")
	f, err := s.Open(1)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	set("two") // as long, and as old
	if err := s.Changed(f, 1); err != nil {
		t.Errorf("the open file didn't change, but: %v", err)
	}
	var changed *manifest.ChangedError
	if f, err := s.Open(1); !errors.As(err, &changed) {
		t.Errorf("Open returns %v, %v", f, err)
	}
	if err := s.Read(1, make([]byte, 3)); !errors.As(err, &changed) {
		t.Errorf("Read returns %v", err)
	}
}

// Fails if a file that the system makes while it is read, and says is empty, is
// listed as an empty one.
func TestWalkSeesMoreThanTheSizeSays(t *testing.T) {
	if _, err := os.Stat("/proc/version"); err != nil {
		t.Skip("no /proc here")
	}
	dir := tree(t, "f")
	m, _ := walk(t, "/proc/version", dir+"/f")
	want := manifest.Skipped{Path: "version", Why: manifest.Because(manifest.CauseNoSize), Missing: true}
	if len(m.Entries) != 1 || len(m.Skipped) != 1 || m.Skipped[0] != want {
		t.Errorf("%+v", m)
	}
}
