//go:build linux || darwin || freebsd || netbsd || openbsd

package staging

import (
	"errors"
	"io/fs"
	"os"
	"time"

	"golang.org/x/sys/unix"

	"sesame/internal/descriptors"
)

// A folder is an open directory. Its methods take the name of one thing in it
// and never follow a link of that name, so that nothing outside is reached
// whatever others do to the path that led here.
type folder struct {
	fd int
}

// openFolder returns a folder of its own for dir.
func openFolder(dir *os.Root) (d *folder, err error) {
	err = descriptors.Patiently(func() error {
		f, err := dir.Open(".")
		if err != nil {
			return err
		}
		defer f.Close()
		fd, err := unix.FcntlInt(f.Fd(), unix.F_DUPFD_CLOEXEC, 0)
		d = &folder{fd}
		return err
	}, nil)
	if err != nil {
		return nil, err
	}
	return d, nil
}

func (d *folder) close() {
	if d != nil && d.fd >= 0 {
		unix.Close(d.fd)
		d.fd = -1
	}
}

// sub opens the directory name.
func (d *folder) sub(name string) (*folder, error) {
	fd, err := openat(d, name, unix.O_RDONLY|unix.O_DIRECTORY, 0)
	if err != nil {
		return nil, err
	}
	return &folder{fd}, nil
}

func (d *folder) mkdir(name string, perm uint32) error { return unix.Mkdirat(d.fd, name, perm) }

// chmod sets the mode of the folder itself.
func (d *folder) chmod(perm uint32) error { return unix.Fchmod(d.fd, perm) }

// create makes a new file for reading and writing.
func (d *folder) create(name string, perm uint32) (*os.File, error) {
	fd, err := openat(d, name, unix.O_RDWR|unix.O_CREAT|unix.O_EXCL, perm)
	if err != nil {
		return nil, err
	}
	return fileOf(fd, name)
}

// edit opens a regular file that has no other name.
func (d *folder) edit(name string, write bool) (*os.File, error) {
	if st, err := d.lstat(name); err != nil {
		return nil, err
	} else if st.kind != regular || st.links > 1 {
		return nil, errOddFile // not opened at all: that alone can act on a device
	}
	flags := unix.O_RDONLY
	if write {
		flags = unix.O_RDWR
	}
	fd, err := openat(d, name, flags, 0)
	if err != nil {
		return nil, err
	}
	var raw unix.Stat_t
	if err := unix.Fstat(fd, &raw); err != nil || raw.Mode&unix.S_IFMT != unix.S_IFREG || raw.Nlink > 1 {
		unix.Close(fd)
		return nil, errOddFile
	}
	return fileOf(fd, name)
}

// look opens name for reading, unless it is a link.
func (d *folder) look(name string) (*os.File, error) {
	fd, err := openat(d, name, unix.O_RDONLY, 0)
	if err != nil {
		return nil, err
	}
	return fileOf(fd, name)
}

// put makes a whole new file in as few calls as there can be. fix sets perm
// again because the umask took too much.
func (d *folder) put(name string, p []byte, perm uint32, fix bool, mtime time.Time) error {
	fd, err := openat(d, name, unix.O_WRONLY|unix.O_CREAT|unix.O_EXCL, perm)
	if err != nil {
		return err
	}
	err = writeAll(fd, p)
	if err == nil && fix {
		err = unix.Fchmod(fd, perm)
	}
	if closeErr := unix.Close(fd); err == nil && closeErr != unix.EINTR {
		err = closeErr
	}
	if err == nil {
		err = d.chtimes(name, mtime)
	}
	if err != nil {
		unix.Unlinkat(d.fd, name, 0)
	}
	return err
}

// chtimes sets the time of last change, where the file system can tell it. The
// zero time leaves it.
func (d *folder) chtimes(name string, mtime time.Time) error {
	if mtime.IsZero() {
		return nil
	}
	m, err := unix.TimeToTimespec(mtime)
	if err != nil {
		return nil
	}
	err = unix.UtimesNanoAt(d.fd, name, []unix.Timespec{m, m}, unix.AT_SYMLINK_NOFOLLOW)
	if err == unix.EINVAL || err == unix.ENOSYS || err == unix.EOPNOTSUPP {
		return nil
	}
	return err
}

func (d *folder) lstat(name string) (stat, error) {
	var raw unix.Stat_t
	for {
		err := unix.Fstatat(d.fd, name, &raw, unix.AT_SYMLINK_NOFOLLOW)
		if err == nil {
			return statOf(&raw), nil
		}
		if err != unix.EINTR {
			return stat{}, err
		}
	}
}

// stat describes the folder itself.
func (d *folder) stat() (stat, error) {
	var raw unix.Stat_t
	if err := unix.Fstat(d.fd, &raw); err != nil {
		return stat{}, err
	}
	return statOf(&raw), nil
}

// names lists what is in the folder, in no order.
func (d *folder) names() ([]string, error) {
	fd, err := openat(d, ".", unix.O_RDONLY|unix.O_DIRECTORY, 0)
	if err != nil {
		return nil, err
	}
	f, err := fileOf(fd, ".")
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return f.Readdirnames(-1)
}

func (d *folder) remove(name string) error {
	err := unix.Unlinkat(d.fd, name, 0)
	if err == unix.EISDIR || err == unix.EPERM {
		if dirErr := unix.Unlinkat(d.fd, name, unix.AT_REMOVEDIR); dirErr != unix.ENOTDIR {
			return dirErr
		}
	}
	return err
}

func (d *folder) symlink(target, name string) error { return unix.Symlinkat(target, d.fd, name) }

func (d *folder) readlink(name string) (string, error) {
	buf := make([]byte, 4097)
	n, err := unix.Readlinkat(d.fd, name, buf)
	if err != nil {
		return "", err
	}
	return string(buf[:n]), nil
}

// rename moves name to another folder and replaces what isn't a directory.
func (d *folder) rename(name string, to *folder, toName string) error {
	return unix.Renameat(d.fd, name, to.fd, toName)
}

// renameNew moves name to another folder, where toName must be free.
func (d *folder) renameNew(name string, to *folder, toName string) error {
	err := d.renameExclusive(name, to, toName)
	if errors.Is(err, errors.ErrUnsupported) {
		err = renameInSteps(d, name, to, toName)
	}
	return err
}

// sync makes the folder's names durable, where names can be made so.
func (d *folder) sync() error { return ifSyncable(flush(d.fd)) }

// tryLock takes the lock file name, which it makes if there is none.
func (d *folder) tryLock(name string) (*os.File, error) {
	fd, err := openat(d, name, unix.O_RDWR|unix.O_CREAT, 0o600)
	if err != nil {
		return nil, err
	}
	f, err := fileOf(fd, name)
	if err != nil {
		return nil, err
	}
	if err := error(unix.Flock(fd, unix.LOCK_EX|unix.LOCK_NB)); err != nil {
		f.Close()
		if err == unix.ENOLCK {
			err = errors.ErrUnsupported
		}
		return nil, err
	}
	// Whoever held it before may have removed it meanwhile.
	var raw unix.Stat_t
	st, err := d.lstat(name)
	if err == nil {
		err = unix.Fstat(fd, &raw)
	}
	if err != nil || st.kind != regular || st.ino != uint64(raw.Ino) || st.dev != uint64(raw.Dev) {
		f.Close()
		return nil, fs.ErrNotExist
	}
	return f, nil
}
