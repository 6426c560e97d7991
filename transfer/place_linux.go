package transfer

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// place moves from to the name to in dir, unless something has that name: then
// the error is fs.ErrExist.
func place(dir *os.Root, from, to string) error {
	d, err := dir.Open(".")
	if err != nil {
		return err
	}
	defer d.Close()
	fd := int(d.Fd())
	err = unix.Renameat2(fd, from, fd, to, unix.RENAME_NOREPLACE)
	if errors.Is(err, unix.EINVAL) || errors.Is(err, unix.ENOSYS) || errors.Is(err, unix.ENOTSUP) {
		return placePortably(dir, from, to) // an old kernel, or a file system without it
	}
	return err
}

// syncTree makes everything on the file system of root durable: one call is
// faster by far than one per file.
func syncTree(root *os.Root) error {
	d, err := root.Open(".")
	if err != nil {
		return err
	}
	defer d.Close()
	return unix.Syncfs(int(d.Fd()))
}

// syncEach says that syncTree is not enough.
const syncEach = false
