package transfer

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path"
	"strings"
)

// A reader opens files of a listing one after the other. It keeps the directory
// of the last one open, as the next is probably in it too.
type reader struct {
	root *os.Root // nil for a single file
	path string   // of the source
	dirs rootCache
	buf  []byte
}

// newReader opens the source that a listing was made of.
func (s *Source) newReader() (*reader, error) {
	r := &reader{path: s.path, buf: make([]byte, blockSize)}
	if !s.IsDir() {
		return r, nil
	}
	var err error
	if r.root, err = os.OpenRoot(s.path); err != nil {
		return nil, diskError("read", s.path, err)
	}
	r.dirs.root = r.root
	return r, nil
}

func (r *reader) Close() error {
	r.dirs.Close()
	if r.root == nil {
		return nil
	}
	return r.root.Close()
}

// copy writes the bytes of e to w, and fails with a *ChangedError unless e is
// what the scan saw, before and after.
func (r *reader) copy(w io.Writer, e entry) error {
	name := e.path
	if name == "" {
		name = r.path
	}
	f, lstat, err := r.open(e)
	if err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return &ChangedError{Name: name, Detail: "it is gone"}
		}
		return diskError("read", name, err)
	}
	defer f.Close()
	if err := unchanged(e.info, name, f.Stat); err != nil {
		return err
	}
	n, err := r.copyBytes(w, f, e.info.Size())
	var de *os.PathError
	switch {
	case errors.As(err, &de):
		return diskError("read", name, err)
	case err != nil:
		return err
	case n < e.info.Size():
		return &ChangedError{Name: name, Detail: "it shrank"}
	}
	if k, _ := f.Read(r.buf[:1]); k > 0 {
		return &ChangedError{Name: name, Detail: "it grew"}
	}
	if err := unchanged(e.info, name, f.Stat); err != nil {
		return err
	}
	return unchanged(e.info, name, lstat)
}

// open opens e and returns how to look at what has its name later.
func (r *reader) open(e entry) (*os.File, func() (fs.FileInfo, error), error) {
	if r.root == nil {
		f, err := openFile(r.path)
		return f, func() (fs.FileInfo, error) { return os.Stat(r.path) }, err
	}
	dir, base, err := r.dirs.of(e.path)
	if err != nil {
		return nil, nil, err
	}
	f, err := openIn(dir, base)
	return f, func() (fs.FileInfo, error) { return dir.Lstat(base) }, err
}

// copyBytes copies size bytes, or fewer if there are no more.
func (r *reader) copyBytes(w io.Writer, f *os.File, size int64) (int64, error) {
	var done int64
	for done < size {
		n, err := f.Read(r.buf[:min(int64(len(r.buf)), size-done)])
		if n > 0 {
			if _, err := w.Write(r.buf[:n]); err != nil {
				return done, err
			}
			done += int64(n)
		}
		if err == io.EOF {
			break
		}
		if err != nil {
			return done, err
		}
	}
	return done, nil
}

// unchanged compares a file with what the scan saw.
func unchanged(scan fs.FileInfo, name string, stat func() (fs.FileInfo, error)) error {
	now, err := stat()
	switch {
	case err != nil:
		return &ChangedError{Name: name, Detail: "it is gone"}
	case !os.SameFile(scan, now) || !now.Mode().IsRegular():
		return &ChangedError{Name: name, Detail: "it was replaced"}
	case now.Size() < scan.Size():
		return &ChangedError{Name: name, Detail: "it shrank"}
	case now.Size() > scan.Size():
		return &ChangedError{Name: name, Detail: "it grew"}
	case !now.ModTime().Equal(scan.ModTime()):
		return &ChangedError{Name: name, Detail: "it was written to"}
	}
	return nil
}

// A rootCache opens directories below root, and keeps the last one.
type rootCache struct {
	root *os.Root
	dir  string
	last *os.Root // nil when dir is ""
}

// of returns the directory that holds name, and the name within it.
func (c *rootCache) of(name string) (*os.Root, string, error) {
	dir, base := path.Split(name)
	dir = strings.TrimSuffix(dir, "/")
	if dir == "" {
		return c.root, base, nil
	}
	if c.last != nil && c.dir == dir {
		return c.last, base, nil
	}
	c.Close()
	sub, err := c.root.OpenRoot(dir)
	if err != nil {
		return nil, "", err
	}
	c.dir, c.last = dir, sub
	return sub, base, nil
}

// Close closes the directory that is kept, not root.
func (c *rootCache) Close() {
	if c.last != nil {
		c.last.Close()
		c.last = nil
	}
}
