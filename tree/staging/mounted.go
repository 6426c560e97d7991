package staging

import (
	"os"

	"sesame/tree"
)

// ErrMounted is tree.ErrMounted.
var ErrMounted = tree.ErrMounted

// Mounted reports whether something is mounted under name in dir, as far as the
// system tells: a single file can be, too.
func Mounted(dir *os.Root, name string) bool {
	d, err := openFolder(dir)
	if err != nil {
		return false
	}
	defer d.close()
	return d.mounted(name)
}
