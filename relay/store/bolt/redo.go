package bolt

import (
	"encoding/binary"
	"time"

	"sesame/relay/store"
)

// What a record of a log holds: what one transaction did, in its order. Numbers are big-endian.
//
//	made, renewed   1 byte, key, version, end in ms since 1970, life in ms: 8 bytes each; length of the head: 4; head
//	appended        1 byte, key, number of the item: 4; its length: 4; item
//	removed         1 byte, key
//
// A key is as in the file (pages.go). What is made takes the place of what was there, and is over.
const (
	made = iota + 1
	renewed
	appended
	removed
)

// A deed is one of those.
type deed struct {
	does byte
	key  store.Key
	head head
	n    int
	item string
}

func (d *deed) append(b []byte, key []byte) []byte {
	b = append(append(b, d.does), key...)
	switch d.does {
	case made, renewed:
		b = binary.BigEndian.AppendUint64(b, d.head.version)
		b = binary.BigEndian.AppendUint64(b, uint64(d.head.until.UnixMilli()))
		b = binary.BigEndian.AppendUint64(b, uint64(d.head.life.Milliseconds()))
		b = binary.BigEndian.AppendUint32(b, uint32(len(d.head.text)))
		b = append(b, d.head.text...)
	case appended:
		b = binary.BigEndian.AppendUint32(b, uint32(d.n))
		b = binary.BigEndian.AppendUint32(b, uint32(len(d.item)))
		b = append(b, d.item...)
	}
	return b
}

// cutDeed reads one.
func cutDeed(b []byte) (d deed, rest []byte, err error) {
	if len(b) == 0 {
		return d, nil, errDamaged
	}
	d.does = b[0]
	if d.key, b, err = cutKey(b[1:]); err != nil {
		return d, nil, err
	}
	switch d.does {
	case made, renewed:
		if len(b) < 24 {
			return d, nil, errDamaged
		}
		if d.head, err = parseNumbers(b); err != nil {
			return d, nil, err
		}
		d.head.text, b, err = cutText(b[24:])
	case appended:
		if len(b) < 4 {
			return d, nil, errDamaged
		}
		d.n = int(binary.BigEndian.Uint32(b))
		d.item, b, err = cutText(b[4:])
	case removed:
	default:
		err = errDamaged
	}
	return d, b, err
}

// cutText reads a text behind its length.
func cutText(b []byte) (text string, rest []byte, err error) {
	if len(b) < 4 || uint64(len(b)-4) < uint64(binary.BigEndian.Uint32(b)) {
		return "", nil, errDamaged
	}
	n := 4 + int(binary.BigEndian.Uint32(b))
	return string(b[4:n]), b[n:], nil
}

// redo does again what a record of a log says. It is errDamaged if that doesn't fit what is there.
func (t *transaction) redo(text []byte) error {
	for len(text) > 0 {
		d, rest, err := cutDeed(text)
		if err != nil {
			return err
		}
		text = rest
		e, err := t.touch(d.key)
		if err != nil {
			return err
		}
		if d.does != made && !e.there() || d.head.version != 0 && d.head.version <= t.version || d.does == appended && d.n != e.count() {
			return errDamaged
		}
		switch d.does {
		case made:
			e.make(d.head)
		case renewed:
			e.renew(d.head)
		case appended:
			e.add(d.item)
			continue
		case removed:
			e.remove()
			t.changed[d.key] = time.Time{}
			continue
		}
		t.version = d.head.version
		t.changed[d.key] = d.head.end(t.now)
	}
	return nil
}
