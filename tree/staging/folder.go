package staging

import (
	"errors"
	"io/fs"
	"time"

	"sesame/tree"
)

var errOddFile error = tree.TroubleOdd

// A kind is the type of a thing on disk; zero is one that is never made here.
type kind uint8

const (
	odd kind = iota
	regular
	directory
	link
)

// A stat is what matters of a thing on disk. dev and ino are 0 where the
// system has none.
type stat struct {
	kind     kind
	size     int64
	taken    int64 // bytes of disk
	perm     uint32
	mtime    time.Time
	dev, ino uint64
	links    uint64
	mine     bool // owned by this process's user
}

// removeAll removes name and whatever is in it, without following a link.
func removeAll(d *folder, name string) error {
	err := d.remove(name)
	if err == nil || errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	st, statErr := d.lstat(name)
	if statErr != nil || st.kind != directory {
		return err
	}
	sub, err := d.sub(name)
	if err != nil {
		return err
	}
	defer sub.close()
	if err := clearFolder(sub); err != nil {
		return err
	}
	return d.remove(name)
}

// clearFolder removes what is in the folder.
func clearFolder(d *folder) error { return clearBut(d, func(string) bool { return false }) }

// clearBut removes what is in the folder, except what keep reports true for.
func clearBut(d *folder, keep func(name string) bool) error {
	names, err := d.names()
	if err != nil {
		return err
	}
	for _, name := range names {
		if keep(name) {
			continue
		}
		if err := removeAll(d, name); err != nil {
			return err
		}
	}
	return nil
}
