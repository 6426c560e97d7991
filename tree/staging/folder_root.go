//go:build !(linux || darwin || freebsd || netbsd || openbsd)

package staging

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// A folder is a directory below an os.Root, which keeps every operation inside.
// Its methods take the name of one thing in it and refuse to go through a link
// of that name.
type folder struct {
	root *os.Root
	path string
}

// openFolder returns a folder of its own for dir.
func openFolder(dir *os.Root) (*folder, error) {
	root, err := dir.OpenRoot(".")
	if err != nil {
		return nil, err
	}
	return &folder{root, "."}, nil
}

func (d *folder) close() {
	if d != nil && d.path == "." {
		d.root.Close()
	}
}

func join(d *folder, name string) string { return filepath.Join(d.path, name) }

// sub opens the directory name.
func (d *folder) sub(name string) (*folder, error) {
	st, err := d.lstat(name)
	if err != nil {
		return nil, err
	}
	if st.kind != directory {
		return nil, errOddFile
	}
	return &folder{d.root, join(d, name)}, nil
}

func (d *folder) mkdir(name string, perm uint32) error {
	if err := checkName(name); err != nil {
		return err
	}
	return d.root.Mkdir(join(d, name), fs.FileMode(perm&0o777))
}

func (d *folder) chmod(perm uint32) error {
	return d.root.Chmod(d.path, fs.FileMode(perm&0o777))
}

// create makes a new file for reading and writing.
func (d *folder) create(name string, perm uint32) (*os.File, error) {
	if err := checkName(name); err != nil {
		return nil, err
	}
	return d.root.OpenFile(join(d, name), os.O_RDWR|os.O_CREATE|os.O_EXCL, fs.FileMode(perm&0o777))
}

// edit opens a regular file.
func (d *folder) edit(name string, write bool) (*os.File, error) {
	before, err := d.root.Lstat(join(d, name))
	if err != nil {
		return nil, err
	}
	if !before.Mode().IsRegular() {
		return nil, errOddFile
	}
	flags := os.O_RDONLY
	if write {
		flags = os.O_RDWR
	}
	f, err := d.root.OpenFile(join(d, name), flags, 0)
	if err != nil {
		return nil, err
	}
	if after, err := f.Stat(); err != nil || !os.SameFile(before, after) {
		f.Close()
		return nil, errOddFile
	}
	return f, nil
}

// look opens name for reading.
func (d *folder) look(name string) (*os.File, error) { return d.root.Open(join(d, name)) }

// put makes a whole new file.
func (d *folder) put(name string, p []byte, perm uint32, _ bool, mtime time.Time) error {
	f, err := d.create(name, perm)
	if err != nil {
		return err
	}
	_, err = f.Write(p)
	if closeErr := f.Close(); err == nil {
		err = closeErr
	}
	if err == nil {
		err = d.chtimes(name, mtime)
	}
	if err != nil {
		d.remove(name)
	}
	return err
}

// chtimes sets the time of last change of what isn't a link. The zero time
// leaves it.
func (d *folder) chtimes(name string, mtime time.Time) error {
	if mtime.IsZero() {
		return nil
	}
	if st, err := d.lstat(name); err != nil || st.kind == link {
		return err
	}
	return d.root.Chtimes(join(d, name), mtime, mtime)
}

func (d *folder) lstat(name string) (stat, error) {
	if checkName(name) != nil { // whatever the system makes of it
		return stat{}, &fs.PathError{Op: "lstat", Path: name, Err: fs.ErrNotExist}
	}
	info, err := d.root.Lstat(join(d, name))
	if err != nil {
		return stat{}, err
	}
	return statOf(info), nil
}

// stat describes the folder itself.
func (d *folder) stat() (stat, error) {
	info, err := d.root.Stat(d.path)
	if err != nil {
		return stat{}, err
	}
	st := statOf(info)
	f, err := d.root.Open(d.path)
	if err != nil {
		return stat{}, err
	}
	defer f.Close()
	st.mine = owned(f)
	return st, nil
}

// statFile describes an open file.
func statFile(f *os.File) (stat, error) {
	info, err := f.Stat()
	if err != nil {
		return stat{}, err
	}
	st := statOf(info)
	st.mine = owned(f)
	return st, nil
}

// statOf doesn't know owners: what is in a folder counts as its owner's.
func statOf(info fs.FileInfo) stat {
	st := stat{size: info.Size(), taken: info.Size(), perm: uint32(info.Mode().Perm()), mtime: info.ModTime(), links: 1, mine: true}
	switch mode := info.Mode(); {
	case mode.IsRegular():
		st.kind = regular
	case mode.IsDir():
		st.kind, st.perm = directory, 0o700
	case mode&fs.ModeSymlink != 0:
		st.kind = link
	}
	return st
}

// names lists what is in the folder, in no order.
func (d *folder) names() ([]string, error) {
	f, err := d.root.Open(d.path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return f.Readdirnames(-1)
}

func (d *folder) remove(name string) error { return d.root.Remove(join(d, name)) }

func (d *folder) symlink(target, name string) error {
	if err := checkName(name); err != nil {
		return err
	}
	return d.root.Symlink(filepath.FromSlash(target), join(d, name))
}

func (d *folder) readlink(name string) (string, error) {
	target, err := d.root.Readlink(join(d, name))
	return filepath.ToSlash(target), err
}

// rename moves name to another folder and replaces what isn't a directory.
func (d *folder) rename(name string, to *folder, toName string) error {
	if err := checkName(toName); err != nil {
		return err
	}
	return d.root.Rename(join(d, name), join(to, toName))
}

// renameNew moves name to another folder, where toName must be free. For a file
// the system sees to that; a directory is looked for first.
func (d *folder) renameNew(name string, to *folder, toName string) error {
	if err := checkName(toName); err != nil {
		return err
	}
	st, err := d.lstat(name)
	if err != nil {
		return err
	}
	if st.kind == regular {
		err = d.root.Link(join(d, name), join(to, toName))
		if err == nil {
			return d.remove(name)
		}
		if errors.Is(err, fs.ErrExist) {
			return err
		}
	}
	if _, err = to.lstat(toName); err == nil {
		return fs.ErrExist
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return d.rename(name, to, toName)
}

// exchange isn't to be had here.
func (d *folder) exchange(string, *folder, string) error { return errors.ErrUnsupported }

// sync does nothing: directories can't be synced here.
func (d *folder) sync() error { return nil }

func (d *folder) syncAll() error { return errors.ErrUnsupported }

// syncData makes one file durable.
func syncData(f *os.File) error { return f.Sync() }

func punch(*os.File, int64, int64) error { return errors.ErrUnsupported }

// hasModes says that what may be executed is no matter of a file's mode.
const hasModes = false

// startWriting does nothing: the system decides when to write.
func startWriting(*os.File, int64, int64) {}

// mounted is false: what is mounted is a link here, or isn't known.
func (d *folder) mounted(string) bool { return false }
