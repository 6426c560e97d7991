//go:build freebsd || netbsd || openbsd

package staging

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

func (d *folder) renameExclusive(string, *folder, string) error { return errors.ErrUnsupported }
func (d *folder) exchange(string, *folder, string) error        { return errors.ErrUnsupported }
func (d *folder) syncAll() error                                { return errors.ErrUnsupported }

// syncData makes one file durable.
func syncData(f *os.File) error { return ifSyncable(unix.Fsync(int(f.Fd()))) }

func punch(*os.File, int64, int64) error { return errors.ErrUnsupported }

// space isn't known: these systems count in units of their own.
func (d *folder) space() (free, inodes uint64, ok bool) { return 0, 0, false }

func flush(fd int) error { return unix.Fsync(fd) }

// startWriting does nothing: the system decides when to write.
func startWriting(*os.File, int64, int64) {}

// mounted reports whether another file system is mounted under name.
func (d *folder) mounted(name string) bool {
	here, err := d.stat()
	there, err2 := d.lstat(name)
	return err == nil && err2 == nil && here.dev != there.dev
}
