package bolt

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"go.etcd.io/bbolt"

	"sesame/relay/store"
)

// Files of a store in its directory.
const (
	fileState   = "state"
	fileNew     = "state.new"      // a copy that isn't whole yet
	fileLock    = "lock"           // held by the process that uses the others
	fileDamaged = "state.damaged-" // and when that was noticed
)

// damagedKept is how many damaged files are kept; older ones make room.
const damagedKept = 2

// ErrInUse says that another process uses the directory.
var ErrInUse = errors.New("store: another process uses this directory")

// lockTime is how long the process before may take to end.
const lockTime = time.Second

// Open returns the store in a directory, which it makes if need be. A file that is damaged
// is put aside, and the store is empty then: Stats and the log tell. It
// is ErrInUse if another process uses the directory, and ErrFormat if a newer version
// of this program wrote what is there.
func Open(dir string, cfg Config) (*Store, error) {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	lock, err := lockWithin(filepath.Join(dir, fileLock), lockTime)
	if err != nil {
		return nil, err
	}
	s := &Store{
		now: cfg.Now, lock: lock, news: store.NewNews(store.Hints),
		queue: make(chan *change, most), stop: make(chan struct{}), idle: make(chan struct{}),
	}
	if err := s.open(dir, cfg.Logger); err != nil {
		lock.Close()
		return nil, err
	}
	go s.commitAll()
	return s, nil
}

// lockWithin waits for a lock, but not for long.
func lockWithin(path string, patience time.Duration) (*os.File, error) {
	for start := time.Now(); ; time.Sleep(20 * time.Millisecond) {
		f, err := tryLock(path)
		if !errors.Is(err, ErrInUse) || time.Since(start) > patience {
			return f, err
		}
	}
}

// open brings the file in order and opens it.
func (s *Store) open(dir string, log *slog.Logger) error {
	path, copied := filepath.Join(dir, fileState), filepath.Join(dir, fileNew)
	if err := os.Remove(copied); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	found, err := s.survey(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case errors.Is(err, errDamaged):
		aside, err := putAside(dir, s.now())
		if err != nil {
			return err
		}
		s.counts.reset = true
		log.Error("what was kept is damaged: begun anew without it. Who waits here has to come again; see whether the disk is well", "kept as", filepath.Join(dir, aside))
	case err != nil:
		return err
	}
	s.lives.apply(found.ends)
	// bbolt's own opening finds faults in ways that can't be survived, and doesn't give
	// space back: so what is written to is a copy that this process has made.
	if err := s.copy(copied, path, found); err == nil {
		err = errors.Join(os.Rename(copied, path), syncDir(dir))
		if err != nil {
			return err
		}
	} else if os.Remove(copied); !found.there {
		return err
	} else {
		log.Warn("no room for a copy of what is kept: going on with the file as it is", "error", err)
	}
	o := settings(false)
	o.InitialMmapSize = room
	o.OpenFile = func(name string, flag int, mode os.FileMode) (f *os.File, err error) {
		s.file, err = os.OpenFile(name, flag, mode)
		return s.file, err
	}
	s.db, err = bbolt.Open(path, 0o600, o)
	return err
}

func settings(readOnly bool) *bbolt.Options {
	return &bbolt.Options{
		ReadOnly: readOnly, Timeout: lockTime,
		// A list of free pages that is written with each commit costs more than one that is
		// made anew at each start.
		NoFreelistSync: true, FreelistType: bbolt.FreelistMapType,
	}
}

// A survey is what a file was found to hold.
type survey struct {
	there  bool // there is a file, and it is whole
	totals totals
	ends   map[store.Key]time.Time // of records whose lives aren't over
}

// survey reads a file through and compares it with its checksums and counts.
func (s *Store) survey(path string) (found survey, err error) {
	found.ends = make(map[store.Key]time.Time)
	if _, err := os.Lstat(path); err != nil {
		return found, err
	}
	err = eachPage(path, func(p pages) error { return found.read(p, s.now()) })
	if err != nil {
		return survey{}, err
	}
	found.there = true
	return found, nil
}

// eachPage opens a file, which may be anything, to read it.
func eachPage(path string, f func(pages) error) error {
	var db *bbolt.DB
	err := guard(func() (err error) {
		if db, err = bbolt.Open(path, 0o600, settings(true)); err != nil {
			return fmt.Errorf("%w: %w", notReadable(err), err)
		}
		return db.View(func(tx *bbolt.Tx) error {
			p := pagesOf(tx)
			if !p.whole() {
				return errDamaged
			}
			return f(p)
		})
	})
	if db != nil {
		guard(db.Close)
	}
	return err
}

// notReadable tells what the disk has against a file from what is wrong with it.
func notReadable(err error) error {
	var disk *fs.PathError
	switch {
	case errors.Is(err, bbolt.ErrTimeout):
		return ErrInUse
	case errors.As(err, &disk):
		return errDisk
	}
	return errDamaged
}

var errDisk = errors.New("store: can't read what is kept")

// read goes through all entries.
func (found *survey) read(p pages, now time.Time) (err error) {
	if found.totals, err = p.totals(); err != nil {
		return err
	}
	var records, items uint64
	err = p.heads.ForEach(func(key, v []byte) error {
		k, err := parseKey(key)
		if err != nil {
			return err
		}
		h, err := parseHead(key, v)
		if err != nil || h.version > found.totals.version {
			return errDamaged
		}
		key = keyOf(k) // in memory of its own
		here, err := p.itemsFrom(key, 0)
		if err != nil || len(here) != p.items(key) {
			return errDamaged
		}
		records++
		items += uint64(len(here))
		// A clock that was wrong, then or now, makes no record live longer than it may.
		if left := min(h.until.Sub(now), h.life); left > 0 {
			found.ends[k] = now.Add(left)
		}
		return nil
	})
	if err == nil && (records != found.totals.records || items != found.totals.items || uint64(p.all.Stats().KeyN) != items) {
		err = errDamaged
	}
	return err
}

// copyAtOnce is how many records are copied in one transaction.
const copyAtOnce = 1000

// copy makes a file of those records of another, if there is one, whose lives aren't over.
func (s *Store) copy(to, from string, found survey) error {
	o := settings(false)
	o.NoSync = true // but at the end
	db, err := bbolt.Open(to, 0o600, o)
	if err != nil {
		return err
	}
	defer db.Close()
	all := totals{version: found.totals.version}
	err = db.Update(func(tx *bbolt.Tx) error {
		for _, name := range [][]byte{bucketMeta, bucketHeads, bucketItems} {
			if _, err := tx.CreateBucket(name); err != nil {
				return err
			}
		}
		return pagesOf(tx).setTotals(all)
	})
	if err != nil {
		return err
	}
	if found.there {
		err = eachPage(from, func(old pages) error {
			keys := make([]store.Key, 0, len(found.ends))
			for k := range found.ends {
				keys = append(keys, k)
			}
			slices.SortFunc(keys, func(a, b store.Key) int { return slices.Compare(keyOf(a), keyOf(b)) })
			for part := range slices.Chunk(keys, copyAtOnce) {
				err := db.Update(func(tx *bbolt.Tx) error { return copyRecords(pagesOf(tx), old, part, &all) })
				if err != nil {
					return err
				}
			}
			return nil
		})
	}
	if err != nil {
		return err
	}
	if err := db.Sync(); err != nil {
		return err
	}
	furnish(to)
	return nil
}

// room is for how much a file is made ready, in bytes: several thousand mailboxes.
const room = 4 << 20

// furnish gives a file blocks of the disk for what will be written to it. Otherwise each page that is
// written for the first time has the file system write down where it is, too, before the sync
// returns, which takes many times as long. If there is no room it does nothing.
func furnish(path string) {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil || info.Size() >= room {
		return
	}
	page := make([]byte, os.Getpagesize())
	for at := info.Size(); at < room; at += int64(len(page)) { // pages that are written together may be written together ever after
		if _, err := f.WriteAt(page, at); err != nil {
			f.Truncate(info.Size())
			break
		}
	}
	f.Sync()
}

// copyRecords copies some records, and counts them.
func copyRecords(to, from pages, keys []store.Key, all *totals) error {
	for _, k := range keys {
		key := keyOf(k)
		if err := to.heads.Put(key, slices.Clone(from.heads.Get(key))); err != nil {
			return err
		}
		all.records++
		for n := range from.items(key) {
			entry := itemKey(key, n)
			if err := to.all.Put(entry, slices.Clone(from.all.Get(entry))); err != nil {
				return err
			}
			all.items++
		}
	}
	return to.setTotals(*all)
}

// putAside renames a damaged file, and removes the oldest ones.
func putAside(dir string, now time.Time) (name string, err error) {
	old, err := filepath.Glob(filepath.Join(dir, fileDamaged+"*"))
	if err != nil {
		return "", err
	}
	slices.Sort(old)
	for _, path := range old[:max(0, len(old)-damagedKept+1)] {
		if err := os.Remove(path); err != nil {
			return "", err
		}
	}
	name = fileDamaged + now.UTC().Format("20060102T150405.000000000Z")
	for slices.Contains(old, filepath.Join(dir, name)) {
		name = strings.TrimSuffix(name, "Z") + "0Z"
	}
	return name, os.Rename(filepath.Join(dir, fileState), filepath.Join(dir, name))
}
