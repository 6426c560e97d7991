package staging

import (
	"errors"
	"io/fs"
	"path"
)

// A merge moves a tree into one that exists.
type merge struct {
	*Tree
	replace bool
	skipped []string
}

// one moves name into the folder to as toName. path is where that is, below the
// final name. What can't be moved stays in staging, and goes with it.
func (g *merge) one(from *folder, name string, to *folder, toName, at string) error {
	err := from.renameNew(name, to, toName)
	if !isTaken(err) {
		return err
	}
	ours, err := from.lstat(name)
	if err != nil {
		return err
	}
	theirs, err := to.lstat(toName)
	if errors.Is(err, fs.ErrNotExist) { // gone this moment
		return from.renameNew(name, to, toName)
	}
	if err != nil {
		return err
	}
	switch {
	case ours.kind == directory && theirs.kind == directory:
		return g.all(from, name, to, toName, at)
	case ours.kind == directory || theirs.kind == directory || !g.replace:
		g.skipped = append(g.skipped, at)
		return nil
	}
	return from.rename(name, to, toName)
}

// all moves what is in a directory into another one.
func (g *merge) all(from *folder, name string, to *folder, toName, at string) error {
	src, err := from.sub(name)
	if err != nil {
		return err
	}
	defer src.close()
	dst, err := to.sub(toName)
	if err != nil {
		return err
	}
	defer dst.close()
	names, err := src.names()
	if err != nil {
		return err
	}
	for _, name := range names {
		if err := g.one(src, name, dst, name, path.Join(at, name)); err != nil {
			return err
		}
	}
	return g.syncFolder(dst)
}
