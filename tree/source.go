package tree

import (
	"bytes"
	"io"
	"os"
)

// A Source gives the content that a manifest lists, such as that of files on a
// disk (Files). Its methods may be called by several goroutines.
type Source interface {
	// Open opens the file of entry i; the caller closes it. An i that is no entry, or
	// no file, is an error: it may come from a peer.
	Open(i int) (Content, error)
	// Changed returns an error if c, which was opened as entry i and has been read,
	// isn't what was listed.
	Changed(c Content, i int) error
	// Read reads the whole of entry i, which is as long as p, into p. It returns an
	// error if it isn't what was listed.
	Read(i int, p []byte) error
}

// Content is what is in one file, for one or several readers at once: a file, a
// browser's File, a piece that came from somebody else. If it is an *os.File or a
// Sparse, it is asked for its holes (NextData, HasHole); otherwise it has none.
type Content interface {
	io.ReaderAt
	io.Closer
}

// A Sparse is a Content that knows its holes, which read as zeros.
type Sparse interface {
	Content
	// NextData returns where the next data at or after off may be, or size if there
	// is only a hole up to there.
	NextData(off, size int64) int64
	// HasHole reports whether there is a hole before size.
	HasHole(size int64) bool
}

// NextData returns where the next data of c at or after off may be, or size if
// there is only a hole up to there; off if c doesn't know. The position of a file
// changes.
func NextData(c io.ReaderAt, off, size int64) int64 {
	switch c := c.(type) {
	case *os.File:
		return nextData(c, off, size)
	case Sparse:
		return c.NextData(off, size)
	}
	return off
}

// HasHole reports whether c has a hole before size, as far as it knows. The position
// of a file changes.
func HasHole(c io.ReaderAt, size int64) bool {
	switch c := c.(type) {
	case *os.File:
		return hasHole(c, size)
	case Sparse:
		return c.HasHole(size)
	}
	return false
}

// Opener opens the files on a disk that a manifest lists; *manifest.Sources does. Its
// methods are Source's.
type Opener interface {
	Open(i int) (*os.File, error)
	Changed(f *os.File, i int) error
	Read(i int, p []byte) error
}

// Files returns the Source that o is.
func Files(o Opener) Source { return files{o} }

type files struct{ Opener }

func (s files) Open(i int) (Content, error) {
	f, err := s.Opener.Open(i)
	if err != nil {
		return nil, err // not a Content that holds no file
	}
	return f, nil
}

func (s files) Changed(c Content, i int) error {
	f, ok := c.(*os.File)
	if !ok {
		return Rangef("entry %d, which was opened by somebody else", i)
	}
	return s.Opener.Changed(f, i)
}

// Bytes is a Source of what is in memory: the content of each entry of a manifest, in
// its order, nil for what is no file. It must not be changed.
type Bytes [][]byte

var _ Source = Bytes(nil)

// Open is Source's.
func (s Bytes) Open(i int) (Content, error) {
	if i < 0 || i >= len(s) {
		return nil, Rangef("entry %d of %d", i, len(s))
	}
	return reader{bytes.NewReader(s[i])}, nil
}

// Changed returns nil: it doesn't change.
func (s Bytes) Changed(Content, int) error { return nil }

// Read is Source's.
func (s Bytes) Read(i int, p []byte) error {
	if i < 0 || i >= len(s) || len(s[i]) != len(p) {
		return Rangef("entry %d of %d as %d bytes", i, len(s), len(p))
	}
	copy(p, s[i])
	return nil
}

type reader struct{ io.ReaderAt }

func (reader) Close() error { return nil }
