package bolt

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"math"
	"time"

	"sesame/relay/store"
	"sesame/relay/store/journal"
)

// The file, formats 1 and 2. Numbers are big-endian. Each value begins with the CRC-32C of
// its key and of the rest of it.
//
//	meta   "totals"            format, last version, records, items: 8 bytes each; of format 2 also the mark
//	                           of the logs: era, first, last: 8 bytes each
//	heads  key of the record   version, end in ms since 1970, life in ms: 8 bytes each; head
//	items  that key, number    item; the number has 4 bytes
//
// A key is the length and the bytes of kind, app and name, with lengths of two bytes: none is the
// beginning of another.
//
// Format 2 says that there are logs of form 1 (package journal, redo.go), which hold what isn't in the file yet; a program
// that doesn't know of them leaves it alone. A store that was closed is of format 1: the file has it all.
const (
	format       = 1
	formatLogged = 2
)

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
type totals struct {
	version, records, items uint64
	mark                    journal.Mark // zero: there are no logs
}

// A head is what is kept of a record besides its items.
type head struct {
	version uint64
	until   time.Time
	life    time.Duration
	text    string
}

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
	k, rest, err := cutKey(b)
	if err != nil || len(rest) > 0 {
		return store.Key{}, errDamaged
	}
	return k, nil
}

// cutKey reads a key and returns what is behind it.
func cutKey(b []byte) (k store.Key, rest []byte, err error) {
	for _, part := range []*string{&k.Kind, &k.App, &k.Name} {
		if len(b) < 2 || len(b)-2 < int(binary.BigEndian.Uint16(b)) {
			return store.Key{}, nil, errDamaged
		}
		n := 2 + int(binary.BigEndian.Uint16(b))
		*part, b = string(b[2:n]), b[n:]
	}
	return k, b, nil
}

func parseHead(key, v []byte) (head, error) {
	v, err := unseal(key, v)
	if err != nil || len(v) < 24 {
		return head{}, errDamaged
	}
	h, err := parseNumbers(v)
	h.text = string(v[24:])
	return h, err
}

// parseNumbers reads the 24 bytes before the text of a head.
func parseNumbers(v []byte) (head, error) {
	version, until, life := binary.BigEndian.Uint64(v), binary.BigEndian.Uint64(v[8:]), binary.BigEndian.Uint64(v[16:])
	if version == 0 || life > math.MaxInt64/uint64(time.Millisecond) {
		return head{}, errDamaged
	}
	return head{version: version, until: time.UnixMilli(int64(until)), life: time.Duration(life) * time.Millisecond}, nil
}

// end returns when a record ends that was written by a process before this one: a clock that was wrong, then or now,
// makes none live longer than it may.
func (h *head) end(now time.Time) time.Time { return now.Add(min(h.until.Sub(now), h.life)) }

// compareKeys tells which key comes first in the file.
func compareKeys(a, b store.Key) int { return bytes.Compare(keyOf(a), keyOf(b)) }
