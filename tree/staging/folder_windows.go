package staging

import (
	"errors"
	"os"

	"golang.org/x/sys/windows"

	"sesame/tree/manifest"
)

// removeOpen says that an open file can't be removed.
const removeOpen = false

// tryLock takes the lock file name, which it makes if there is none.
func (d *folder) tryLock(name string) (*os.File, error) {
	f, err := d.root.OpenFile(join(d, name), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	const how = windows.LOCKFILE_EXCLUSIVE_LOCK | windows.LOCKFILE_FAIL_IMMEDIATELY
	if err := windows.LockFileEx(windows.Handle(f.Fd()), how, 0, 1, 0, new(windows.Overlapped)); err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

// owned reports whether f belongs to this process's user, or to the
// administrators, whose files those are that an elevated process makes.
func owned(f *os.File) bool {
	info, err := windows.GetSecurityInfo(windows.Handle(f.Fd()), windows.SE_FILE_OBJECT, windows.OWNER_SECURITY_INFORMATION)
	if err != nil {
		return false
	}
	owner, _, err := info.Owner()
	if err != nil || owner == nil {
		return false
	}
	user, err := windows.GetCurrentProcessToken().GetTokenUser()
	return err == nil && owner.Equals(user.User.Sid) || owner.IsWellKnown(windows.WinBuiltinAdministratorsSid)
}

func (d *folder) space() (free, inodes uint64, ok bool) {
	path, err := windows.UTF16PtrFromString(d.root.Name())
	if err != nil {
		return 0, 0, false
	}
	var total uint64
	if err := windows.GetDiskFreeSpaceEx(path, &free, &total, nil); err != nil {
		return 0, 0, false
	}
	return spaceOf(total, free, 1, 0, 0)
}

// checkName refuses what nobody could open, rename or remove again: names that
// Windows' programs can't say, though its disks may have them, of devices and of
// streams in other files.
func checkName(name string) error {
	if name == "." { // the folder itself
		return nil
	}
	return manifest.PortableError(name)
}

// mayPass reports whether err may pass if the same is tried again: another program may
// close what it has open.
func mayPass(err error) bool { return errors.Is(err, windows.ERROR_SHARING_VIOLATION) }

// elsewhere reports whether err says that two folders are on different disks.
func elsewhere(err error) bool { return errors.Is(err, windows.ERROR_NOT_SAME_DEVICE) }

// isMounted is false: a folder that is mounted is a link here.
func isMounted(error) bool { return false }

// isBusy reports whether err says that another process holds the lock.
func isBusy(err error) bool { return errors.Is(err, windows.ERROR_LOCK_VIOLATION) }
