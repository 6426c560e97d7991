package staging

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"sync/atomic"

	"sesame/tree"
)

// Names inside a staging directory.
const (
	lockName    = "lock"
	treeName    = "tree"
	placingName = "placing"
	probeName   = "probe"
)

// An area is where a tree lies until it is complete: a hidden directory that is
// locked, and has a marker that proves it to be this user's own work. After create
// or adopt only leave, remove and close change it, and nothing else runs then.
type area struct {
	opts Options

	dir, root, tree *folder // the target, the staging directory, its tree
	name            string  // of the staging directory
	claim           claim   // what is in its marker
	lock            *os.File
	traits          traits // of the disk that these are on
	umask           uint32 // without the owner's bits
	keepOwner       bool   // the process's umask has some of the owner's bits

	touched atomic.Bool // the tree holds data worth keeping
}

// newArea looks at nothing but the target.
func newArea(dir *os.Root, opts *Options) (*area, error) {
	d, err := openFolder(dir)
	if err != nil {
		return nil, &tree.DiskError{Op: tree.OpOpening, Path: ".", Err: err}
	}
	return &area{opts: opts.withDefaults(), dir: d}, nil
}

// create makes a new staging directory, for a tree with that first name.
func (p *area) create(ctx context.Context, first string) error {
	if err := interrupted(ctx, 0); err != nil {
		return err // an earlier run's may not have been looked at
	}
	for range 10 {
		name := stagingName(first)
		p.claim = p.opts.stake(name)
		err := p.dir.mkdir(name, 0o700)
		if err != nil {
			p.opts.forget(p.claim)
		}
		if errors.Is(err, fs.ErrExist) {
			continue
		}
		if err != nil && first != plainFirst && !tree.NoSpace(err) {
			first = plainFirst // it may be the name
			continue
		}
		if err != nil {
			return p.fault(tree.OpInto, ".", err)
		}
		var d *folder
		if d, err = p.dir.sub(name); err == nil {
			err = p.enter(name, d, true)
		}
		if err == nil {
			return nil
		}
		if p.lock != nil || !isBusy(err) {
			removeAll(p.dir, name)
			p.opts.forget(p.claim)
			p.leave()
			return p.fault(tree.OpInto, ".", err)
		}
		p.leave() // another receiver took it for abandoned
	}
	return p.fault(tree.OpInto, ".", tree.TroubleTaken)
}

// enter takes root, the open staging directory name, locks it and makes what it
// must hold. A fresh one needs no lock where the file system has none.
func (p *area) enter(name string, root *folder, fresh bool) (err error) {
	p.root, p.name = root, name
	st, err := p.root.stat()
	if err != nil {
		return err
	}
	if st.mine && st.perm&0o700 != 0o700 { // the umask took too much
		if err := p.root.chmod(st.perm | 0o700); err == nil {
			st.perm |= 0o700
		}
	}
	if fresh {
		if st.perm&0o077 != 0 {
			st = closeToOthers(p.root, st)
		}
		if err := p.claim.put(p.root); err != nil {
			return err
		}
	}
	p.traits = usual
	asked := true
	switch {
	case fresh:
		p.traits, err = askDisk(p.root)
	case !p.traits.private(st): // nothing is touched in what may be somebody else's
		p.traits, err = askBeside(p.dir)
	default:
		asked = false // it has to be locked first
	}
	if err != nil {
		return err
	}
	if !p.traits.private(st) {
		return tree.TroubleOthers
	}
	if p.lock, err = p.root.tryLock(lockName); err != nil && (!fresh || isBusy(err) || errors.Is(err, fs.ErrNotExist)) {
		return err // somebody else has it; a fresh one needs none where there are none
	}
	// Whoever removed it after it was listed held the lock until then.
	if now, err := p.dir.lstat(name); err != nil || now.kind != directory || !p.traits.sameThing(now, st) {
		return tree.TroubleNowhere
	}
	if err := p.root.mkdir(treeName, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	if p.tree, err = p.root.sub(treeName); err != nil {
		return err
	}
	if !asked {
		if p.traits, err = askDisk(p.root); err != nil {
			return err
		}
	}
	return p.probeUmask()
}

// probeUmask learns from a file what the umask, or the directory's default ACL,
// makes of a mode. Asking the process would change it for a moment.
func (p *area) probeUmask() error {
	if err := removeAll(p.root, probeName); err != nil {
		return err
	}
	f, err := p.root.create(probeName, 0o777)
	if err != nil {
		return err
	}
	f.Close()
	st, err := p.root.lstat(probeName)
	if err != nil {
		return err
	}
	p.keepOwner = p.traits.chmod && ^st.perm&0o700 != 0
	p.umask = ^st.perm & 0o077
	return p.root.remove(probeName)
}

// leave undoes enter. The directory itself stays.
func (p *area) leave() {
	p.unlock()
	p.tree.close()
	p.root.close()
	p.root, p.tree, p.name, p.claim = nil, nil, "", claim{}
}

func (p *area) unlock() {
	if p.lock != nil {
		p.lock.Close()
		p.lock = nil
	}
}

// remove removes the staging directory, lock and marker last: nobody adopts
// what is half gone, or takes it for somebody else's.
func (p *area) remove() {
	if p.root == nil {
		return
	}
	err := func() error {
		for _, name := range []string{treeName, placingName, probeName} {
			if err := removeAll(p.root, name); err != nil {
				return err
			}
		}
		if !removeOpen {
			p.unlock()
		}
		// What proves it to be ours goes last.
		if err := clearBut(p.root, isMarker); err != nil {
			return err
		}
		if err := clearFolder(p.root); err != nil {
			return err
		}
		err := p.dir.remove(p.name)
		if err != nil && p.lock != nil {
			// Some disks hide what is removed while it is open.
			p.unlock()
			clearFolder(p.root)
			err = p.dir.remove(p.name)
		}
		return err
	}()
	if err != nil {
		p.opts.Logger.Warn("staging directory could not be removed", "name", p.name, "err", err)
		return
	}
	p.opts.forget(p.claim)
}

// close gives everything back, and removes the staging directory or tells that it
// stays.
func (p *area) close(remove bool) {
	if remove {
		p.remove()
	} else if p.root != nil && p.opts.Left != nil {
		p.opts.Left(Leftover{p.name, Kept})
	}
	p.leave()
	p.dir.close()
}

// perm returns the mode that a finished file gets. Its owner may always read
// and write it, even if the umask says otherwise.
func (p *area) perm(exec bool) uint32 { return fullPerm(exec) &^ p.umask }

// syncFolder makes what is in d durable.
func (p *area) syncFolder(d *folder) error {
	if p.opts.NoSync {
		return nil
	}
	return d.sync()
}

// canHave reports whether the disk can have a thing of that name.
func (p *area) canHave(name string) bool {
	f, err := p.root.create(name, 0o600)
	if err == nil {
		f.Close()
		return p.root.remove(name) == nil
	}
	return errors.Is(err, fs.ErrExist) || !takesOthers(p.root, err)
}

// fault wraps err, which came from doing op to path.
func (p *area) fault(op tree.Op, path string, err error) error {
	if err == nil {
		return nil
	}
	var own *tree.DiskError
	if errors.As(err, &own) || errors.Is(err, tree.ErrRange) || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	e := &tree.DiskError{Op: op, Path: path, Err: err, Discarded: p.opts.Discard || !p.touched.Load()}
	if tree.NoSpace(err) {
		e.Free, e.Lacks = lackOf(p.dir)
	}
	return e
}
