package staging

import (
	"os"

	"sesame/tree"
)

// Writable returns a *tree.DiskError if this user can't make anything in dir. It finds
// out by making a hidden directory, which it removes again. That there is no room is
// another matter, which CheckSpace knows more about.
func Writable(dir *os.Root) error {
	d, err := openFolder(dir)
	if err != nil {
		return &tree.DiskError{Op: tree.OpOpening, Path: ".", Err: err, Discarded: true}
	}
	defer d.close()
	name := stagingName(plainFirst)
	switch err := d.mkdir(name, 0o700); {
	case err == nil:
		d.remove(name)
	case !tree.NoSpace(err) && !tree.OverQuota(err):
		return &tree.DiskError{Op: tree.OpInto, Path: ".", Err: err, Discarded: true}
	}
	return nil
}
