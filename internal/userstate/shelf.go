package userstate

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// MaxValue is the largest record in bytes.
const MaxValue = 4 << 10

// A Shelf holds the records of one kind. Several processes may use it at once. Its
// fields aren't changed after the first call.
type Shelf struct {
	Dir    string        // what Directory returned; "" is none, and nothing is kept
	Kind   string        // a word in small letters
	Format int           // of the records; those of other formats aren't seen
	Most   int           // records; the one that wasn't used for longest goes first
	Age    time.Duration // after which one that wasn't used is forgotten

	now func() time.Time // default time.Now
}

// badKey is the caller's mistake.
var badKey = errors.New("userstate: a key has 1 to 64 small letters and digits")

func (s *Shelf) dir() string { return filepath.Join(s.Dir, fmt.Sprintf("%s-%d", s.Kind, s.Format)) }

func (s *Shelf) path(key string) (string, error) {
	if key == "" || len(key) > 64 || strings.Trim(key, "abcdefghijklmnopqrstuvwxyz0123456789") != "" {
		return "", badKey
	}
	if s.Dir == "" {
		return "", ErrNowhere
	}
	return filepath.Join(s.dir(), key), nil
}

func (s *Shelf) time() time.Time {
	if s.now != nil {
		return s.now()
	}
	return time.Now()
}

// Get returns the record of a key and notes that it was used. ok is false if there
// is none that can be read.
func (s *Shelf) Get(key string) (value []byte, ok bool) {
	path, err := s.path(key)
	if err != nil {
		return nil, false
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, false
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil || !info.Mode().IsRegular() || !mine(info) || s.time().Sub(info.ModTime()) > s.Age {
		return nil, false
	}
	if value, err = io.ReadAll(io.LimitReader(f, MaxValue+1)); err != nil || len(value) > MaxValue {
		return nil, false
	}
	os.Chtimes(path, time.Time{}, s.time())
	return value, true
}

// Put keeps a record, in the place of what the key had. Afterwards there are at most
// Most. The error is for the person whose directory it is.
func (s *Shelf) Put(key string, value []byte) error {
	path, err := s.path(key)
	if err != nil {
		return err
	}
	if len(value) > MaxValue {
		return fmt.Errorf("userstate: a record of %d bytes", len(value))
	}
	if err := prepare(s.Dir); err != nil {
		return err
	}
	if err := os.Mkdir(s.dir(), 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	s.tidy(key)
	f, err := os.CreateTemp(s.dir(), ".new*")
	if err != nil {
		return err
	}
	_, err = f.Write(value)
	err = errors.Join(err, f.Close())
	if err == nil {
		now := s.time()
		err = errors.Join(os.Chtimes(f.Name(), now, now), os.Rename(f.Name(), path))
	}
	if err != nil {
		os.Remove(f.Name())
	}
	return err
}

// Remove forgets a key. That there was nothing is no error.
func (s *Shelf) Remove(key string) error {
	path, err := s.path(key)
	if err != nil {
		return err
	}
	if err = os.Remove(path); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// tidy makes room for a key: it removes what is too old, what nobody completed, and
// of the rest what there is too much of.
func (s *Shelf) tidy(key string) {
	names, err := os.ReadDir(s.dir())
	if err != nil {
		return
	}
	type record struct {
		name string
		used time.Time
	}
	var all []record
	for _, name := range names {
		info, err := name.Info()
		if err != nil || name.Name() == key {
			continue
		}
		age := s.time().Sub(info.ModTime())
		if age > s.Age || strings.HasPrefix(name.Name(), ".") && age > time.Hour {
			os.Remove(filepath.Join(s.dir(), name.Name()))
			continue
		}
		all = append(all, record{name.Name(), info.ModTime()})
	}
	slices.SortFunc(all, func(a, b record) int { return cmp.Or(a.used.Compare(b.used), cmp.Compare(a.name, b.name)) })
	for n := len(all); n > 0 && n >= s.Most; n-- {
		os.Remove(filepath.Join(s.dir(), all[len(all)-n].name))
	}
}
