package staging

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// renameExclusive is renameNew where the file system can do it in one step,
// else errors.ErrUnsupported.
func (d *folder) renameExclusive(name string, to *folder, toName string) error {
	return unix.RenameatxNp(d.fd, name, to.fd, toName, unix.RENAME_EXCL)
}

// exchange swaps two things of any type, else errors.ErrUnsupported.
func (d *folder) exchange(name string, to *folder, toName string) error {
	return unix.RenameatxNp(d.fd, name, to.fd, toName, unix.RENAME_SWAP)
}

func (d *folder) syncAll() error { return errors.ErrUnsupported }

// syncData hands one file to the drive. Place has the drive's own cache
// written once, when it syncs the directory.
func syncData(f *os.File) error { return ifSyncable(unix.Fsync(int(f.Fd()))) }

func punch(*os.File, int64, int64) error { return errors.ErrUnsupported }

func (d *folder) space() (free, inodes uint64, ok bool) {
	var st unix.Statfs_t
	if err := unix.Fstatfs(d.fd, &st); err != nil {
		return 0, 0, false
	}
	return spaceOf(st.Blocks, st.Bavail, uint64(st.Bsize), st.Files, st.Ffree)
}

// flush writes a directory, and the drive's cache with it.
func flush(fd int) error {
	if _, err := unix.FcntlInt(uintptr(fd), unix.F_FULLFSYNC, 0); err == nil {
		return nil
	}
	return unix.Fsync(fd)
}

// startWriting does nothing: the system decides when to write.
func startWriting(*os.File, int64, int64) {}

// mounted reports whether another file system is mounted under name.
func (d *folder) mounted(name string) bool {
	here, err := d.stat()
	there, err2 := d.lstat(name)
	return err == nil && err2 == nil && here.dev != there.dev
}
