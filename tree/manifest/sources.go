//go:build !js

package manifest

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"

	"sesame/internal/descriptors"
)

// Sources opens the files that a walked manifest lists. It may be used by any
// number of goroutines. It never opens anything outside what the user named,
// whatever has been put in the place of a file or directory since, and keeps at
// most one directory open, until Close.
//
// Source: doc/native.md §6.7.
type Sources struct {
	// Renamed is what had to get another top-level name.
	Renamed []Renamed

	m     *Manifest
	tops  map[string]*top
	first []atomic.Uint64 // the file that each entry was first opened as, 0 if it wasn't

	growth growth

	mu   sync.Mutex
	last lastDir
}

// A lastDir is the directory that was opened last, while nobody else has it.
type lastDir struct {
	dir    *openDir // nil for none
	closed bool     // none is kept any more
}

// drop closes the directory.
func (l *lastDir) drop() {
	if l.dir != nil {
		l.dir.release()
		l.dir = nil
	}
}

func newSources(m *Manifest, tops []top, renamed []Renamed) *Sources {
	s := &Sources{Renamed: renamed, m: m, tops: make(map[string]*top, len(tops))}
	for i := range tops {
		s.tops[tops[i].name] = &tops[i]
	}
	s.first = make([]atomic.Uint64, len(m.Entries))
	return s
}

// Open opens the file of entry i for reading; the caller closes it. The error
// is a *ChangedError if something else is there now, and a *fs.PathError if it
// can't be opened. An i that is no entry, or no file, is an error too: it may
// come from a peer.
//
// What Open returns is a regular file, but may have another size or time than
// was listed: see Changed.
func (s *Sources) Open(i int) (*os.File, error) {
	if i < 0 || i >= len(s.m.Entries) || s.m.Entries[i].Kind != File {
		return nil, fmt.Errorf("entry %d is no file of this transfer", i)
	}
	path := s.m.Entries[i].Path
	t, inside := s.find(path)
	var f *os.File
	var info fs.FileInfo
	var err error
	err = descriptors.Patiently(func() error {
		if inside == "" {
			f, info, err = openNamed(t)
		} else {
			f, info, err = s.openInside(t, path)
		}
		return err
	}, s.letGo)
	if err == nil && !s.remember(i, info) {
		err = errReplacedFile
	}
	if how, elsewhere := errors.AsType[Reason](err); elsewhere {
		err = &ChangedError{path, how}
	}
	if err != nil {
		if f != nil {
			f.Close()
		}
		return nil, err
	}
	return f, nil
}

// Changed returns a *ChangedError if f, which was opened as entry i, is not, or
// no longer, what was listed: the size and the time of the last change, and
// which file it is (where the system numbers files) since entry i was first
// opened. A file that Mark has marked, and that has only grown, is what was
// listed, and is noted in Grown. Call it when the file has been read.
func (s *Sources) Changed(f *os.File, i int) error {
	e := &s.m.Entries[i]
	info, err := f.Stat()
	if err != nil {
		return err
	}
	var how Reason
	id := fileID(info)
	same := id == 0 || s.first[i].Load() == id
	switch {
	case !info.Mode().IsRegular():
		how = Because(CauseIrregular)
	case info.Size() > e.Size && same && s.growth.only(f, i, e.Size):
	case info.Size() != e.Size:
		how = Because(CauseSize, info.Size(), e.Size)
	case !modTime(info).Equal(e.ModTime):
		how = Because(CauseWritten)
	case !same:
		how = Because(CauseSwapped)
	case e.Size == 0:
		// Some files of the system say 0 and hold more.
		if n, _ := f.ReadAt(make([]byte, 1), 0); n > 0 {
			how = Because(CauseHoldsMore)
		}
	}
	if how != (Reason{}) {
		return &ChangedError{e.Path, how}
	}
	return nil
}

// Path returns where entry i is on this machine, as its user named it.
func (s *Sources) Path(i int) string {
	t, inside := s.find(s.m.Entries[i].Path)
	return filepath.Join(t.named, filepath.FromSlash(inside))
}

// Close closes what is kept open. Files that Open returned stay open.
func (s *Sources) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.last.closed = true
	s.last.drop()
	return nil
}

// letGo closes what is kept open for the next file.
func (s *Sources) letGo() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.last.drop()
}

// find returns the named thing that path is in, and the path inside it, "" for
// the thing itself.
func (s *Sources) find(path string) (*top, string) {
	name, inside, _ := strings.Cut(path, "/")
	return s.tops[name], inside
}

// remember fixes which file an entry is when it is first opened, and reports
// whether it still is that one.
func (s *Sources) remember(i int, info fs.FileInfo) bool {
	return s.rememberID(i, fileID(info))
}

func (s *Sources) rememberID(i int, id uint64) bool {
	return id == 0 || s.first[i].CompareAndSwap(0, id) || s.first[i].Load() == id
}

// openNamed opens a file that was named itself.
func openNamed(t *top) (*os.File, fs.FileInfo, error) {
	f, err := os.OpenFile(t.path, os.O_RDONLY|openFlags, 0)
	return regular(f, err, func() (fs.FileInfo, error) { return os.Lstat(t.path) })
}

// openInside opens a file below a directory that was named.
func (s *Sources) openInside(t *top, path string) (*os.File, fs.FileInfo, error) {
	slash := strings.LastIndexByte(path, '/')
	d, err := s.open(t, path[:slash])
	if err != nil {
		return nil, nil, err
	}
	defer d.release()
	name := path[slash+1:]
	f, err := d.root.OpenFile(name, os.O_RDONLY|openFlags, 0)
	return regular(f, err, func() (fs.FileInfo, error) { return d.root.Lstat(name) })
}

// Ways in which something else stands where a file was listed.
var (
	errNoFile       = Because(CauseIrregular)
	errReplacedDir  = Because(CauseMoved)
	errReplacedFile = Because(CauseSwapped)
)

// regular returns f and what it is, if it could be opened, is a regular file,
// and is what lstat finds at its place, so that no link was followed. Otherwise
// it closes f.
func regular(f *os.File, err error, lstat func() (fs.FileInfo, error)) (*os.File, fs.FileInfo, error) {
	if err != nil {
		if here, lerr := lstat(); lerr == nil && !here.Mode().IsRegular() {
			err = errNoFile
		}
		return nil, nil, err
	}
	info, err := f.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = errNoFile
	}
	if err == nil {
		var here fs.FileInfo
		if here, err = lstat(); err == nil && !os.SameFile(here, info) {
			err = errReplacedFile
		}
	}
	if err != nil {
		f.Close()
		return nil, nil, err
	}
	return f, info, nil
}

// An openDir is a directory that some goroutines open files in.
type openDir struct {
	path  string // in the manifest
	root  *os.Root
	fd    int // of root, -1 if there is none
	users atomic.Int32
}

func (d *openDir) release() {
	if d.users.Add(-1) == 0 {
		closeDescriptor(d.fd)
		d.root.Close()
	}
}

// open returns the directory at path, which the caller releases. Files of
// one directory are mostly opened one after another, so the last one is kept.
func (s *Sources) open(t *top, path string) (*openDir, error) {
	s.mu.Lock()
	if s.last.closed {
		s.mu.Unlock()
		return nil, fs.ErrClosed
	}
	if d := s.last.dir; d != nil && d.path == path {
		d.users.Add(1)
		s.mu.Unlock()
		return d, nil
	}
	s.mu.Unlock()

	root, err := descend(t, path[min(len(path), len(t.name)+1):])
	if err != nil {
		return nil, err
	}
	d := &openDir{path: path, root: root, fd: descriptor(root)}
	d.users.Store(1)
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.last.closed {
		s.last.drop()
		s.last.dir = d
		d.users.Add(1)
	}
	return d, nil
}

// descend opens a directory inside a named one ("" for that itself). Neither
// may have been replaced by another or by a link.
func descend(t *top, inside string) (*os.Root, error) {
	root, err := os.OpenRoot(t.path)
	if err != nil {
		return nil, err
	}
	info, err := root.Stat(".")
	if err == nil && !os.SameFile(info, t.info) {
		err = errReplacedDir
	}
	if err != nil || inside == "" {
		return rootOr(root, err)
	}
	defer root.Close()
	sub, err := root.OpenRoot(filepath.FromSlash(inside))
	for end := 0; end < len(inside); {
		if i := strings.IndexByte(inside[end+1:], '/'); i >= 0 {
			end += 1 + i
		} else {
			end = len(inside)
		}
		var lerr error
		if info, lerr = root.Lstat(filepath.FromSlash(inside[:end])); lerr == nil && info.IsDir() {
			continue
		}
		if err == nil {
			sub.Close()
			err = lerr
		}
		if lerr == nil {
			err = errReplacedDir
		}
		return nil, err
	}
	if err != nil {
		return nil, err
	}
	if now, err := sub.Stat("."); err != nil || !os.SameFile(now, info) {
		return rootOr(sub, errReplacedDir)
	}
	return sub, nil
}

// rootOr returns root, or closes it and returns err.
func rootOr(root *os.Root, err error) (*os.Root, error) {
	if err != nil {
		root.Close()
		return nil, err
	}
	return root, nil
}
