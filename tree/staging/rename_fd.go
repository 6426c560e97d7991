//go:build linux || darwin || freebsd || netbsd || openbsd

package staging

import "golang.org/x/sys/unix"

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
