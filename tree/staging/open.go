package staging

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"sesame/tree/manifest"
)

// Names inside a staging directory.
const (
	lockName    = "lock"
	treeName    = "tree"
	placingName = "placing"
	probeName   = "probe"
)

// Open makes a place for the tree m in dir: a hidden directory
// `.NAME.RANDOM.sesame`, NAME being m's first top-level name. If an earlier run of
// the transfer Options.ID left one for that name, whose mark Options.Marks has, and
// in which nobody is working, Open adopts it and removes what m doesn't list. Any
// other stays as it is. Directories are made at once, files of length zero and links
// by Place.
//
// m must be complete and stay unchanged; its paths are unique, and directories
// stand before what they hold. The caller must call Close. Errors of the disk
// are a *DiskError; names that it can't keep apart a *TwinsError; a path or kind that must not be created gives an error that
// wraps ErrRange.
func Open(dir *os.Root, m *manifest.Manifest, opts *Options) (*Tree, error) {
	return OpenContext(context.Background(), dir, m, opts)
}

// OpenContext is Open. Soon after ctx has ended it returns ctx's error.
func OpenContext(ctx context.Context, dir *os.Root, m *manifest.Manifest, opts *Options) (*Tree, error) {
	t := &Tree{m: m, opts: opts.withDefaults(), opening: ctx}
	t.losses = t.opts.Losses
	if err := t.index(); err != nil {
		return nil, err
	}
	var err error
	if t.dir, err = openFolder(dir); err != nil {
		return nil, &DiskError{Op: "opening", Path: ".", Err: err}
	}
	adopted := false
	if !t.opts.Fresh {
		adopted = t.adopt()
	}
	if !adopted {
		err = t.create()
	}
	if err == nil {
		t.losses.KeepsNot(t.traits.unkept(m))
		err = t.checkTwins()
	}
	if err == nil {
		err = maker{t}.makeFolders()
	}
	if err != nil {
		t.Close()
		return nil, err
	}
	t.opening = nil
	return t, nil
}

// interrupted returns the error of ctx, which it looks at now and then while i
// counts up.
func interrupted(ctx context.Context, i int) error {
	if i%64 != 0 || ctx.Err() == nil {
		return nil
	}
	return context.Cause(ctx)
}

// index checks the manifest and notes who belongs to whom.
func (t *Tree) index() error {
	entries := t.m.Entries
	if len(entries) == 0 || len(entries) > manifest.MaxEntries {
		return rangeError("a manifest of %d entries", len(entries))
	}
	t.entries = make([]entry, len(entries))
	folders := make(map[string]int32)
	for i := range entries {
		if err := interrupted(t.opening, i); err != nil {
			return err
		}
		src, e := &entries[i], &t.entries[i]
		if err := checkPath(src.Path); err != nil {
			return err
		}
		if cut := strings.LastIndexByte(src.Path, '/'); cut < 0 {
			e.parent, e.top = -1, int32(len(t.tops))
			t.tops = append(t.tops, top{index: int32(i)})
		} else {
			parent, ok := folders[src.Path[:cut]]
			if !ok {
				return rangeError("%q without its directory", src.Path)
			}
			e.parent, e.top = parent, t.entries[parent].top
		}
		e.state = done
		switch src.Kind {
		case manifest.File:
			if src.Size < 0 && src.Size != manifest.StreamSize {
				return rangeError("%q of %d bytes", src.Path, src.Size)
			}
			if src.Size != 0 {
				e.state = waiting
				t.pending.Add(1)
			}
		case manifest.Dir:
			if _, ok := folders[src.Path]; ok {
				return rangeError("%q twice", src.Path)
			}
			folders[src.Path] = int32(i)
		case manifest.Link:
			if !safeTarget(src.Path, src.Target) {
				maker{t}.lose(i, badLink)
			}
		default:
			return rangeError("%q of kind %d", src.Path, src.Kind)
		}
	}
	return nil
}

// create makes a new staging directory.
func (t *Tree) create() error {
	if err := interrupted(t.opening, 0); err != nil {
		return err // an earlier run's may not have been looked at
	}
	first := t.m.Entries[0].Path
	first, _, _ = strings.Cut(first, "/")
	for range 10 {
		name := stagingName(first)
		t.claim = t.opts.stake(name)
		err := t.dir.mkdir(name, 0o700)
		if err != nil {
			t.opts.forget(t.claim)
		}
		if errors.Is(err, fs.ErrExist) {
			continue
		}
		if err != nil && first != plainFirst && !isFull(err) {
			first = plainFirst // it may be the name
			continue
		}
		if err != nil {
			return t.pathError("creating", name, err)
		}
		var d *folder
		if d, err = t.dir.sub(name); err == nil {
			err = t.enter(name, d, true)
		}
		if err == nil {
			return nil
		}
		if t.lock != nil || !isBusy(err) {
			t.dir.removeAll(name)
			t.opts.forget(t.claim)
			t.leaveStaging()
			return t.pathError("creating", name, err)
		}
		t.leaveStaging() // another receiver took it for abandoned
	}
	return fmt.Errorf("no free name for a staging directory")
}

// enter takes root, the open staging directory name, locks it and makes what it
// must hold. A fresh one needs no lock where the file system has none.
func (t *Tree) enter(name string, root *folder, fresh bool) (err error) {
	t.root, t.name = root, name
	st, err := t.root.stat()
	if err != nil {
		return err
	}
	if st.mine && st.perm&0o700 != 0o700 { // the umask took too much
		if err := t.root.chmod(st.perm | 0o700); err == nil {
			st.perm |= 0o700
		}
	}
	if fresh {
		if st.perm&0o077 != 0 {
			st = t.root.closed(st)
		}
		if err := t.claim.put(t.root); err != nil {
			return err
		}
	}
	t.traits = usual
	asked := true
	switch {
	case fresh:
		t.traits, err = askDisk(t.root)
	case !t.traits.private(st): // nothing is touched in what may be somebody else's
		t.traits, err = askBeside(t.dir)
	default:
		asked = false // it has to be locked first
	}
	if err != nil {
		return err
	}
	if !t.traits.private(st) {
		return errors.New("others may have written there")
	}
	if t.lock, err = t.root.tryLock(lockName); err != nil && (!fresh || isBusy(err) || errors.Is(err, fs.ErrNotExist)) {
		return err // somebody else has it; a fresh one needs none where there are none
	}
	// Whoever removed it after it was listed held the lock until then.
	if now, err := t.dir.lstat(name); err != nil || now.kind != directory || !t.traits.sameThing(now, st) {
		return errors.New("no longer there")
	}
	if err := t.root.mkdir(treeName, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	if t.tree, err = t.root.sub(treeName); err != nil {
		return err
	}
	if !asked {
		if t.traits, err = askDisk(t.root); err != nil {
			return err
		}
	}
	return t.probeUmask()
}

// probeUmask learns from a file what the umask, or the directory's default ACL,
// makes of a mode. Asking the process would change it for a moment.
func (t *Tree) probeUmask() error {
	if err := t.root.removeAll(probeName); err != nil {
		return err
	}
	f, err := t.root.create(probeName, 0o777)
	if err != nil {
		return err
	}
	f.Close()
	st, err := t.root.lstat(probeName)
	if err != nil {
		return err
	}
	t.keepOwner = t.traits.chmod && ^st.perm&0o700 != 0
	t.umask = ^st.perm & 0o077
	return t.root.remove(probeName)
}

// leaveStaging undoes enter. The directory itself stays.
func (t *Tree) leaveStaging() {
	t.unlock()
	t.tree.close()
	t.root.close()
	t.root, t.tree, t.name, t.claim = nil, nil, "", claim{}
}

func (t *Tree) unlock() {
	if t.lock != nil {
		t.lock.Close()
		t.lock = nil
	}
}

// removeStaging removes the staging directory, lock and marker last: nobody adopts
// what is half gone, or takes it for somebody else's.
func (t *Tree) removeStaging() {
	if t.root == nil {
		return
	}
	err := func() error {
		for _, name := range []string{treeName, placingName, probeName} {
			if err := t.root.removeAll(name); err != nil {
				return err
			}
		}
		if !removeOpen {
			t.unlock()
		}
		// What proves it to be ours goes last.
		if err := t.root.clearBut(isMarker); err != nil {
			return err
		}
		if err := t.root.clear(); err != nil {
			return err
		}
		err := t.dir.remove(t.name)
		if err != nil && t.lock != nil {
			// Some disks hide what is removed while it is open.
			t.unlock()
			t.root.clear()
			err = t.dir.remove(t.name)
		}
		return err
	}()
	if err != nil {
		t.opts.Logger.Warn("staging directory could not be removed", "name", t.name, "err", err)
		return
	}
	t.opts.forget(t.claim)
}
