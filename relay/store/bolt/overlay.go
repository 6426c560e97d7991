package bolt

import (
	"sync"

	"go.etcd.io/bbolt"

	"sesame/relay/store"
)

// An entry is what an overlay has of a record. One that is in an overlay is never changed again, but replaced.
type entry struct {
	head head // version 0: there is no record
	// below is how many items show that are further below, and items those that come behind them.
	below int
	items []string
	// under says that there is a record of that key further below, whether it shows or not.
	under bool
	// whole says that nothing of that one shows: head and items are all.
	whole bool
	fresh bool // head isn't that from below
	dirty bool // a transaction has changed it
	bytes int  // of items
}

// on returns the entry of a record of which nothing has been changed yet, above one of another overlay.
func (e *entry) on() entry {
	there := e.there()
	return entry{head: e.head, below: e.count(), under: there, whole: !there}
}

func (e *entry) there() bool { return e.head.version != 0 }

// count is how many items the record has.
func (e *entry) count() int { return e.below + len(e.items) }

// size is about how much memory it takes.
func (e *entry) size() int { return 400 + len(e.head.text) + e.bytes + 16*len(e.items) }

// make has a new record take the place of what there is, and what is over.
func (e *entry) make(h head) {
	*e = entry{head: h, under: e.under, whole: true, fresh: true, dirty: true}
}

// renew gives a record that is there another head.
func (e *entry) renew(h head) { e.head, e.fresh, e.dirty = h, true, true }

// add adds an item to a record that is there.
func (e *entry) add(item string) {
	e.items = append(e.items, item) // who reads an older entry has a length of his own
	e.bytes += len(item)
	e.dirty = true
}

// remove takes the record away.
func (e *entry) remove() { *e = entry{under: e.under, whole: true, dirty: true} }

// An overlay is what was changed since some moment, above what was there then.
type overlay struct {
	entries map[store.Key]*entry
	version uint64 // the last one that was given to a record, here or below
	bytes   int
}

func newOverlay(version uint64) *overlay {
	return &overlay{entries: make(map[store.Key]*entry), version: version}
}

// set puts an entry in. What was made and removed above nothing leaves nothing.
func (o *overlay) set(k store.Key, e *entry) {
	if old := o.entries[k]; old != nil {
		o.bytes -= old.size()
	}
	if !e.there() && !e.under {
		delete(o.entries, k)
		return
	}
	o.entries[k] = e
	o.bytes += e.size()
}

// apply puts in what a transaction has changed.
func (o *overlay) apply(t *transaction) {
	for k, e := range t.touched {
		if e.dirty {
			e.dirty = false
			o.set(k, e)
		}
	}
	o.version = t.version
}

// layers are the overlays of a file: what is being written into it, if something is, and above that what was
// changed since.
type layers struct {
	mu     sync.RWMutex
	active *overlay
	frozen *overlay // nil: all below is in the file
}

// find returns the entries of a record, from above. If those don't tell all that is asked for, its
// head or all, it begins a transaction to read the file as it is below them.
func (l *layers) find(k store.Key, all bool, f *file) (found []*entry, tx *bbolt.Tx, err error) {
	l.mu.RLock()
	defer l.mu.RUnlock()
	for _, o := range []*overlay{l.active, l.frozen} {
		if o != nil && o.entries[k] != nil {
			found = append(found, o.entries[k])
		}
	}
	if n := len(found); n == 0 || all && !found[n-1].whole {
		tx, err = f.begin()
	}
	return found, tx, err
}

// of returns for keys of a kind whether a record is there, and begins a transaction to read the others.
func (l *layers) of(kind string, f *file) (there map[store.Key]bool, tx *bbolt.Tx, err error) {
	l.mu.RLock()
	defer l.mu.RUnlock()
	there = make(map[store.Key]bool)
	for _, o := range []*overlay{l.frozen, l.active} {
		if o == nil {
			continue
		}
		for k, e := range o.entries {
			if k.Kind == kind {
				there[k] = e.there()
			}
		}
	}
	tx, err = f.begin()
	return there, tx, err
}

// apply puts in what a transaction has changed.
func (l *layers) apply(t *transaction) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.active.apply(t)
}

// freeze begins another overlay, above the one that there is and that isn't changed any more. There is no
// other such one.
func (l *layers) freeze() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.frozen, l.active = l.active, newOverlay(l.active.version)
}

// thaw says that what was frozen is in the file.
func (l *layers) thaw() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.frozen = nil
}

// now returns the overlays, for who is the only one that changes them.
func (l *layers) now() (active, frozen *overlay) {
	l.mu.RLock()
	defer l.mu.RUnlock()
	return l.active, l.frozen
}

// gather returns the items of a record from one number on, of entries from above and of what is below them all.
func gather(found []*entry, from int, below func(from int) ([]string, error)) (items []string, err error) {
	if len(found) == 0 {
		return below(from)
	}
	e := found[0]
	if from < e.below {
		if items, err = gather(found[1:], from, below); err != nil {
			return nil, err
		}
		if len(items) < e.below-from {
			return nil, errDamaged
		}
		items = items[:e.below-from] // what is frozen may be in the file by now
	}
	return append(items, e.items[min(len(e.items), max(0, from-e.below)):]...), nil
}
