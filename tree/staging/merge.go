package staging

import (
	"errors"
	"io/fs"
	"path"

	"sesame/tree"
)

// A merge moves a tree into one that exists.
type merge struct {
	ferry
	exists  tree.Exists
	skipped []string
	beside  []string
}

// one moves name into the folder to as toName. path is where that is, below the
// final name. What can't be moved stays in staging, and goes with it.
func (g *merge) one(from *folder, name string, to *folder, toName, at string) error {
	err := g.put(from, name, to, toName, at)
	if !isTaken(err) {
		return err
	}
	ours, err := from.lstat(name)
	if err != nil {
		return err
	}
	theirs, err := to.lstat(toName)
	if errors.Is(err, fs.ErrNotExist) { // gone this moment
		return g.put(from, name, to, toName, at)
	}
	if err != nil {
		return err
	}
	switch {
	case ours.kind == directory && theirs.kind == directory:
		return g.all(from, name, to, toName, at)
	case g.exists == tree.MergeRename:
		return g.apart(from, name, to, toName, at)
	case ours.kind == directory || theirs.kind == directory || g.exists != tree.MergeReplace:
		g.skipped = append(g.skipped, at)
		return nil
	}
	return g.replace(from, name, to, toName, at)
}

// apart leaves what is there as it is. Ours gets another name beside it, unless it
// is the same.
func (g *merge) apart(from *folder, name string, to *folder, toName, at string) error {
	same, err := g.same(from, name, to, toName)
	if same || err != nil {
		return err
	}
	free := freeIn(to, toName)
	g.beside = append(g.beside, path.Join(path.Dir(at), free))
	return g.put(from, name, to, free, at)
}

// same reports whether two things that are no directories are equal.
func (g *merge) same(from *folder, name string, to *folder, toName string) (bool, error) {
	ours, err := from.readlink(name)
	if err == nil {
		theirs, err := to.readlink(toName)
		return err == nil && ours == theirs, nil
	}
	return sameFile(g.ctx, from, name, to, toName)
}

// all moves what is in a directory into another one.
func (g *merge) all(from *folder, name string, to *folder, toName, at string) error {
	return inBoth(from, name, to, toName, nil, func(src, dst *folder, names []string) error {
		for _, name := range names {
			if err := g.one(src, name, dst, name, path.Join(at, name)); err != nil {
				return err
			}
		}
		if err := g.area.syncFolder(dst); err != nil || g.exists != tree.MergeRename {
			return err
		}
		// It is what was sent, so it has its time, too.
		st, err := src.stat()
		if err == nil {
			err = to.chtimes(toName, st.mtime)
		}
		return err
	})
}
