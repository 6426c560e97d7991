package classic

import (
	"context"
	"io"
	"math"
	"syscall"

	"sesame/transfer"
	"sesame/tree"
	"sesame/tree/manifest"
)

// A settling Writer looks at what stands in the place of its directory only when all
// of it has come: before, nobody knows what that is.
type settling struct{ tree.Writer }

func (t settling) Place(ctx context.Context, plan tree.Plan) ([]tree.Placed, error) {
	plan, err := t.Settle(ctx, plan)
	if err != nil {
		return nil, err
	}
	return t.Writer.Place(ctx, plan)
}

// create begins a tree that doesn't outlive a failure: nothing of a classic
// transfer can be resumed.
func (o *fileOffer) create(ctx context.Context, into tree.Store, m *manifest.Manifest) (tree.Writer, error) {
	t, err := into.Begin(ctx, m, &tree.Options{Fresh: true, Discard: true, Losses: &o.losses, Logger: o.cfg.Logger})
	if err != nil {
		return nil, err
	}
	return settling{t}, nil
}

// A saver takes the bytes that cross, and puts in place what they are.
type saver interface {
	io.Writer
	commit(ctx context.Context, plan tree.Plan) ([]tree.Placed, error)
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

func newFileSaver(o *fileOffer, into tree.Store) (saver, error) {
	t, err := o.create(context.Background(), into, &manifest.Manifest{Entries: []manifest.Entry{{Path: o.name.String(), Kind: manifest.File, Size: o.size}}})
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

func (s *fileSaver) commit(ctx context.Context, plan tree.Plan) ([]tree.Placed, error) {
	return s.tree.Place(ctx, plan)
}

func (s *fileSaver) saved() int64 { return s.n }
func (s *fileSaver) discard()     { s.tree.Close() }

// An archiveSaver keeps an archive until its list has come, and unpacks it.
type archiveSaver struct {
	offer *fileOffer
	into  tree.Store
	spool tree.Spool
	n     int64
}

func newArchiveSaver(o *fileOffer, into tree.Store) (saver, error) {
	s, err := into.Spool()
	if err != nil {
		return nil, err
	}
	return &archiveSaver{offer: o, into: into, spool: s}, nil
}

func (s *archiveSaver) Write(p []byte) (int, error) {
	n, err := s.spool.Write(p)
	if err != nil {
		return n, s.spoolError(tree.OpWriting, err)
	}
	return n, nil
}

func (s *archiveSaver) spoolError(op tree.Op, err error) error {
	e := &transfer.DiskError{Op: op, Path: s.offer.name.String(), Err: err, Discarded: true}
	if e.Full() {
		e.Free = math.MaxUint64
		if free, ok := s.into.Free(); ok {
			e.Free = free.Bytes
		}
	}
	return e
}

func (s *archiveSaver) commit(ctx context.Context, plan tree.Plan) ([]tree.Placed, error) {
	a, err := openArchive(&window{r: s.spool}, s.offer.wire)
	if err != nil {
		return nil, err
	}
	l, err := a.check(ctx, s.offer.name.String(), limits{files: s.offer.files, bytes: s.offer.size})
	if err != nil {
		return nil, err
	}
	as, _, err := transfer.Fit(ctx, l.m, s.offer.cfg.Names)
	if err != nil {
		return nil, err
	}
	s.offer.renamed = as.Renamed
	t, err := s.offer.create(ctx, s.into, as.List)
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
	s.spool.Discard()
}

// noSpace says before anything is written that there is too little room.
func noSpace(name transfer.SafeName, free uint64) error {
	return &transfer.DiskError{Op: tree.OpWriting, Path: name.String(), Free: free, Lacks: tree.LackBytes, Err: syscall.ENOSPC, Discarded: true}
}
