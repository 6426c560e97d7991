//go:build linux || darwin || freebsd || netbsd || openbsd

package staging

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

func testFolder(t *testing.T) (*folder, string) {
	t.Helper()
	path := t.TempDir()
	root, err := os.OpenRoot(path)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	d, err := openFolder(root)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(d.close)
	return d, path
}

// The way for old file systems refuses what the one-step way refuses.
func TestRenameInSteps(t *testing.T) {
	things := map[string]func(path string) error{
		"nothing":        func(string) error { return nil },
		"file":           func(p string) error { return os.WriteFile(p, []byte(filepath.Base(p)), 0o644) },
		"empty file":     func(p string) error { return os.WriteFile(p, nil, 0o644) },
		"empty folder":   func(p string) error { return os.Mkdir(p, 0o755) },
		"full folder":    func(p string) error { return os.MkdirAll(p+"/x", 0o755) },
		"link to file":   func(p string) error { return os.Symlink("other", p) },
		"link to folder": func(p string) error { return os.Symlink(".", p) },
		"dangling link":  func(p string) error { return os.Symlink("none", p) },
		"FIFO":           func(p string) error { return syscall.Mkfifo(p, 0o644) },
	}
	for oldName, makeOld := range things {
		for newName, makeNew := range things {
			if newName == "nothing" {
				continue
			}
			for way, rename := range map[string]func(*folder, string, *folder, string) error{"steps": renameInSteps, "best": (*folder).renameNew} {
				d, path := testFolder(t)
				os.WriteFile(filepath.Join(path, "other"), []byte("other"), 0o644)
				if err := errors.Join(makeNew(filepath.Join(path, "new")), makeOld(filepath.Join(path, "old"))); err != nil {
					t.Fatal(err)
				}
				before, _ := d.lstat("old")
				moved, _ := d.lstat("new")
				err := rename(d, "new", d, "old")
				after, _ := d.lstat("old")
				other, _ := os.ReadFile(filepath.Join(path, "other"))
				switch {
				case string(other) != "other":
					t.Errorf("%s: %s on %s changed another file", way, newName, oldName)
				case oldName == "nothing" && (err != nil || after.ino != moved.ino):
					t.Errorf("%s: %s on nothing: %v", way, newName, err)
				case oldName != "nothing" && (!errors.Is(err, fs.ErrExist) || after.ino != before.ino):
					t.Errorf("%s: %s on %s: %v", way, newName, oldName, err)
				}
			}
		}
	}
}

func TestWriteZeros(t *testing.T) {
	f, err := os.Create(filepath.Join(t.TempDir(), "f"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	data := bytes.Repeat([]byte("x"), 1<<20)
	f.Write(data)
	if err := writeZeros(f, 1000, 900_000); err != nil {
		t.Fatal(err)
	}
	clear(data[1000:900_000])
	got, err := os.ReadFile(f.Name())
	if err != nil || !bytes.Equal(got, data) {
		t.Error("something else is in the file: ", err)
	}
}

// What is opened for writing is a plain file with one name, whatever was
// prepared; nothing is waited for.
func TestEditRefusesOddThings(t *testing.T) {
	d, path := testFolder(t)
	os.WriteFile(filepath.Join(path, "file"), []byte("x"), 0o644)
	os.WriteFile(filepath.Join(path, "twice"), []byte("x"), 0o644)
	os.Link(filepath.Join(path, "twice"), filepath.Join(path, "again"))
	os.Symlink("file", filepath.Join(path, "link"))
	os.Symlink("/dev/zero", filepath.Join(path, "device link"))
	os.Mkdir(filepath.Join(path, "folder"), 0o755)
	syscall.Mkfifo(filepath.Join(path, "fifo"), 0o644)
	for _, name := range []string{"twice", "again", "link", "device link", "folder", "fifo", "none"} {
		for _, write := range []bool{false, true} {
			if f, err := d.edit(name, write); err == nil {
				t.Errorf("%s was opened", name)
				f.Close()
			}
		}
		if name == "none" {
			continue
		}
		if f, err := d.create(name, 0o600); err == nil {
			t.Errorf("%s was created", name)
			f.Close()
		}
		if name != "folder" {
			if s, err := d.sub(name); err == nil {
				t.Errorf("%s was opened as a folder", name)
				s.close()
			}
		}
	}
	f, err := d.edit("file", true)
	if err != nil {
		t.Fatal(err)
	}
	f.Close()
}
