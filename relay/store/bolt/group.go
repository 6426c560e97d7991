package bolt

import (
	"time"

	"sesame/relay/store"
)

// A transaction is what is done at once. It changes nothing that others see.
type transaction struct {
	now     time.Time
	lives   *lives
	below   func(store.Key) (entry, error) // a record that the transaction hasn't touched
	version uint64                         // the last one that was given
	touched map[store.Key]*entry
	changed map[store.Key]time.Time // when records end now; zero: they are no more
	buried  []store.Key
	log     []byte // what was done, for who has to do it again
}

// begin begins a transaction above what below shows.
func begin(now time.Time, l *lives, version uint64, below func(store.Key) (entry, error)) *transaction {
	return &transaction{
		now: now, lives: l, below: below, version: version,
		touched: make(map[store.Key]*entry), changed: make(map[store.Key]time.Time),
	}
}

// touch returns what the transaction has of a record.
func (t *transaction) touch(k store.Key) (*entry, error) {
	if e := t.touched[k]; e != nil {
		return e, nil
	}
	e, err := t.below(k)
	if err != nil {
		return nil, err
	}
	t.touched[k] = &e
	return &e, nil
}

// commit makes a group of changes, if all of them fit what is there: they are compared before the first
// is made, since a transaction can't take one back.
func (t *transaction) commit(group []store.Change, news []store.Hint) error {
	entries := make([]*entry, len(group))
	there := make([]bool, len(group))
	for i := range group {
		c := &group[i]
		e, err := t.touch(c.Key)
		if err != nil {
			return err
		}
		var version uint64
		if e.there() && !t.over(c.Key) {
			version = e.head.version
		}
		if !c.Fits(version, c.N == e.count() && c.N < mostItems) {
			return store.ErrConflict
		}
		entries[i], there[i] = e, version != 0
	}
	for i := range group {
		t.make(&group[i], entries[i], there[i], &news[i])
	}
	return nil
}

// make makes a change that fits, and says what there is to tell of it.
func (t *transaction) make(c *store.Change, e *entry, there bool, news *store.Hint) {
	switch c.Does {
	case store.Deletes:
		t.remove(c.Key, e)
		return
	case store.Appends:
		e.add(c.Item)
		t.note(deed{does: appended, key: c.Key, n: c.N, item: c.Item})
		news.Items = c.N + 1
		return
	}
	t.version++
	life := max(0, c.Life) // what is over at once is so
	until := t.now.Add(life)
	h := head{t.version, until, life, c.Head}
	d := deed{does: renewed, key: c.Key, head: h}
	if there {
		e.renew(h)
	} else {
		e.make(h)
		d.does = made
	}
	t.note(d)
	t.changed[c.Key] = until
	news.Version = t.version
}

func (t *transaction) note(d deed) { t.log = d.append(t.log, keyOf(d.key)) }

// over reports whether there is no record any more.
func (t *transaction) over(k store.Key) bool {
	if at, ok := t.changed[k]; ok {
		return at.IsZero()
	}
	return t.lives.over(k, t.now)
}

// remove takes a record away that is there, over or not.
func (t *transaction) remove(k store.Key, e *entry) {
	e.remove()
	t.note(deed{does: removed, key: k})
	t.changed[k] = time.Time{}
}

// bury removes records whose lives are over, so many at most.
func (t *transaction) bury(most int) error {
	for _, k := range t.lives.ended(t.now, most) {
		if _, changed := t.changed[k]; changed {
			continue
		}
		e, err := t.touch(k)
		if err != nil {
			return err
		}
		if e.there() {
			t.remove(k, e)
		}
		t.changed[k] = time.Time{}
		t.buried = append(t.buried, k)
	}
	return nil
}
