package bolt

import (
	"bytes"
	"encoding/binary"
	"maps"
	"math"
	"slices"
	"sort"

	"go.etcd.io/bbolt"

	"sesame/relay/store"
	"sesame/relay/store/journal"
)

// pages are the buckets of one transaction of bbolt.
type pages struct{ meta, heads, all *bbolt.Bucket }

func pagesOf(tx *bbolt.Tx) pages {
	return pages{tx.Bucket(bucketMeta), tx.Bucket(bucketHeads), tx.Bucket(bucketItems)}
}

// whole reports whether the buckets are there.
func (p pages) whole() bool { return p.meta != nil && p.heads != nil && p.all != nil }

func (p pages) totals() (t totals, err error) {
	v, err := unseal(keyTotals, p.meta.Get(keyTotals))
	if err != nil {
		return t, err
	}
	if len(v) < 8 {
		return t, errDamaged
	}
	all := []*uint64{&t.version, &t.records, &t.items}
	switch binary.BigEndian.Uint64(v) {
	case format:
	case formatLogged:
		all = append(all, &t.mark.Era, &t.mark.First, &t.mark.Last)
	default:
		return t, ErrFormat
	}
	if v = v[8:]; len(v) != 8*len(all) {
		return t, errDamaged
	}
	for i, n := range all {
		*n = binary.BigEndian.Uint64(v[8*i:])
	}
	if len(all) > 3 && (t.mark.Era == 0 || t.mark.First == 0) {
		return t, errDamaged
	}
	return t, nil
}

func (p pages) setTotals(t totals) error {
	all := []uint64{format, t.version, t.records, t.items}
	if m := t.mark; m != (journal.Mark{}) {
		all[0] = formatLogged
		all = append(all, m.Era, m.First, m.Last)
	}
	v := make([]byte, 0, 8*len(all))
	for _, n := range all {
		v = binary.BigEndian.AppendUint64(v, n)
	}
	return p.meta.Put(keyTotals, seal(keyTotals, v))
}

// head returns the head of a record, over or not; its version is 0 if there is none.
func (p pages) head(key []byte) (head, error) {
	v := p.heads.Get(key)
	if v == nil {
		return head{}, nil
	}
	return parseHead(key, v)
}

func (p pages) setHead(key []byte, h head) error {
	v := make([]byte, 0, 24)
	v = binary.BigEndian.AppendUint64(v, h.version)
	v = binary.BigEndian.AppendUint64(v, uint64(h.until.UnixMilli()))
	v = binary.BigEndian.AppendUint64(v, uint64(h.life.Milliseconds()))
	return p.heads.Put(key, seal(key, v, []byte(h.text)))
}

func (p pages) setItem(key []byte, n int, item string) error {
	entry := itemKey(key, n)
	return p.all.Put(entry, seal(entry, []byte(item)))
}

// itemKey returns the key of an item of a record. It may use the memory behind key.
func itemKey(key []byte, n int) []byte { return binary.BigEndian.AppendUint32(key, uint32(n)) }

// mostItems is how many items a record may have: there is one number for each.
const mostItems = math.MaxInt32

// number returns which item of the record key an entry is.
func number(key, entry []byte) (n int, ok bool) {
	if len(entry) != len(key)+4 || !bytes.HasPrefix(entry, key) {
		return 0, false
	}
	return int(binary.BigEndian.Uint32(entry[len(key):])), true
}

// items returns how many items a record has: they have no gaps. It asks for single ones, since a
// cursor that goes back takes a page for the beginning of all from which the same transaction has
// removed everything.
func (p pages) items(key []byte) int {
	has := func(n int) bool { return p.all.Get(itemKey(key, n)) != nil }
	most := 1
	for has(most - 1) {
		most *= 2
	}
	return most/2 + sort.Search(most/2, func(n int) bool { return !has(most/2 + n) })
}

// itemsFrom returns the items of a record from one number on.
func (p pages) itemsFrom(key []byte, from int) (items []string, err error) {
	c := p.all.Cursor()
	for entry, v := c.Seek(itemKey(key, from)); ; entry, v = c.Next() {
		n, ok := number(key, entry)
		if !ok {
			return items, nil
		}
		item, err := unseal(entry, v)
		if err != nil || n != from {
			return nil, errDamaged
		}
		items = append(items, string(item))
		from++
	}
}

// remove takes a record away, and tells whether it was there and how many items it had.
func (p pages) remove(key []byte) (had bool, items int, err error) {
	if p.heads.Get(key) == nil {
		return false, 0, nil
	}
	items = p.items(key)
	for n := range items {
		if err := p.all.Delete(itemKey(key, n)); err != nil {
			return true, items, err
		}
	}
	return true, items, p.heads.Delete(key)
}

// entry returns what the file has of a record, over or not.
func (p pages) entry(k store.Key) (entry, error) {
	key := keyOf(k)
	h, err := p.head(key)
	if err != nil || h.version == 0 {
		return entry{whole: true}, err
	}
	return entry{head: h, below: p.items(key), under: true}, nil
}

// put writes what an overlay has of a record, and counts.
func (p pages) put(k store.Key, e *entry, t *totals) error {
	key := keyOf(k)
	if e.whole {
		had, items, err := p.remove(key)
		if err != nil {
			return err
		}
		if had {
			t.records--
			t.items -= uint64(items)
		}
		if !e.there() {
			return nil
		}
		t.records++
	} else if p.heads.Get(key) == nil || p.items(key) != e.below {
		return errDamaged
	}
	if e.fresh {
		if err := p.setHead(key, e.head); err != nil {
			return err
		}
	}
	t.items += uint64(len(e.items))
	for i, item := range e.items {
		if err := p.setItem(key, e.below+i, item); err != nil {
			return err
		}
	}
	return nil
}

// filled is how full a page is left that is parted: what comes in the order of its keys is only added to the last one.
const filled = 0.65

// fold writes all that an overlay has.
func (p pages) fold(o *overlay, t *totals) error {
	p.heads.FillPercent, p.all.FillPercent = filled, filled
	keys := slices.Collect(maps.Keys(o.entries))
	slices.SortFunc(keys, compareKeys)
	for _, k := range keys {
		if err := p.put(k, o.entries[k], t); err != nil {
			return err
		}
	}
	t.version = o.version
	return nil
}

// scan returns keys of a kind that fit, those after one.
func (p pages) scan(kind string, after store.Key, most int, fits func(store.Key) bool) (keys []store.Key, err error) {
	c := p.heads.Cursor()
	begin := binary.BigEndian.AppendUint16(nil, uint16(len(kind)))
	begin = append(begin, kind...)
	from := begin
	if after != (store.Key{}) {
		from = keyOf(after)
	}
	for entry, _ := c.Seek(from); entry != nil && len(keys) < most && bytes.HasPrefix(entry, begin); entry, _ = c.Next() {
		k, err := parseKey(entry)
		if err != nil {
			return nil, err
		}
		if k != after && fits(k) {
			keys = append(keys, k)
		}
	}
	return keys, nil
}
