package staging

import (
	"errors"
	"io/fs"
	"os"
	"path"
	"strings"

	"sesame/tree"
	"sesame/tree/manifest"
)

// A ferry gives things that lie in staging their final names, also where those
// are on another file system: what is mounted in the target directory, a quota of
// its own. There they are copied under a hidden name first, so that nothing is
// under its final name before it is whole.
type ferry struct {
	*mover
	top string // the top-level name that this is about, as in the manifest
}

// put moves name to another folder, where toName must be free: if it isn't,
// isTaken says so of the error. at is where that is, below the top-level name.
func (f ferry) put(from *folder, name string, to *folder, toName, at string) error {
	st, err := from.lstat(name)
	if err != nil {
		return err
	}
	if st.kind == directory && !f.area.traits.moves {
		return f.rebuild(from, name, to, toName, at)
	}
	err = from.renameNew(name, to, toName)
	if err == nil && !f.area.traits.stays {
		err = f.area.traits.setTime(to, toName, st.mtime)
	}
	if !elsewhere(err) {
		return err
	}
	if _, err := to.lstat(toName); err == nil {
		return fs.ErrExist
	}
	if st.kind == directory {
		if there, err := askBeside(to); err != nil || !there.moves {
			return f.rebuild(from, name, to, toName, at)
		}
	}
	return f.carry(from, name, to, at, func(hidden string) error { return to.renameNew(hidden, to, toName) })
}

// rebuild makes a new directory like name, and moves what is in it, one by one. So
// the new one isn't complete from the beginning, but each file in it is.
func (f ferry) rebuild(from *folder, name string, to *folder, toName, at string) error {
	prepare := func() error { return to.mkdir(toName, 0o777) }
	return inBoth(from, name, to, toName, prepare, func(src, dst *folder, names []string) error {
		for _, name := range names {
			if err := f.ctx.Err(); err != nil {
				return err
			}
			if err := f.put(src, name, dst, name, path.Join(at, name)); err != nil {
				return err
			}
		}
		if st, err := src.stat(); err == nil {
			to.chtimes(toName, st.mtime)
		}
		if err := f.area.syncFolder(dst); err != nil {
			return err
		}
		return from.remove(name)
	})
}

// replace moves name to another folder, where it takes the place of toName, if
// neither is a directory.
func (f ferry) replace(from *folder, name string, to *folder, toName, at string) error {
	st, err := from.lstat(name)
	if err != nil {
		return err
	}
	err = from.rename(name, to, toName)
	if err == nil && !f.area.traits.stays {
		err = f.area.traits.setTime(to, toName, st.mtime)
	}
	if elsewhere(err) {
		err = f.carry(from, name, to, at, func(hidden string) error { return to.rename(hidden, to, toName) })
	}
	if isMounted(err) {
		f.lose(at, manifest.CauseDiskMounted)
		return nil
	}
	return err
}

// carry copies name into another folder under a hidden name, which settle gives
// the final one.
func (f ferry) carry(from *folder, name string, to *folder, at string, settle func(hidden string) error) error {
	hidden := ".received." + randomName() + ".part"
	err := f.copy(from, name, to, hidden, at)
	if err == nil {
		err = f.area.syncFolder(to)
	}
	if err == nil {
		if err = settle(hidden); err != nil && !isTaken(err) && !isMounted(err) {
			err = unmade(to, err, manifest.CauseDiskName)
		}
	}
	if err == nil {
		return removeAll(from, name)
	}
	removeAll(to, hidden)
	if no, ok := errors.AsType[*refusal](err); ok {
		f.lose(at, no.why)
		return nil
	}
	return err
}

// A refusal is the error of what a disk can't have.
type refusal struct {
	error
	why manifest.Cause
}

// unmade returns the error of making something in d, a *refusal if d can have
// others.
func unmade(d *folder, err error, why manifest.Cause) error {
	if err != nil && takesOthers(d, err) {
		return &refusal{err, why}
	}
	return err
}

// lose makes what is at a Loss.
func (f ferry) lose(at string, why manifest.Cause) {
	if i, ok := f.find(path.Join(f.top, at)); ok {
		f.ledger.Lose(i, why)
	}
}

// copy makes toName, which must be free, equal to name, with all that is in it.
func (f ferry) copy(from *folder, name string, to *folder, toName, at string) error {
	if err := f.ctx.Err(); err != nil {
		return err
	}
	st, err := from.lstat(name)
	if err != nil {
		return err
	}
	switch st.kind {
	case regular:
		err = f.copyFile(from, name, to, toName, st)
	case directory:
		err = f.copyFolder(from, name, to, toName, at, st)
	case link:
		var target string
		if target, err = from.readlink(name); err == nil {
			err = unmade(to, to.symlink(target, toName), manifest.CauseDiskLinks)
		}
	default:
		return errOddFile
	}
	if err == nil && to.chtimes(toName, st.mtime) != nil && st.kind != link {
		f.ledger.Losses.KeepsNot(tree.Unkept{Times: true})
	}
	return err
}

func (f ferry) copyFile(from *folder, name string, to *folder, toName string, st stat) (err error) {
	in, err := from.edit(name, false)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := to.create(toName, st.perm)
	if err != nil {
		return unmade(to, err, manifest.CauseDiskName)
	}
	defer func() {
		if closeErr := out.Close(); err == nil {
			err = closeErr
		}
	}()
	if err := f.copyData(out, in, st.size); err != nil {
		return err
	}
	if made, err := statFile(out); err == nil && made.perm != st.perm {
		out.Chmod(fs.FileMode(st.perm)) // the umask took something, or the disk has modes of its own
	}
	if f.area.opts.NoSync {
		return nil
	}
	return syncData(out)
}

// copyData copies what isn't a hole.
func (f ferry) copyData(out, in *os.File, size int64) error {
	buf := make([]byte, 256<<10)
	end := int64(0)
	for off := tree.NextData(in, 0, size); off < size; off = tree.NextData(in, off, size) {
		if err := f.ctx.Err(); err != nil {
			return err
		}
		n, err := in.ReadAt(buf[:min(int64(len(buf)), size-off)], off)
		if n == 0 {
			return err
		}
		if _, err := out.WriteAt(buf[:n], off); err != nil {
			return err
		}
		off += int64(n)
		end = off
	}
	if end == size {
		return nil
	}
	return resize(out, end, size)
}

func (f ferry) copyFolder(from *folder, name string, to *folder, toName, at string, st stat) error {
	prepare := func() error { return unmade(to, to.mkdir(toName, 0o700), manifest.CauseDiskName) }
	return inBoth(from, name, to, toName, prepare, func(src, dst *folder, names []string) error {
		for _, name := range names {
			below := strings.TrimPrefix(path.Join(at, name), "/")
			err := f.copy(src, name, dst, name, below)
			if no, ok := errors.AsType[*refusal](err); ok {
				f.lose(below, no.why)
				continue
			}
			if err != nil {
				return err
			}
		}
		if now, err := dst.stat(); err == nil && now.perm != st.perm {
			dst.chmod(st.perm)
		}
		return f.area.syncFolder(dst)
	})
}

// inBoth opens the directories name and toName, and calls do with them and with what is
// in the first. prepare, if it isn't nil, makes the second when the first is open.
func inBoth(from *folder, name string, to *folder, toName string, prepare func() error, do func(src, dst *folder, names []string) error) error {
	src, err := from.sub(name)
	if err != nil {
		return err
	}
	defer src.close()
	if prepare != nil {
		if err := prepare(); err != nil {
			return err
		}
	}
	dst, err := to.sub(toName)
	if err != nil {
		return err
	}
	defer dst.close()
	names, err := src.names()
	if err != nil {
		return err
	}
	return do(src, dst, names)
}
