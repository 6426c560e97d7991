//go:build linux || darwin || freebsd || netbsd || openbsd

package staging

import (
	"errors"
	"slices"

	"golang.org/x/sys/unix"
)

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

// mayPass reports whether err may pass if the same is tried again.
func mayPass(err error) bool { return errors.Is(err, unix.EINTR) || errors.Is(err, unix.EAGAIN) }
