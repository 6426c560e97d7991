package bolt

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"math"
	"sort"
	"time"

	"go.etcd.io/bbolt"

	"sesame/relay/store"
)

// The file, format 1. Numbers are big-endian. Each value begins with the CRC-32C of
// its key and of the rest of it.
//
//	meta   "totals"            format, last version, records, items: 8 bytes each
//	heads  key of the record   version, end in ms since 1970, life in ms: 8 bytes each; head
//	items  that key, number    item; the number has 4 bytes
//
// A key is the length and the bytes of kind, app and name, with lengths of two bytes: none is the
// beginning of another.
const format = 1

var (
	bucketMeta  = []byte("meta")
	bucketHeads = []byte("heads")
	bucketItems = []byte("items")
	keyTotals   = []byte("totals")
)

// errDamaged says that the file isn't what was written.
var errDamaged = errors.New("the file is damaged")

// ErrFormat says that a newer version of this program wrote the file.
var ErrFormat = errors.New("store: the file has an unknown format")

// totals are kept so that it is noticed when something is missing.
type totals struct{ version, records, items uint64 }

// A head is what is kept of a record besides its items.
type head struct {
	version uint64
	until   time.Time
	life    time.Duration
	text    string
}

// pages are the buckets of one transaction of bbolt.
type pages struct{ meta, heads, all *bbolt.Bucket }

func pagesOf(tx *bbolt.Tx) pages {
	return pages{tx.Bucket(bucketMeta), tx.Bucket(bucketHeads), tx.Bucket(bucketItems)}
}

// whole reports whether the buckets are there.
func (p pages) whole() bool { return p.meta != nil && p.heads != nil && p.all != nil }

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// seal puts a checksum before a value.
func seal(key []byte, parts ...[]byte) []byte {
	size := 4
	for _, p := range parts {
		size += len(p)
	}
	v := make([]byte, 4, size)
	sum := crc32.Checksum(key, castagnoli)
	for _, p := range parts {
		sum = crc32.Update(sum, castagnoli, p)
		v = append(v, p...)
	}
	binary.BigEndian.PutUint32(v, sum)
	return v
}

// unseal checks it and takes it off.
func unseal(key, v []byte) ([]byte, error) {
	if len(v) < 4 || crc32.Update(crc32.Checksum(key, castagnoli), castagnoli, v[4:]) != binary.BigEndian.Uint32(v) {
		return nil, errDamaged
	}
	return v[4:], nil
}

func keyOf(k store.Key) []byte {
	b := make([]byte, 0, 6+len(k.Kind)+len(k.App)+len(k.Name)+4)
	for _, s := range []string{k.Kind, k.App, k.Name} {
		b = binary.BigEndian.AppendUint16(b, uint16(len(s)))
		b = append(b, s...)
	}
	return b
}

func parseKey(b []byte) (store.Key, error) {
	var parts [3]string
	for i := range parts {
		if len(b) < 2 || len(b)-2 < int(binary.BigEndian.Uint16(b)) {
			return store.Key{}, errDamaged
		}
		n := 2 + int(binary.BigEndian.Uint16(b))
		parts[i], b = string(b[2:n]), b[n:]
	}
	if len(b) > 0 {
		return store.Key{}, errDamaged
	}
	return store.Key{Kind: parts[0], App: parts[1], Name: parts[2]}, nil
}

func (p pages) totals() (t totals, err error) {
	v, err := unseal(keyTotals, p.meta.Get(keyTotals))
	switch {
	case err != nil:
		return t, err
	case len(v) < 8:
		return t, errDamaged
	case binary.BigEndian.Uint64(v) != format:
		return t, ErrFormat
	case len(v) != 32:
		return t, errDamaged
	}
	return totals{binary.BigEndian.Uint64(v[8:]), binary.BigEndian.Uint64(v[16:]), binary.BigEndian.Uint64(v[24:])}, nil
}

func (p pages) setTotals(t totals) error {
	v := make([]byte, 0, 32)
	for _, n := range []uint64{format, t.version, t.records, t.items} {
		v = binary.BigEndian.AppendUint64(v, n)
	}
	return p.meta.Put(keyTotals, seal(keyTotals, v))
}

func parseHead(key, v []byte) (head, error) {
	v, err := unseal(key, v)
	if err != nil || len(v) < 24 {
		return head{}, errDamaged
	}
	h := head{
		version: binary.BigEndian.Uint64(v),
		until:   time.UnixMilli(int64(binary.BigEndian.Uint64(v[8:]))),
		life:    time.Duration(binary.BigEndian.Uint64(v[16:])) * time.Millisecond,
		text:    string(v[24:]),
	}
	if h.version == 0 || h.life < 0 {
		return head{}, errDamaged
	}
	return h, nil
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

// next reports whether item n is the next one of a record that is there.
func (p pages) next(key []byte, n int) bool {
	return n >= 0 && n < mostItems && p.all.Get(itemKey(key, n)) == nil && (n == 0 || p.all.Get(itemKey(key, n-1)) != nil)
}

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
