package staging

import (
	"crypto/rand"
	"errors"
	"io/fs"
	"os"
	"strings"

	"sesame/tree"
)

// A spool is a hidden file that keeps what can't be used before all of it is
// there. Where a file may lose its name while it is open, it has none, so that not
// even a crash leaves it.
type spool struct {
	*os.File
	dir  *os.Root
	name string // "" if it has none
}

// Spool makes a hidden file in the directory.
func (d *Disk) Spool() (tree.Spool, error) {
	s, err := newSpool(d.Dir)
	if err != nil {
		return nil, err // not a Spool that holds no file
	}
	return s, nil
}

func newSpool(dir *os.Root) (*spool, error) {
	trial, err := createSpool(dir)
	if err != nil {
		return nil, err
	}
	nameless := trial.unname() && trial.works()
	trial.Discard()
	s, err := createSpool(dir)
	if err == nil && nameless {
		s.unname()
	}
	return s, err
}

func createSpool(dir *os.Root) (s *spool, err error) {
	for range 5 {
		s = &spool{dir: dir, name: ".received." + strings.ToLower(rand.Text()[:16]) + ".part"} // any disk can have that
		s.File, err = dir.OpenFile(s.name, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
		if !errors.Is(err, fs.ErrExist) {
			break
		}
	}
	if err != nil {
		return nil, &tree.DiskError{Op: tree.OpInto, Path: ".", Err: err, Discarded: true}
	}
	return s, nil
}

// unname removes the name, and reports whether that is possible.
func (s *spool) unname() bool {
	if s.dir.Remove(s.name) != nil {
		return false
	}
	s.name = ""
	return true
}

// works reports whether what is written can be read: some drivers lose it with the
// name.
func (s *spool) works() bool {
	const text = "spool"
	var p [len(text)]byte
	if _, err := s.WriteAt([]byte(text), 0); err != nil {
		return false
	}
	_, err := s.ReadAt(p[:], 0)
	return err == nil && string(p[:]) == text
}

// Discard closes and removes it.
func (s *spool) Discard() {
	s.Close()
	if s.name != "" {
		s.dir.Remove(s.name)
		s.name = ""
	}
}
