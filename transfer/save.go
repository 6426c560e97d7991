package transfer

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"io/fs"
	"os"
	"syscall"
)

// A partial is a file on its way: hidden, for its owner's eyes only, beside the
// place where it will be. It is a regular file that nobody else has created.
type partial struct {
	dir   *os.Root
	name  string // hidden
	final SafeName
	file  *os.File
	mode  fs.FileMode // what the system gives a new file here
}

// createPartial creates the partial of final in dir.
func createPartial(dir *os.Root, final SafeName) (*partial, error) {
	p := &partial{dir: dir, final: final}
	err := hidden(final, func(name string) (err error) {
		p.name = name
		p.file, err = dir.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o666)
		return err
	})
	if err != nil {
		return nil, diskError("create a file in", dir.Name(), err)
	}
	// Only the system knows what the umask and the directory make of 0666, so
	// the empty file had it for a moment.
	info, err := p.file.Stat()
	if err != nil {
		p.discard()
		return nil, diskError("create a file in", dir.Name(), err)
	}
	p.mode = info.Mode().Perm()
	p.file.Chmod(0o600) // not every file system has modes
	return p, nil
}

// hidden calls create with unguessable names until one is new.
func hidden(final SafeName, create func(name string) error) error {
	for try := 0; ; try++ {
		var random [6]byte
		rand.Read(random[:])
		err := create("." + shorten(final.s, 200) + "." + hex.EncodeToString(random[:]) + ".part")
		if try > 4 || !errors.Is(err, fs.ErrExist) {
			return err
		}
	}
}

func (p *partial) Write(b []byte) (int, error) {
	n, err := p.file.Write(b)
	return n, diskError("write", p.final.s, err)
}

// commit makes the partial durable and puts it in place.
func (p *partial) commit(replace bool) error {
	p.file.Chmod(p.mode)
	err := p.file.Sync()
	if cerr := p.file.Close(); err == nil {
		err = cerr
	}
	p.file = nil
	if err != nil {
		return diskError("write", p.final.s, err)
	}
	if replace {
		// Asked again: it may have become something else meanwhile.
		if err := checkFree(p.dir, p.final, true); err != nil {
			return err
		}
		err = p.dir.Rename(p.name, p.final.s)
	} else {
		err = place(p.dir, p.name, p.final.s)
	}
	if errors.Is(err, fs.ErrExist) {
		return &ExistsError{Name: p.final.s}
	}
	if err != nil {
		return diskError("put in place", p.final.s, err)
	}
	p.name = ""
	return diskError("write", p.final.s, syncDir(p.dir))
}

// discard removes what commit has not put in place. It may be called twice.
func (p *partial) discard() {
	if p.file != nil {
		p.file.Close()
		p.file = nil
	}
	if p.name != "" {
		p.dir.Remove(p.name)
		p.name = ""
	}
}

// checkFree returns an *ExistsError if something has the name, other than what
// may be replaced: a regular file or a symbolic link.
func checkFree(dir *os.Root, name SafeName, replace bool) error {
	info, err := dir.Lstat(name.s)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return diskError("look at", name.s, err)
	case replace && (info.Mode().IsRegular() || info.Mode()&fs.ModeSymlink != 0):
		return nil
	}
	return &ExistsError{Name: name.s}
}

// syncDir makes the names in dir durable, where the system can do that.
func syncDir(dir *os.Root) error {
	d, err := dir.Open(".")
	if err != nil {
		return err
	}
	defer d.Close()
	if err := d.Sync(); err != nil && !errors.Is(err, syscall.EINVAL) && !errors.Is(err, errors.ErrUnsupported) && !cannotSyncDirs {
		return err
	}
	return nil
}

// diskSpace adds the free space of dir to an error about a full disk.
func diskSpace(err error, dir *os.Root) error {
	var de *DiskError
	if errors.As(err, &de) && de.Full && de.Free < 0 {
		de.Free = freeSpace(dir)
	}
	return err
}
