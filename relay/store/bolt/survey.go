package bolt

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"time"

	"go.etcd.io/bbolt"

	"sesame/relay/store"
	"sesame/relay/store/journal"
)

// A survey is what a file was found to hold.
type survey struct {
	there  bool // there is a file, and it is whole
	totals totals
	ends   map[store.Key]time.Time // of records whose lives aren't over, in file and logs
	logged logged
}

// logged is what logs were found to hold.
type logged struct {
	journal *journal.Journal // nil: there are none
	overlay *overlay
	torn    bool // the last record is cut
	count   int  // of records
}

// look reads a file through, and the logs behind it, and compares them with their checksums and counts.
func look(path string, now time.Time) (found survey, err error) {
	found.ends = make(map[store.Key]time.Time)
	dir := filepath.Dir(path)
	if _, err := os.Lstat(path); err != nil {
		if logs, _ := journal.Files(dir); errors.Is(err, fs.ErrNotExist) && len(logs) > 0 {
			err = fmt.Errorf("%w: there are logs without it", errDamaged)
		}
		return found, err
	}
	err = eachPage(path, func(p pages) error {
		if err := found.read(p, now); err != nil || found.totals.mark == (journal.Mark{}) {
			return err
		}
		return found.redo(dir, p, now)
	})
	if err != nil {
		return survey{}, err
	}
	found.there = true
	return found, nil
}

// kept returns the keys of records that a copy needs: what logs say has to fit it as it fits the file, in case
// it is all that the next start finds.
func (found *survey) kept() []store.Key {
	keys := slices.Collect(maps.Keys(found.ends))
	if o := found.logged.overlay; o != nil {
		for k := range o.entries {
			if _, lives := found.ends[k]; !lives {
				keys = append(keys, k)
			}
		}
	}
	return keys
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

// redo reads the logs and does again what they say, above the file.
func (found *survey) redo(dir string, p pages, now time.Time) error {
	logs, err := journal.Read(dir, found.totals.mark)
	switch {
	case errors.Is(err, journal.ErrDamaged):
		return fmt.Errorf("%w: %w", errDamaged, err)
	case err != nil:
		return err
	}
	o := newOverlay(found.totals.version)
	below := func(k store.Key) (entry, error) {
		if e := o.entries[k]; e != nil {
			return *e, nil
		}
		return p.entry(k)
	}
	for i, text := range logs.Texts {
		t := begin(now, nil, o.version, below)
		if err := t.redo(text); err != nil {
			return err
		}
		o.apply(t)
		for k, at := range t.changed {
			found.ends[k] = at
		}
		logs.Texts[i] = nil
	}
	for k, at := range found.ends {
		if !now.Before(at) {
			delete(found.ends, k)
		}
	}
	for k, e := range o.entries { // what is over may not get into the copy
		if _, lives := found.ends[k]; e.there() && !lives {
			o.set(k, &entry{under: e.under, whole: true})
		}
	}
	found.logged = logged{logs.Journal, o, logs.Torn, len(logs.Texts)}
	return nil
}
