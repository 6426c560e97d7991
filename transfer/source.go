package transfer

import (
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
)

// A Source is a file or directory that its user named, to be sent once or
// several times, also at the same time. Nothing is held open between sends.
type Source struct {
	path string // as the user named it
	name string // how it is offered

	mu   sync.Mutex
	info fs.FileInfo // of the file or directory itself
	list *listing    // nil until scanned
}

// A listing is what a scan found, in the order in which it is sent.
type listing struct {
	entries []entry
	files   int
	size    int64 // bytes of all files
	skipped []Skipped
}

// Skipped is something that was found and is not sent.
type Skipped struct {
	Path   string // relative to the source; not safe to print
	Reason string
}

// An entry is one file of a listing, or an empty directory.
type entry struct {
	path string // relative to the source, with slashes; "" for a single file
	info fs.FileInfo
}

// Open looks at what path names: a regular file or a directory, also through a
// symbolic link. It returns at once; a directory is walked when it is scanned
// or sent. Everything else (devices, FIFOs, sockets) is refused.
func Open(path string) (*Source, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, diskError("read", path, err)
	}
	switch {
	case info.IsDir():
	case info.Mode().IsRegular():
		// A file that can't be read is better found out before anybody waits.
		f, err := openFile(path)
		if err != nil {
			return nil, diskError("read", path, err)
		}
		f.Close()
	default:
		return nil, &DiskError{Op: "send", Name: path, Free: -1, Err: errNotRegular}
	}
	abs, err := filepath.Abs(path)
	if err != nil {
		return nil, diskError("read", path, err)
	}
	name := escapeName(filepath.Base(abs), false)
	if filepath.Dir(abs) == abs {
		name = "files" // the root has no name
	}
	return &Source{path: path, name: name, info: info}, nil
}

// Name returns the name under which the source is offered.
func (s *Source) Name() string { return s.name }

// IsDir reports whether the source is a directory.
func (s *Source) IsDir() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.info.IsDir()
}

// Size returns the bytes of all files together. A directory must have been
// scanned; before that it is 0.
func (s *Source) Size() int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.list != nil:
		return s.list.size
	case s.info.IsDir():
		return 0
	}
	return s.info.Size()
}

// Files returns the number of files: 1 for a file, 0 for a directory that has
// not been scanned.
func (s *Source) Files() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.list != nil:
		return s.list.files
	case s.info.IsDir():
		return 0
	}
	return 1
}

// Skipped returns what the last scan left out, with reasons: symbolic links,
// devices, what can't be read, names that can't be created everywhere.
func (s *Source) Skipped() []Skipped {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.list == nil {
		return nil
	}
	return s.list.skipped
}

// Scan looks at the source as it is now, which for a directory means to walk
// it. Send uses the last scan, or makes one; what has changed since then fails
// the transfer.
func (s *Source) Scan(ctx context.Context) error {
	info, err := os.Stat(s.path)
	if err != nil {
		return diskError("read", s.path, err)
	}
	s.mu.Lock()
	was := s.info.IsDir()
	s.mu.Unlock()
	if info.IsDir() != was || !info.IsDir() && !info.Mode().IsRegular() {
		return &ChangedError{Name: s.path, Detail: "it is something else now"}
	}
	list := &listing{entries: []entry{{info: info}}, files: 1, size: info.Size()}
	if info.IsDir() {
		if list, err = walk(ctx, s.path); err != nil {
			return err
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.info, s.list = info, list
	return nil
}

// listing returns the last scan, made now if there is none.
func (s *Source) listing(ctx context.Context) (*listing, error) {
	s.mu.Lock()
	list := s.list
	s.mu.Unlock()
	if list != nil {
		return list, nil
	}
	if err := s.Scan(ctx); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.list, nil
}
