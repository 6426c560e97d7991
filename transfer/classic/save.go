package classic

import (
	"context"
	"io"
	"math"
	"os"
	"syscall"

	"sesame/transfer"
	"sesame/tree"
	"sesame/tree/manifest"
	"sesame/tree/staging"
)

func createTree(ctx context.Context, dir *os.Root, m *manifest.Manifest, opts *staging.Options) (tree.Writer, error) {
	t, err := staging.OpenContext(ctx, dir, m, opts)
	if err != nil {
		return nil, err
	}
	return settling{t}, nil
}

// A settling Writer looks at what stands in the place of its directory only when all
// of it has come: before, nobody knows what that is.
type settling struct{ tree.Writer }

func (t settling) Place(ctx context.Context, plan staging.Plan) ([]staging.Placed, error) {
	plan, err := t.Settle(ctx, plan)
	if err != nil {
		return nil, err
	}
	return t.Writer.Place(ctx, plan)
}

// create makes a tree that doesn't outlive a failure: nothing of a classic
// transfer can be resumed.
func (o *fileOffer) create(ctx context.Context, dir *os.Root, m *manifest.Manifest) (tree.Writer, error) {
	return o.cfg.create(ctx, dir, m, &staging.Options{Fresh: true, Discard: true, Losses: &o.losses, Logger: o.cfg.Logger})
}

// A saver takes the bytes that cross, and puts in place what they are.
type saver interface {
	io.Writer
	commit(ctx context.Context, plan staging.Plan) ([]staging.Placed, error)
	// saved returns how many bytes commit has put in place.
	saved() int64
	// discard removes what commit has not put in place.
	discard()
}

// A fileSaver writes a single file.
type fileSaver struct {
	tree tree.Writer
	n    int64
}

func newFileSaver(o *fileOffer, dir *os.Root) (saver, error) {
	t, err := o.create(context.Background(), dir, &manifest.Manifest{Entries: []manifest.Entry{{Path: o.name.String(), Kind: manifest.File, Size: o.size}}})
	if err != nil {
		return nil, err
	}
	return &fileSaver{tree: t}, nil
}

func (s *fileSaver) Write(p []byte) (int, error) {
	if err := s.tree.WriteAt(0, s.n, p); err != nil {
		return 0, err
	}
	s.n += int64(len(p))
	return len(p), nil
}

func (s *fileSaver) commit(ctx context.Context, plan staging.Plan) ([]staging.Placed, error) {
	return s.tree.Place(ctx, plan)
}

func (s *fileSaver) saved() int64 { return s.n }
func (s *fileSaver) discard()     { s.tree.Close() }

// An archiveSaver keeps an archive until its list has come, and unpacks it.
type archiveSaver struct {
	offer *fileOffer
	dir   *os.Root
	spool *spool
	n     int64
}

func newArchiveSaver(o *fileOffer, dir *os.Root) (saver, error) {
	s, err := newSpool(dir)
	if err != nil {
		return nil, err
	}
	return &archiveSaver{offer: o, dir: dir, spool: s}, nil
}

func (s *archiveSaver) Write(p []byte) (int, error) {
	n, err := s.spool.Write(p)
	if err != nil {
		return n, s.spoolError("writing", err)
	}
	return n, nil
}

func (s *archiveSaver) spoolError(op string, err error) error {
	e := &transfer.DiskError{Op: op, Path: s.offer.name.String(), Err: err, Discarded: true}
	if e.Full() {
		e.Free = math.MaxUint64
		if free, _, ok := staging.Space(s.dir); ok {
			e.Free = free
		}
	}
	return e
}

func (s *archiveSaver) commit(ctx context.Context, plan staging.Plan) ([]staging.Placed, error) {
	a, err := openArchive(&window{r: s.spool}, s.offer.wire)
	if err != nil {
		return nil, err
	}
	l, err := a.check(ctx, s.offer.name.String(), limits{files: s.offer.files, bytes: s.offer.size})
	if err != nil {
		return nil, err
	}
	t, err := s.offer.create(ctx, s.dir, l.m)
	if err != nil {
		return nil, err
	}
	defer t.Close()
	u := &unpacker{ctx: ctx, archive: a, tree: t, buf: make([]byte, blockSize)}
	err = a.members(func(m *member) error {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if m.dir {
			return nil
		}
		return u.unpack(m, l.index[m.name])
	})
	if err != nil {
		return nil, err
	}
	s.close() // the space may be needed
	s.n = l.m.Total()
	return t.Place(ctx, plan)
}

func (s *archiveSaver) saved() int64 { return s.n }
func (s *archiveSaver) discard()     { s.close() }

func (s *archiveSaver) close() {
	s.spool.discard()
}

// noSpace says before anything is written that there is too little room.
func noSpace(name transfer.SafeName, free uint64) error {
	return &transfer.DiskError{Op: "writing", Path: name.String(), Free: free, Lacks: staging.Bytes, Err: syscall.ENOSPC, Discarded: true}
}
