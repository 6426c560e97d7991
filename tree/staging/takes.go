package staging

import "os"

// Takes reports whether the disk of dir can have something of that name. It finds out
// by making a file of the name in a hidden directory of its own, which it removes again.
// Where nothing can be made it reports true: that is another matter, and is told when
// something is to be written.
func Takes(dir *os.Root, name string) bool {
	d, err := openFolder(dir)
	if err != nil {
		return true
	}
	defer d.close()
	if _, err := d.lstat(name); err == nil {
		return true
	}
	beside := "." + probeName + "." + randomName()
	if d.mkdir(beside, 0o700) != nil {
		return true
	}
	defer d.remove(beside)
	sub, err := d.sub(beside)
	if err != nil {
		return true
	}
	defer sub.close()
	f, err := sub.create(name, 0o600)
	if err != nil {
		return !takesOthers(sub, err)
	}
	f.Close()
	sub.remove(name)
	return true
}
