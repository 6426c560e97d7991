package transfer

import (
	"context"
	"io"
	"io/fs"
	"path/filepath"
	"strings"
	"sync"

	"sesame/transfer/manifest"
	"sesame/transfer/native"
)

// bundleName is what a classic peer gets several things in.
const bundleName = "sesame-files"

// A Source is what a user named to be sent: files and directories, or a stream.
// Files can be sent several times, also at the same time, a stream once. The
// caller calls Close.
type Source struct {
	paths  []string // as the user named them
	name   string
	dir    bool      // one directory was named
	size   int64     // bytes, -1 if that takes a walk or can't be known
	stream io.Reader // instead of paths

	turn chan struct{} // holds one while somebody walks

	mu     sync.Mutex
	list   *manifest.Manifest // nil until walked
	files  files              // opens what is in list
	closed bool
}

// files opens the files of a manifest; *manifest.Sources does.
type files interface {
	native.Sources
	Close() error
}

// FromReader makes a Source of what r gives until it ends, whose length nobody
// needs to know. It is sent as a file of the given name, to native peers only:
// Send fails with ErrClassicPeer otherwise. r stays the caller's, who closes it
// to end a Read that waits when Send has failed.
func FromReader(name string, r io.Reader) *Source {
	return &Source{name: name, size: manifest.StreamSize, stream: r, turn: make(chan struct{}, 1)}
}

// Name returns the name under which the source is offered. For several things
// that is the directory which a classic peer gets them in.
func (s *Source) Name() string { return s.name }

// String returns what was named, for messages to the user; it is not safe to
// print.
func (s *Source) String() string {
	if s.stream != nil {
		return s.name
	}
	return strings.Join(s.paths, ", ")
}

// IsDir reports whether the source is one directory.
func (s *Source) IsDir() bool { return s.dir }

// Size returns the bytes of all files together, -1 for a stream and for
// directories that Scan hasn't walked.
func (s *Source) Size() int64 {
	if m := s.Manifest(); m != nil && s.stream == nil {
		return m.Total()
	}
	return s.size
}

// Manifest lists what will be sent, and what is left out (Skipped). It is nil
// until Scan or Send has walked the source, and must not be changed. A classic
// peer gets no links: see Report.Skipped.
func (s *Source) Manifest() *manifest.Manifest {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.list
}

// Scan walks the source once; Send does it if it was not done. It may run in the
// background while the peer is waited for; who comes meanwhile waits for it.
// seen, if it isn't nil, is called now and then with what was found so far.
//
// What changes after it is found out when it is read. Errors: something named is
// gone, nothing of it can be sent, it is too much (*manifest.Error), or ctx's.
func (s *Source) Scan(ctx context.Context, seen func(entries int, bytes int64)) error {
	_, _, err := s.listed(ctx, seen)
	return err
}

// listed returns what Scan found, now if there was none.
func (s *Source) listed(ctx context.Context, seen func(int, int64)) (*manifest.Manifest, files, error) {
	select {
	case s.turn <- struct{}{}:
	case <-ctx.Done():
		return nil, nil, context.Cause(ctx)
	}
	defer func() { <-s.turn }()
	m, f, err := s.found()
	if m != nil || err != nil {
		return m, f, err
	}
	if s.stream != nil {
		m = &manifest.Manifest{Entries: []manifest.Entry{{Path: s.name, Kind: manifest.File, Size: manifest.StreamSize}}}
		err = m.Check()
	} else {
		m, f, err = walk(ctx, s.paths, seen)
	}
	if err != nil {
		return nil, nil, err
	}
	s.mu.Lock()
	s.list, s.files = m, f
	s.mu.Unlock()
	return s.found()
}

// found returns what an earlier walk found, if there was one.
func (s *Source) found() (*manifest.Manifest, files, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil, nil, fs.ErrClosed
	}
	return s.list, s.files, nil
}

// Close gives back what is held open. It doesn't wait for a walk; end that by its
// context. What was sent from the source must have ended.
func (s *Source) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil
	}
	s.closed = true
	if s.files == nil {
		return nil
	}
	return s.files.Close()
}

// topName returns the name that what path means gets at the other end.
func topName(path string) (string, error) {
	abs, err := filepath.Abs(path)
	return filepath.Base(abs), err
}
