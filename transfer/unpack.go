package transfer

import (
	"compress/flate"
	"context"
	"errors"
	"hash/crc32"
	"io"
	"io/fs"
	"os"
	"path"
	"strings"
)

// unpack checks the archive in p, unpacks it into a hidden directory beside its
// final name, makes that durable and puts it in place.
func (o *Offer) unpack(ctx context.Context, p *partial) error {
	t, err := createTree(p.dir, p.final)
	if err != nil {
		return err
	}
	defer t.discard()
	t.wrap = o.cfg.wrap
	a, err := openArchive(&window{r: p.file}, o.wire)
	if err != nil {
		return err
	}
	if err := a.check(limits{files: o.Files, bytes: o.Size, fold: t.foldsCase()}); err != nil {
		return err
	}
	err = a.members(func(m *member) error {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		return t.unpack(a, m)
	})
	if err != nil {
		return err
	}
	p.discard() // the space may be needed
	return t.commit()
}

// A tree is a directory on its way: hidden, for its owner's eyes only, beside
// the place where it will be.
type tree struct {
	dir   *os.Root
	name  string // hidden
	final SafeName
	root  *os.Root
	mode  fs.FileMode // what the system gives a new directory here
	made  map[string]struct{}
	cache rootCache
	buf   []byte
	flate io.ReadCloser // used again for every file
	wrap  func(io.Writer) io.Writer
}

// createTree creates the hidden directory of final in dir.
func createTree(dir *os.Root, final SafeName) (*tree, error) {
	t := &tree{dir: dir, final: final, made: make(map[string]struct{}), buf: make([]byte, blockSize)}
	err := hidden(final, func(name string) error {
		t.name = name
		return dir.Mkdir(name, 0o777)
	})
	if err == nil {
		if t.root, err = dir.OpenRoot(t.name); err != nil {
			dir.Remove(t.name)
		}
	}
	if err != nil {
		return nil, diskError("create a directory in", dir.Name(), err)
	}
	t.cache.root = t.root
	info, err := t.root.Stat(".")
	if err != nil {
		t.discard()
		return nil, diskError("create a directory in", dir.Name(), err)
	}
	t.mode = info.Mode().Perm()
	t.chmod(0o700)
	return t, nil
}

func (t *tree) chmod(mode fs.FileMode) {
	if d, err := t.root.Open("."); err == nil {
		d.Chmod(mode) // not every file system has modes
		d.Close()
	}
}

// foldsCase reports whether names that differ in case only are the same here.
func (t *tree) foldsCase() bool {
	_, err := t.dir.Lstat(strings.TrimSuffix(t.name, ".part") + ".PART")
	return err == nil
}

// unpack creates what m is.
func (t *tree) unpack(a *archive, m *member) error {
	if m.dir {
		return t.mkdir(m.name)
	}
	if dir := path.Dir(m.name); dir != "." {
		if err := t.mkdir(dir); err != nil {
			return err
		}
	}
	dir, base, err := t.cache.of(m.name)
	if err != nil {
		return diskError("create", m.name, err)
	}
	mode := fs.FileMode(0o666)
	if m.exec {
		mode = 0o777
	}
	f, err := dir.OpenFile(base, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if errors.Is(err, fs.ErrExist) {
		return errTwin(m.name)
	}
	if err != nil {
		return diskError("create", m.name, err)
	}
	err = t.fill(f, a, m)
	if err == nil && syncEach {
		err = diskError("write", m.name, f.Sync())
	}
	if cerr := f.Close(); err == nil {
		err = diskError("write", m.name, cerr)
	}
	return err
}

// errTwin is what happens when the file system takes two names for one.
func errTwin(name string) error {
	return refuse("%s is the same name as another one here", quoteName(name))
}

// mkdir creates a directory and those that lead to it.
func (t *tree) mkdir(name string) error {
	if _, ok := t.made[name]; ok {
		return nil
	}
	if parent := path.Dir(name); parent != "." {
		if err := t.mkdir(parent); err != nil {
			return err
		}
	}
	dir, base, err := t.cache.of(name)
	if err == nil {
		err = dir.Mkdir(base, 0o777)
	}
	if errors.Is(err, fs.ErrExist) {
		return errTwin(name)
	}
	t.made[name] = struct{}{}
	return diskError("create", name, err)
}

// fill writes the data of m to f: exactly as many bytes as the list says, with
// the checksum that it says.
func (t *tree) fill(f *os.File, a *archive, m *member) error {
	start, err := a.locate(m)
	if err != nil {
		return err
	}
	var r io.Reader = io.NewSectionReader(a.r, start, m.packed)
	if m.method == methodDeflated {
		r = t.inflate(r)
	}
	var w io.Writer = f
	if t.wrap != nil {
		w = t.wrap(w)
	}
	var crc uint32
	var done int64
	for {
		n, err := io.ReadFull(r, t.buf[:min(int64(len(t.buf)), m.size-done+1)])
		if done += int64(n); done > m.size {
			return refuse("%s is longer than the list says", quoteName(m.name))
		}
		crc = crc32.Update(crc, crc32.IEEETable, t.buf[:n])
		if _, werr := w.Write(t.buf[:n]); werr != nil {
			return diskError("write", m.name, werr)
		}
		if err == io.EOF || err == io.ErrUnexpectedEOF {
			break
		}
		if err != nil {
			return damaged(m, err)
		}
	}
	if done != m.size || crc != m.crc {
		return refuse("%s is damaged", quoteName(m.name))
	}
	return nil
}

// inflate returns a reader of what r holds compressed.
func (t *tree) inflate(r io.Reader) io.Reader {
	if t.flate == nil {
		t.flate = flate.NewReader(r)
	} else if err := t.flate.(flate.Resetter).Reset(r, nil); err != nil {
		panic("transfer: internal error: " + err.Error())
	}
	return t.flate
}

// damaged tells a bad archive from a bad disk.
func damaged(m *member, err error) error {
	var corrupt flate.CorruptInputError
	if errors.As(err, &corrupt) {
		return refuse("%s is damaged", quoteName(m.name))
	}
	return diskError("read", m.name, err)
}

// commit makes the tree durable and puts it in place.
func (t *tree) commit() error {
	t.chmod(t.mode)
	err := syncTree(t.root)
	t.close() // some systems move no directory that is open
	if err != nil {
		return diskError("write", t.final.s, err)
	}
	err = place(t.dir, t.name, t.final.s)
	if errors.Is(err, fs.ErrExist) {
		return &ExistsError{Name: t.final.s}
	}
	if err != nil {
		return diskError("put in place", t.final.s, err)
	}
	t.name = ""
	return diskError("write", t.final.s, syncDir(t.dir))
}

func (t *tree) close() {
	t.cache.Close()
	if t.root != nil {
		t.root.Close()
		t.root = nil
	}
}

// discard removes what commit has not put in place.
func (t *tree) discard() {
	t.close()
	if t.name != "" {
		t.dir.RemoveAll(t.name)
		t.name = ""
	}
}

// A window reads ahead: the headers and data of small files lie side by side.
type window struct {
	r     io.ReaderAt
	buf   [128 << 10]byte
	start int64
	n     int64
}

// ReadAt is not safe for concurrent use.
func (w *window) ReadAt(p []byte, offset int64) (int, error) {
	if len(p) > len(w.buf)/4 {
		return w.r.ReadAt(p, offset)
	}
	if offset < w.start || offset+int64(len(p)) > w.start+w.n {
		n, err := w.r.ReadAt(w.buf[:], offset)
		w.start, w.n = offset, int64(n)
		if err != nil && err != io.EOF {
			return 0, err
		}
	}
	n := copy(p, w.buf[min(offset-w.start, w.n):w.n])
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}
