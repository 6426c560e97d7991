//go:build linux || darwin || freebsd || netbsd || openbsd

package staging

import (
	"errors"
	"io/fs"
	"os"
	"slices"
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

// openat opens name without following it and without waiting for anything.
func openat(d *folder, name string, flags int, perm uint32) (int, error) {
	fd, err := openatOnce(d, name, flags, perm)
	if descriptors.Few(err) {
		err = descriptors.Patiently(func() error {
			fd, err = openatOnce(d, name, flags, perm)
			return err
		}, nil)
	}
	return fd, err
}

func openatOnce(d *folder, name string, flags int, perm uint32) (int, error) {
	for {
		fd, err := unix.Openat(d.fd, name, flags|unix.O_NOFOLLOW|unix.O_CLOEXEC|unix.O_NONBLOCK, perm)
		if err != unix.EINTR {
			return fd, err
		}
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

// fileOf makes an *os.File of a descriptor, which the runtime must not poll.
func fileOf(fd int, name string) (*os.File, error) {
	if err := unix.SetNonblock(fd, false); err != nil {
		unix.Close(fd)
		return nil, err
	}
	return os.NewFile(uintptr(fd), name), nil
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

func writeAll(fd int, p []byte) error {
	for len(p) > 0 {
		n, err := unix.Write(fd, p)
		switch {
		case err == unix.EINTR:
		case err != nil:
			return err
		case n == 0:
			return unix.EIO
		default:
			p = p[n:]
		}
	}
	return nil
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

// statFile describes an open file.
func statFile(f *os.File) (stat, error) {
	var raw unix.Stat_t
	if err := unix.Fstat(int(f.Fd()), &raw); err != nil {
		return stat{}, err
	}
	return statOf(&raw), nil
}

func statOf(raw *unix.Stat_t) stat {
	st := stat{
		size:  raw.Size,
		taken: int64(raw.Blocks) * 512,
		perm:  uint32(raw.Mode) & 0o7777,
		mtime: time.Unix(int64(raw.Mtim.Sec), int64(raw.Mtim.Nsec)),
		dev:   uint64(raw.Dev),
		ino:   uint64(raw.Ino),
		links: uint64(raw.Nlink),
		mine:  raw.Uid == uint32(os.Geteuid()),
	}
	switch raw.Mode & unix.S_IFMT {
	case unix.S_IFREG:
		st.kind = regular
	case unix.S_IFDIR:
		st.kind = directory
	case unix.S_IFLNK:
		st.kind = link
	}
	return st
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

// renameInSteps is renameNew for file systems that can't do it in one.
func renameInSteps(d *folder, name string, to *folder, toName string) error {
	st, err := d.lstat(name)
	if err != nil {
		return err
	}
	if st.kind == directory {
		// A directory replaces an empty one at most.
		if _, err := to.lstat(toName); err == nil {
			return unix.EEXIST
		}
		err = d.rename(name, to, toName)
		if err == unix.ENOTDIR || err == unix.ENOTEMPTY {
			err = unix.EEXIST
		}
		return err
	}
	if err = unix.Linkat(d.fd, name, to.fd, toName, 0); err == nil {
		return unix.Unlinkat(d.fd, name, 0)
	}
	if err == unix.EEXIST || err == unix.ENOENT || err == unix.EXDEV || isTrouble(err) {
		return err
	}
	// No hard links here: an empty file holds the name. It is better that a
	// crash leaves that than that a rename replaces what somebody just made.
	f, err := to.create(toName, 0o600)
	if err != nil {
		return err
	}
	f.Close()
	err = d.rename(name, to, toName)
	if err != nil {
		to.remove(toName)
	}
	if err == unix.EEXIST { // nothing is replaced here, not even that
		err = d.rename(name, to, toName)
	}
	return err
}

// sync makes the folder's names durable, where names can be made so.
func (d *folder) sync() error { return ifSyncable(flush(d.fd)) }

// ifSyncable returns what came of syncing, nil if the file system doesn't sync
// such things.
func ifSyncable(err error) error {
	if cantSync(err) {
		return nil
	}
	return err
}

// cantSync reports whether err says that the file system doesn't sync such
// things, and not that it failed to.
func cantSync(err error) bool {
	return errors.Is(err, errors.ErrUnsupported) || slices.Contains([]error{unix.EINVAL, unix.EPERM, unix.EACCES, unix.EBADF, unix.EISDIR, unix.ENOTTY}, err)
}

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

// hasModes says that what may be executed is a matter of a file's mode.
const hasModes = true

// elsewhere reports whether err says that two folders are on different file
// systems, or as good as.
func elsewhere(err error) bool { return errors.Is(err, unix.EXDEV) }

// isMounted reports whether err says that a name can't be replaced because
// something is mounted under it.
func isMounted(err error) bool { return errors.Is(err, unix.EBUSY) }

// isBusy reports whether err says that another process holds the lock.
func isBusy(err error) bool { return errors.Is(err, unix.EWOULDBLOCK) }

// removeOpen says that an open file can be removed.
const removeOpen = true

// isTrouble reports whether err may pass, or is of the whole disk or process.
func isTrouble(err error) bool {
	for _, e := range []error{
		unix.EIO, unix.EROFS, unix.EMFILE, unix.ENFILE, unix.ENOMEM, unix.EINTR, unix.EAGAIN, unix.ESTALE,
		unix.ENOTCONN, unix.ENODEV, unix.ENXIO, unix.ETIMEDOUT, unix.ECONNABORTED, unix.ECONNRESET,
	} {
		if errors.Is(err, e) {
			return true
		}
	}
	return false
}
