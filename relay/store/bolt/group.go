package bolt

import (
	"time"

	"sesame/relay/store"
)

// commit makes a group of changes, if all of them fit what is there: they are compared before the first
// is made, since a transaction can't take one back.
func (t *transaction) commit(group []store.Change, news []store.Hint) error {
	keys := make([][]byte, len(group))
	there := make([]bool, len(group))
	for i := range group {
		c := &group[i]
		keys[i] = keyOf(c.Key)
		h, err := t.find(c.Key, keys[i])
		if err != nil {
			return err
		}
		next := c.Does == store.Appends && t.pages.next(keys[i], c.N)
		if !c.Fits(h.version, next) {
			return store.ErrConflict
		}
		there[i] = h.version != 0
	}
	for i := range group {
		if err := t.make(&group[i], keys[i], there[i], &news[i]); err != nil {
			return err
		}
	}
	return nil
}

// make makes a change that fits, and says what there is to tell of it.
func (t *transaction) make(c *store.Change, key []byte, there bool, news *store.Hint) error {
	switch c.Does {
	case store.Deletes:
		return t.remove(c.Key, key)
	case store.Appends:
		t.totals.items++
		t.wrote = true
		news.Items = c.N + 1
		return t.pages.setItem(key, c.N, c.Item)
	}
	if !there {
		if err := t.remove(c.Key, key); err != nil { // what is over
			return err
		}
		t.totals.records++
	}
	t.totals.version++
	news.Version = t.totals.version
	until := t.now.Add(c.Life)
	t.changed[c.Key] = until
	return t.pages.setHead(key, head{t.totals.version, until, c.Life, c.Head})
}

// over reports whether there is no record any more.
func (t *transaction) over(k store.Key) bool {
	if at, ok := t.changed[k]; ok {
		return at.IsZero()
	}
	return t.lives.over(k, t.now)
}

// find returns the head of a record; its version is 0 if there is none.
func (t *transaction) find(k store.Key, key []byte) (head, error) {
	h, err := t.pages.head(key)
	if err != nil || h.version != 0 && t.over(k) {
		return head{}, err
	}
	return h, nil
}

// remove takes a record away, if it is there, over or not.
func (t *transaction) remove(k store.Key, key []byte) error {
	had, items, err := t.pages.remove(key)
	if err != nil || !had {
		return err
	}
	t.totals.records--
	t.totals.items -= uint64(items)
	t.changed[k] = time.Time{}
	return nil
}

// bury removes records whose lives are over, so many at most.
func (t *transaction) bury(most int) error {
	keys := t.lives.ended(t.now, most)
	for _, k := range keys {
		if _, changed := t.changed[k]; changed {
			continue
		}
		if err := t.remove(k, keyOf(k)); err != nil {
			return err
		}
		t.changed[k] = time.Time{}
		t.buried = append(t.buried, k)
	}
	return nil
}
