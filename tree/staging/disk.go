package staging

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"sesame/tree"
	"sesame/tree/manifest"
)

// traits is what the file system of a directory can do, as far as it isn't
// found out where it is needed. They are asked for by trying (askDisk): what a
// file system is called says little about it, and a mount can take away or
// pretend much of what it can.
//
// Source: doc/native.md §7.10.
type traits struct {
	modes  bool // a file shows the mode that it was made with
	chmod  bool // and another one that it is given later
	owners bool // what this process makes is shown as its user's
	inodes bool // a thing is known again by its inode number
	links  bool // symbolic links can be made
	times  bool // a time of last change can be set
	stays  bool // and is the same when the file has got another name
	gaps   bool // what isn't written of a file that goes on behind it is zeros
	moves  bool // a directory that gets another name keeps what is in it
	// coarse is how far the time that is shown may be from the one that was
	// set: 2 s on FAT.
	coarse time.Duration
}

// A file system whose times are further from what was set doesn't keep them.
const coarsest = 3 * time.Second

// private reports whether a directory is this user's and nobody else can write
// there, as far as the disk tells. Where it shows modes or owners of its own,
// they say nothing about who made it.
func (k *traits) private(st stat) bool {
	return (st.mine || !k.owners) && (st.perm&0o077 == 0 || !k.keepModes())
}

// keepModes reports whether a file can have the mode that it should.
func (k *traits) keepModes() bool { return k.modes || k.chmod }

// samePerm reports whether a file with the mode shown may be one that got want.
func (k *traits) samePerm(shown, want uint32) bool { return shown == want || !k.keepModes() }

// sameTime reports whether a file with the time shown may be one that got want.
func (k *traits) sameTime(shown, want time.Time) bool {
	return shown.Sub(want).Abs() <= k.coarse || !k.times
}

// sameThing reports whether two descriptions can be those of one thing.
func (k *traits) sameThing(a, b stat) bool {
	return a.dev == b.dev && (a.ino == b.ino || !k.inodes)
}

// firstPerm is the mode that a file is made with which is open for a while. If
// there is no second chance to set one, the first has to be right.
func (k *traits) firstPerm(exec bool) uint32 {
	if k.chmod {
		return 0o600
	}
	return fullPerm(exec)
}

// fullPerm is the mode of a file, of which the umask takes something.
func fullPerm(exec bool) uint32 {
	if exec {
		return 0o777
	}
	return 0o666
}

// complete gives a file whose data is there its size and mode.
func (k *traits) complete(f *os.File, size int64, perm uint32) error {
	st, err := statFile(f)
	if err == nil && st.size != size {
		err = resize(f, st.size, size)
	}
	if err == nil && k.chmod {
		err = f.Chmod(fs.FileMode(perm))
	}
	return err
}

// resize cuts f or has it end in zeros, which some disks do only with something
// to write at the end.
func resize(f *os.File, from, to int64) error {
	err := f.Truncate(to)
	if err == nil || to < from || tree.NoSpace(err) || tree.OverQuota(err) || tree.TooLarge(err) {
		return err
	}
	_, err = f.WriteAt([]byte{0}, to-1)
	return err
}

// setTime sets the time of last change of what isn't a link, if it can be.
func (k *traits) setTime(d *folder, name string, to time.Time) error {
	if !k.times {
		return nil
	}
	return d.chtimes(name, to)
}

// put makes a whole new file with the mode perm, which the umask takes something
// of unless fix is set.
func (k *traits) put(d *folder, name string, p []byte, perm uint32, fix bool, mtime time.Time) error {
	if !k.times {
		mtime = time.Time{}
	}
	return d.put(name, p, perm, fix && k.chmod, mtime)
}

// unkept says what of the manifest the disk can't keep.
func (k *traits) unkept(m *manifest.Manifest) (u tree.Unkept) {
	for i := range m.Entries {
		e := &m.Entries[i]
		u.Programs = u.Programs || e.Exec && hasModes && !k.keepModes()
		u.Times = u.Times || !e.ModTime.IsZero() && e.Kind != manifest.Link && !k.times
	}
	return u
}

// oddTime is a time whose digits tell what becomes of it.
var oddTime = time.Date(2005, 8, 9, 10, 11, 13, 123456789, time.UTC)

// askDisk tries in d what its file system can do. It makes files with names
// that nobody else has, and removes them.
func askDisk(d *folder) (k traits, err error) {
	name := probeName + "." + randomName()
	first, err := k.askFile(d, name, 0o600)
	if err != nil {
		return k, err
	}
	second, err := k.askFile(d, name, 0o700)
	if err != nil {
		return k, err
	}
	k.modes = first.shown == 0o600 && second.shown == 0o700
	k.chmod = first.changed && second.changed
	k.owners = first.mine && second.mine
	k.inodes = first.found && second.found
	k.times, k.coarse = first.times, first.coarse
	k.gaps, k.stays = first.zeros, first.stays
	if k.moves, err = askFolder(d, name); err != nil {
		return k, err
	}
	switch err := d.symlink(probeName, name); {
	case err == nil:
		st, err := d.lstat(name)
		k.links = err == nil && st.kind == link // some say yes, and make nothing, or a file
		if errors.Is(err, fs.ErrNotExist) {
			return k, nil
		}
		return k, d.remove(name)
	default:
		k.links = tree.NoSpace(err) || tree.OverQuota(err) || isTrouble(err) // that is no answer
	}
	return k, nil
}

// askGap writes two bytes that are far apart and reads what is between them.
func askGap(f *os.File) (zeros bool, err error) {
	const apart = 4096
	var p, want [apart + 1]byte
	want[0], want[apart] = 'a', 'b'
	for _, at := range []int64{apart, 0} {
		if _, err := f.WriteAt(want[at:at+1], at); err != nil {
			return false, err
		}
	}
	n, err := f.ReadAt(p[:], 0)
	return err == nil && n == len(p) && p == want, nil
}

// askFolder makes a directory, puts something in it and gives it another name.
// There is a driver for FAT with which that is gone then.
func askFolder(d *folder, name string) (whole bool, err error) {
	if err := d.mkdir(name, 0o700); err != nil {
		return false, err
	}
	defer func() {
		if gone := removeAll(d, name); err == nil {
			err = gone
		}
	}()
	inside, err := d.sub(name)
	if err != nil {
		return false, err
	}
	defer inside.close()
	f, err := inside.create(probeName, 0o600)
	if err != nil {
		return false, err
	}
	f.Close()
	if d.rename(name, d, name+"r") != nil {
		return false, inside.remove(probeName)
	}
	name += "r"
	moved, err := d.sub(name)
	if err != nil {
		return false, err
	}
	defer moved.close()
	// To look for the name would ask the system's memory instead of the disk.
	names, err := moved.names()
	return len(names) == 1, err
}

// askBeside is askDisk in a new directory of d.
func askBeside(d *folder) (k traits, err error) {
	name := "." + probeName + "." + randomName()
	if err := d.mkdir(name, 0o700); err != nil {
		return k, err
	}
	defer d.remove(name)
	sub, err := d.sub(name)
	if err != nil {
		return k, err
	}
	defer sub.close()
	return askDisk(sub)
}

// usual is what a disk is taken for that hasn't been asked.
var usual = traits{modes: true, chmod: true, owners: true, inodes: true, links: true, times: true, stays: true, gaps: true, moves: true}

// closeToOthers closes d, which st describes, to others, if it is as empty as a new one
// has to be: some disks make things with a mode of their own, and can change it
// then.
func closeToOthers(d *folder, st stat) stat {
	if names, err := d.names(); err != nil || len(names) > 0 || d.chmod(0o700) != nil {
		return st
	}
	if now, err := d.stat(); err == nil {
		return now
	}
	return st
}

// An answer is what became of one file.
type answer struct {
	shown   uint32 // its mode
	mine    bool
	changed bool // its mode could be set
	found   bool // it has the same inode number by its name
	times   bool
	coarse  time.Duration
	stays   bool // the time, when it was renamed
	zeros   bool // between two bytes that were written
}

// askFile makes a file with the mode perm, and sets the same again.
func (k *traits) askFile(d *folder, name string, perm uint32) (a answer, err error) {
	f, err := d.create(name, perm)
	if err != nil {
		return a, err
	}
	defer func() {
		f.Close()
		if gone := d.remove(name); err == nil {
			err = gone
		}
	}()
	// What the descriptor tells is about the file that was just made, whatever
	// somebody puts under the name.
	made, err := statFile(f)
	if err != nil {
		return a, err
	}
	a.shown, a.mine = made.perm, made.mine
	other := perm ^ 0o100
	if f.Chmod(fs.FileMode(other)) == nil {
		st, err := statFile(f)
		a.changed = err == nil && st.perm == other
	}
	if a.zeros, err = askGap(f); err != nil {
		return a, err
	}
	err = d.chtimes(name, oddTime)
	named, lstatErr := d.lstat(name)
	if lstatErr != nil {
		return a, lstatErr
	}
	a.found = named.ino == made.ino && named.dev == made.dev
	a.coarse = named.mtime.Sub(oddTime).Abs()
	a.times = err == nil && a.coarse <= coarsest
	if err := d.rename(name, d, name+"r"); err != nil {
		// Better now than when all has crossed.
		return a, fmt.Errorf("%w: %w", tree.TroubleNoRename, err)
	}
	name += "r"
	renamed, err := d.lstat(name)
	a.stays = renamed.mtime.Equal(named.mtime)
	return a, err
}

// takesOthers reports whether err, which came from making something of a
// certain name in d, is about that name alone: something plain can be made there.
// Drivers say it in a dozen ways (EINVAL, EPERM, ENOENT, EILSEQ, …).
func takesOthers(d *folder, err error) bool {
	if tree.NoSpace(err) || tree.OverQuota(err) || isTrouble(err) {
		return false
	}
	plain := probeName + "." + randomName()
	f, err := d.create(plain, 0o600)
	if err != nil {
		return false
	}
	f.Close()
	return d.remove(plain) == nil
}
