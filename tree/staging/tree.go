package staging

import (
	"context"
	"os"

	"sesame/tree"
	"sesame/tree/manifest"
)

// A Tree is a manifest's tree while it arrives, a tree.Writer on a disk. Its methods
// may be called from several goroutines at once; Place and Close wait for the
// others. The caller must call Close, after Place too. Errors of the disk are a
// *tree.DiskError.
type Tree struct {
	gate   gate
	shape  *tree.Shape
	area   *area
	ledger *tree.Ledger
	names  *naming
	files  *files

	standing *Standing // nil if nobody has looked
}

// A Range is a part of a file. N is -1 if it goes on to an end that isn't
// known yet.
type Range struct {
	Off, N int64
}

// Open makes an area for the tree m in dir: a hidden directory
// `.NAME.RANDOM.sesame`, NAME being m's first top-level name. If an earlier run of
// the transfer Options.ID left one for that name, whose mark Options.Marks has, and
// in which nobody is working, Open adopts it and removes what m doesn't list. Any
// other stays as it is. Directories are made at once, files of length zero and links
// by Place.
//
// m must be complete and stay unchanged; its paths are unique, and directories
// stand before what they hold. The caller must call Close. Errors of the disk
// are a *tree.DiskError; names that it can't keep apart a *TwinsError; a path or kind
// that must not be created gives an error that wraps tree.ErrRange.
func Open(dir *os.Root, m *manifest.Manifest, opts *Options) (*Tree, error) {
	return OpenContext(context.Background(), dir, m, opts)
}

// OpenContext is Open. Soon after ctx has ended it returns ctx's error.
func OpenContext(ctx context.Context, dir *os.Root, m *manifest.Manifest, opts *Options) (*Tree, error) {
	s, err := tree.NewShape(ctx, m)
	if err != nil {
		return nil, err
	}
	p, err := newArea(dir, opts)
	if err != nil {
		return nil, err
	}
	t := &Tree{shape: s, area: p, ledger: tree.NewLedger(s, p.opts.Losses), names: newNaming(s, p)}
	t.files = newFiles(s, p, t.ledger, t.names)
	if err := t.open(ctx); err != nil {
		t.Close()
		return nil, err
	}
	return t, nil
}

func (t *Tree) open(ctx context.Context) error {
	if t.area.opts.Fresh || !t.area.adopt(t.shape.First(), func() error { return takeStock(ctx, t.files) }) {
		if err := t.area.create(ctx, t.shape.First()); err != nil {
			return err
		}
	}
	t.ledger.Losses.KeepsNot(t.area.traits.unkept(t.shape.M))
	if err := t.names.checkTwins(ctx); err != nil {
		return err
	}
	return maker{t.files}.makeFolders(ctx)
}

// into opens a call about file i. If err is nil the caller must call t.gate.exit.
func (t *Tree) into(i int) error {
	if err := t.gate.enter(); err != nil {
		return err
	}
	err := t.shape.CheckFile(i)
	if err != nil {
		t.gate.exit()
	}
	return err
}

// WriteAt writes p at offset off of file i: see tree.Writer.
func (t *Tree) WriteAt(i int, off int64, p []byte) error {
	if err := t.into(i); err != nil {
		return err
	}
	defer t.gate.exit()
	return t.files.writeAt(i, off, p)
}

// WriteFile writes all of file i at once: the quick way for small files, which
// leaves nothing open behind it. See tree.Writer.
func (t *Tree) WriteFile(i int, p []byte) error {
	if err := t.into(i); err != nil {
		return err
	}
	defer t.gate.exit()
	return t.files.writeFile(i, p)
}

// Hole says that n bytes at off of file i are zeros. They count as written, and
// take no room where the file system has holes; zeros replace what an earlier
// run left there.
func (t *Tree) Hole(i int, off, n int64) error {
	if err := t.into(i); err != nil {
		return err
	}
	defer t.gate.exit()
	return t.files.hole(i, off, n)
}

// EndStream says that file i, whose manifest entry has no size, ends at size.
func (t *Tree) EndStream(i int, size int64) error {
	if err := t.into(i); err != nil {
		return err
	}
	defer t.gate.exit()
	return t.files.endStream(i, size)
}

// Fail says that entry i won't come. What there is of it is removed, even if it
// was finished, and the rest of the tree goes on. The first reason counts.
func (t *Tree) Fail(i int, why manifest.Reason) error {
	if err := t.gate.enter(); err != nil {
		return err
	}
	defer t.gate.exit()
	if i < 0 || i >= len(t.shape.M.Entries) {
		return tree.Rangef("entry %d of %d", i, len(t.shape.M.Entries))
	}
	t.ledger.Fail(i, why)
	if t.shape.M.Entries[i].Kind != manifest.File {
		return nil
	}
	return t.files.fail(i)
}

// Failed returns the reason that Fail gave for entry i, or why it is a Loss; "" if
// it hasn't failed.
func (t *Tree) Failed(i int) (why manifest.Reason, failed bool) { return t.ledger.Why(i) }

// Missing returns the ranges of file i that haven't arrived, none if it is
// finished or has failed.
func (t *Tree) Missing(i int) []Range {
	if err := t.into(i); err != nil {
		return nil
	}
	defer t.gate.exit()
	return t.files.missing(i)
}

// Resumable returns how many bytes from the beginning of file i lie on disk
// from an earlier run and may be compared: whole groups, or the whole file.
func (t *Tree) Resumable(i int) int64 { return t.files.resumable(i) }

// Hashes returns what the sender needs to say which groups of file i are equal
// to its own: see tree.Writer.
func (t *Tree) Hashes(ctx context.Context, i int, key []byte) (group int64, sums []byte, err error) {
	if err := t.into(i); err != nil {
		return 0, nil, err
	}
	defer t.gate.exit()
	return t.files.hashes(ctx, i, key)
}

// Keep says that the sender found a group of file i equal to its own. It counts
// as written. The error wraps tree.ErrRange if no hash of it was to be had.
func (t *Tree) Keep(i int, group int) error {
	if err := t.into(i); err != nil {
		return err
	}
	defer t.gate.exit()
	return t.files.keep(i, group)
}

// Standing looks at the final places that plan names. It marks what the plan skips
// as something that won't come, and keeps in mind what may be equal. The plan for
// Place is Standing.Plan. t must not have been written to. Errors are ctx's.
func (t *Tree) Standing(ctx context.Context, plan tree.Plan) (tree.Standing, error) {
	s, err := findStanding(ctx, t, plan)
	if err != nil {
		return nil, err
	}
	t.standing = s
	return s, nil
}

// Settle returns plan with the decision about each Target.Same that is about a
// directory. Standing has made it already.
func (t *Tree) Settle(ctx context.Context, plan tree.Plan) (tree.Plan, error) {
	s, err := newStanding(ctx, t, plan)
	if err != nil {
		return nil, err
	}
	s.folders.close()
	return s.plan, nil
}

// Written returns the bytes that have arrived, were kept, or are holes. Bytes
// of an entry that failed are taken off again.
func (t *Tree) Written() int64 { return t.ledger.Written() }

// Complete reports whether every file has arrived or failed, so that Place
// can be called. It waits for writes that are under way: where two bring the same,
// the one that returns first leaves the end of the file to the other.
func (t *Tree) Complete() (all bool) {
	if t.ledger.Complete() {
		return true
	}
	t.gate.alone(func(*stage) error {
		all = t.ledger.Complete()
		return nil
	})
	return all
}

// InPlace returns the final name of the top-level name if the run before, which
// ended in the middle of Place, has put it there already. The plan has no say
// in it then. Writing something else to it takes it back into staging first.
func (t *Tree) InPlace(name string) (final string, ok bool) { return t.names.find(name) }

// Place gives every top-level name its final one. Before that it makes what has
// no data (files of length zero, then links), sets the times of directories, and
// waits until all of it would survive a power loss; when it returns nil, so do
// the names. The staging directory is gone then, and the tree is closed.
//
// A final name that is taken where the plan refuses gives an *tree.ExistsError, if it
// can be helped before anything was placed. After this or any other error Place
// can be called again, with another plan; what it returned stays placed, and once
// that is something, no data is taken any more. A top-level file that failed
// isn't placed; a failed file below one is left out.
//
// It returns tree.ErrIncomplete while data is missing.
func (t *Tree) Place(ctx context.Context, plan tree.Plan) (placed []tree.Placed, err error) {
	err = t.gate.alone(func(p *stage) (err error) {
		placed, err = t.settle(ctx, plan, p)
		return err
	})
	return placed, err
}

func (t *Tree) settle(ctx context.Context, plan tree.Plan, p *stage) ([]tree.Placed, error) {
	switch {
	case p.closed:
		return nil, tree.ErrClosed
	case !t.ledger.Complete():
		return nil, tree.ErrIncomplete
	}
	if err := t.standing.verify(ctx); err != nil {
		return nil, err
	}
	m := &mover{files: t.files, standing: t.standing, ctx: ctx, given: make(map[string]bool)}
	if err := m.choose(plan); err != nil {
		return nil, err
	}
	if err := (maker{t.files}).prepare(ctx); err != nil {
		return nil, err
	}
	if err := m.note(); err != nil {
		return nil, t.area.fault(tree.OpInto, ".", err)
	}
	if err := (syncer{t.files}).syncTree(ctx); err != nil {
		return nil, err
	}
	placed, err := m.placeAll()
	p.frozen = p.frozen || m.begun
	if err != nil {
		return placed, err
	}
	if err := t.area.syncFolder(t.area.dir); err != nil {
		return placed, t.area.fault(tree.OpPlacing, ".", err)
	}
	return placed, t.shutDown(p, true)
}

// Close ends the work. What has arrived stays for the next run, unless that is
// nothing or Options.Discard is set; after Place there is nothing left to stay.
// It may be called again.
func (t *Tree) Close() error {
	return t.gate.alone(func(p *stage) error {
		if p.closed {
			return nil
		}
		return t.shutDown(p, t.area.opts.Discard || !t.area.touched.Load())
	})
}

// shutDown gives everything back.
func (t *Tree) shutDown(p *stage, remove bool) error {
	p.closed = true
	err := t.files.close()
	t.files.folders.close()
	if t.standing != nil {
		t.standing.folders.close()
	}
	t.area.close(remove)
	return err
}
