package transfer

import (
	"errors"
	"io/fs"
	"os"
)

// placePortably moves the file or directory from to the name to, in the same
// directory, unless something has that name. It never replaces, except on file
// systems that have no links, in the moment between looking and renaming.
func placePortably(dir *os.Root, from, to string) error {
	info, err := dir.Lstat(from)
	if err != nil {
		return err
	}
	if info.IsDir() {
		return placeDirectory(dir, from, to)
	}
	err = dir.Link(from, to)
	if err == nil {
		return dir.Remove(from)
	}
	if errors.Is(err, fs.ErrExist) {
		return err
	}
	return placeCarefully(dir, from, to)
}

// placeDirectory takes the name with an empty directory, which can't be done
// when something has it, and lets the full one replace that.
func placeDirectory(dir *os.Root, from, to string) error {
	if err := dir.Mkdir(to, 0o700); err != nil {
		return err
	}
	if err := dir.Rename(from, to); err == nil {
		return nil
	}
	// Some systems replace no directory, not even an empty one.
	if err := dir.Remove(to); err != nil {
		return err
	}
	return placeCarefully(dir, from, to)
}

func placeCarefully(dir *os.Root, from, to string) error {
	if _, err := dir.Lstat(to); err == nil {
		return fs.ErrExist
	}
	return dir.Rename(from, to)
}
