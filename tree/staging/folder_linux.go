package staging

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// renameExclusive is renameNew where the file system can do it in one step,
// else errors.ErrUnsupported.
func (d *folder) renameExclusive(name string, to *folder, toName string) error {
	return ifRenames(unix.Renameat2(d.fd, name, to.fd, toName, unix.RENAME_NOREPLACE))
}

// ifRenames returns what came of renameat2, errors.ErrUnsupported where that may
// mean that there is none: sandboxes say EPERM.
func ifRenames(err error) error {
	if err == unix.EINVAL || err == unix.EPERM || errors.Is(err, errors.ErrUnsupported) {
		return errors.ErrUnsupported
	}
	return err
}

// exchange swaps two things of any type, else errors.ErrUnsupported.
func (d *folder) exchange(name string, to *folder, toName string) error {
	return ifRenames(unix.Renameat2(d.fd, name, to.fd, toName, unix.RENAME_EXCHANGE))
}

// mounted reports whether something is mounted under name.
func (d *folder) mounted(name string) bool {
	var st unix.Statx_t
	err := unix.Statx(d.fd, name, unix.AT_SYMLINK_NOFOLLOW|unix.AT_NO_AUTOMOUNT, unix.STATX_TYPE, &st)
	return err == nil && st.Attributes&unix.STATX_ATTR_MOUNT_ROOT != 0
}

// syncAll makes everything on the folder's file system durable.
func (d *folder) syncAll() error {
	err := unix.Syncfs(d.fd)
	if cantSync(err) {
		return errors.ErrUnsupported
	}
	return err
}

// startWriting has the disk begin to write n bytes at off. It is a hint, and
// may wait while the disk has too much to do.
func startWriting(f *os.File, off, n int64) {
	unix.SyncFileRange(int(f.Fd()), off, n, unix.SYNC_FILE_RANGE_WRITE)
}

// syncData makes one file durable.
func syncData(f *os.File) error { return ifSyncable(unix.Fdatasync(int(f.Fd()))) }

// punch makes [off, end) of f read as zeros and gives its blocks back.
func punch(f *os.File, off, end int64) error {
	for {
		err := unix.Fallocate(int(f.Fd()), unix.FALLOC_FL_PUNCH_HOLE|unix.FALLOC_FL_KEEP_SIZE, off, end-off)
		if err == unix.EOPNOTSUPP || err == unix.ENOSYS {
			return errors.ErrUnsupported
		}
		if err != unix.EINTR {
			return err
		}
	}
}

func (d *folder) space() (free, inodes uint64, ok bool) {
	var st unix.Statfs_t
	if err := unix.Fstatfs(d.fd, &st); err != nil {
		return 0, 0, false
	}
	return spaceOf(st.Blocks, st.Bavail, uint64(st.Bsize), st.Files, st.Ffree)
}

func flush(fd int) error { return unix.Fsync(fd) }
