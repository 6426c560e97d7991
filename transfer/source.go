package transfer

import (
	"context"
	"io"
	"io/fs"
	"strings"
	"sync"

	"sesame/tree"
	"sesame/tree/manifest"
)

// BundleName is what a classic peer gets several things in.
const BundleName = "sesame-files"

// A Source is what is to be sent: files and directories that a user named, a stream,
// or a list whose content somebody has.
// Files can be sent several times, also at the same time, a stream once. The
// caller calls Close.
type Source struct {
	paths  []string // as the user named them
	name   string
	dir    bool      // one directory was named
	size   int64     // bytes, -1 if that takes a walk or can't be known
	stream io.Reader // instead of paths

	given   *manifest.Manifest // instead of them, too
	content tree.Source        // of given

	mu      sync.Mutex
	list    *manifest.Manifest // the last one, nil until there is one
	renamed []manifest.Renamed // in list
	closed  bool
}

// Files is the content of one list, as a disk has it.
type Files interface {
	tree.Source
	io.Closer
	// Mark prepares for telling what has grown from what has changed.
	Mark(ctx context.Context) error
	// Grown returns the entries of which less crossed than there was.
	Grown() []int
}

// A Listing is what a Source is at one time. Who gets one calls Close.
type Listing struct {
	// Manifest lists it. It must not be changed.
	Manifest *manifest.Manifest
	// Files has what it lists; nil for a stream.
	Files Files
	// Stream has the contents of the one entry whose size isn't known; nil if there
	// is none. It may be read once.
	Stream io.Reader

	renamed []manifest.Renamed
}

// Close closes what is open of it. Stream stays open: it isn't the Listing's.
func (l *Listing) Close() {
	if l.Files != nil {
		l.Files.Close()
	}
}

// Grown returns the paths of what has grown, but for those that failed.
func (l *Listing) Grown(failed []Failure) (paths []string) {
	if l.Files == nil {
		return nil
	}
	gone := make(map[string]bool, len(failed))
	for _, f := range failed {
		gone[f.Path] = true
	}
	for _, i := range l.Files.Grown() {
		if path := l.Manifest.Entries[i].Path; !gone[path] {
			paths = append(paths, path)
		}
	}
	return paths
}

// FromReader makes a Source of what r gives until it ends, whose length nobody
// needs to know. It is sent as a file of the given name, to native peers only:
// sending fails with ErrClassicPeer otherwise. r stays the caller's, who closes it
// to end a Read that waits when Send has failed.
func FromReader(name string, r io.Reader) *Source {
	return &Source{name: name, size: manifest.StreamSize, stream: r}
}

// Name returns the name under which the source is offered. For several things
// that is the directory which a classic peer gets them in.
func (s *Source) Name() string { return s.name }

// String returns what was named, for messages to the user; it is not safe to
// print.
func (s *Source) String() string {
	if s.paths == nil {
		return s.name
	}
	return strings.Join(s.paths, ", ")
}

// Paths returns what was named on a disk, none of another source. They must not be changed.
func (s *Source) Paths() []string { return s.paths }

// IsDir reports whether the source is one directory.
func (s *Source) IsDir() bool { return s.dir }

// IsStream reports whether the source is a stream, which native peers only can take.
func (s *Source) IsStream() bool { return s.stream != nil }

// Size returns the bytes of all files together, as they were listed last; -1 for
// a stream, and for directories that weren't listed yet.
func (s *Source) Size() int64 {
	if m := s.Manifest(); m != nil && s.stream == nil {
		return m.Total()
	}
	return s.size
}

// Manifest is the last list that Scan or Send has made: what was there, and what
// is left out (Skipped). It is nil before the first one, and must not be changed. A
// classic peer gets no links: see Report.Skipped.
func (s *Source) Manifest() *manifest.Manifest {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.list
}

// Renamed returns what of the things named had to get another name in Manifest,
// because an earlier one has the same.
func (s *Source) Renamed() []manifest.Renamed {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.renamed
}

// Scan lists what is there now. That is for whoever waits for the peer, and wants
// to know what would be sent and whether it can be: Send makes a list of its own.
// seen, if it isn't nil, is called now and then with what was found so far.
//
// Errors: a *ListError, fs.ErrClosed, or ctx's.
func (s *Source) Scan(ctx context.Context, seen func(entries int, bytes int64)) error {
	l, err := s.look(ctx, seen)
	if err != nil {
		return err
	}
	l.Close()
	return nil
}

// look lists what is there now, and remembers it.
func (s *Source) look(ctx context.Context, seen func(int, int64)) (*Listing, error) {
	s.mu.Lock()
	s.list, s.renamed = nil, nil // there is no need for two large ones
	closed := s.closed
	s.mu.Unlock()
	if closed {
		return nil, fs.ErrClosed
	}
	l := &Listing{Stream: s.stream}
	var err error
	switch {
	case s.given != nil:
		l.Manifest, l.Files = s.given, given{s.content}
		err = checkGiven(s.given)
	case s.stream != nil:
		l.Manifest = &manifest.Manifest{Entries: []manifest.Entry{{Path: s.name, Kind: manifest.File, Size: manifest.StreamSize}}}
		err = l.Manifest.Check()
	default:
		l, err = walk(ctx, s.paths, seen)
	}
	if ctx.Err() != nil && err != nil {
		return nil, err
	}
	if err != nil {
		return nil, &ListError{err}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.list, s.renamed = l.Manifest, l.renamed
	return l, nil
}

// Close ends the use of the source: nothing can be listed any more.
func (s *Source) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	return nil
}

// A ListError says that what is to be sent can't be listed: something named is
// gone, nothing of it can be sent, or it is too much (*manifest.Error).
type ListError struct{ Err error }

func (e *ListError) Error() string { return e.Err.Error() }

// Unwrap returns the cause.
func (e *ListError) Unwrap() error { return e.Err }
