package staging

import (
	"errors"
	"os"
)

// ErrMounted is the cause where a file can't be replaced because something is
// mounted under its name.
var ErrMounted = errors.New("something is mounted there")

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
