package journal

import (
	"encoding/binary"
	"errors"
	"hash/crc32"
)

// A record in a log, of form 1. Numbers are big-endian. Each begins at a multiple of page, so that what is
// written never touches a page of one that has been answered.
//
//	"log", form      4 bytes
//	length           4: of the text
//	sequence         8: one more than that of the record before, in this log or the one before
//	era, number      8 each: of the log
//	sum of the text  4: CRC-32C
//	sum of that      4: CRC-32C of what is above
//	text
//
// A file that was another log before holds records of that still; their number tells them from those of this one.
const (
	page       = 4096
	headLength = 40
)

var (
	begin      = [4]byte{'l', 'o', 'g', 1}
	castagnoli = crc32.MakeTable(crc32.Castagnoli)
)

// ErrDamaged says that a log doesn't have what was written to it.
var ErrDamaged = errors.New("journal: a log is damaged")

// A record is one as it was found.
type record struct {
	sequence uint64
	text     []byte
}

// A tag says of which log a record is that is to be sealed or checked. Nobody else knows an era: so no text can
// pass for a record.
type tag struct{ era, number uint64 }

// room makes space for the head of a record, before its text.
func room(b []byte) []byte { return append(b[:0], make([]byte, headLength)...) }

// seal makes a record of a text that stands behind room for its head, and fills its last page.
func (l tag) seal(b []byte, sequence uint64) []byte {
	copy(b, begin[:])
	binary.BigEndian.PutUint32(b[4:], uint32(len(b)-headLength))
	binary.BigEndian.PutUint64(b[8:], sequence)
	binary.BigEndian.PutUint64(b[16:], l.era)
	binary.BigEndian.PutUint64(b[24:], l.number)
	binary.BigEndian.PutUint32(b[32:], crc32.Checksum(b[headLength:], castagnoli))
	binary.BigEndian.PutUint32(b[36:], sumOf(b))
	return append(b, make([]byte, -len(b)&(page-1))...)
}

// sumOf is the checksum of a head without its own.
func sumOf(b []byte) uint32 { return crc32.Checksum(b[:headLength-4], castagnoli) }

// head returns of which log the record is that begins where b does, if one does.
func head(b []byte) (of tag, ok bool) {
	if len(b) < headLength || [4]byte(b[:4]) != begin || binary.BigEndian.Uint32(b[36:]) != sumOf(b) {
		return tag{}, false
	}
	return tag{binary.BigEndian.Uint64(b[16:]), binary.BigEndian.Uint64(b[24:])}, true
}

// text returns the text of a record, if it is as it was written.
func text(b []byte) (text []byte, ok bool) {
	rest, length := b[headLength:], uint64(binary.BigEndian.Uint32(b[4:]))
	if length > uint64(len(rest)) {
		return nil, false
	}
	text = rest[:length:length]
	return text, crc32.Checksum(text, castagnoli) == binary.BigEndian.Uint32(b[32:])
}

// read returns the records of a log. The last one may have been cut, as by the end of a process or of the
// machine: nobody had an answer then, it isn't among them, and torn tells of it, if there is enough to know it
// by. If another one is wrong it is ErrDamaged: what comes after was begun only when that one was on the disk. So it
// is if the file is one of another era: those are never written over.
func (l tag) read(b []byte) (records []record, torn bool, err error) {
	at := 0
	for at < len(b) {
		of, ok := head(b[at:])
		if ok && of.era != l.era {
			return nil, false, ErrDamaged
		}
		if !ok || of != l {
			break
		}
		t, ok := text(b[at:])
		if torn = !ok; torn {
			break
		}
		r := record{binary.BigEndian.Uint64(b[at+8:]), t}
		if n := len(records); n > 0 && r.sequence != records[n-1].sequence+1 {
			return nil, false, ErrDamaged
		}
		records = append(records, r)
		n := headLength + len(t)
		at += n + -n&(page-1)
	}
	for at += page; at < len(b); at += page {
		if of, ok := head(b[at:]); ok && of == l {
			return nil, false, ErrDamaged
		}
	}
	return records, torn, nil
}

// join returns what logs hold that follow each other, behind the record with number last, and the number of
// the last one. What a log holds of which nobody had an answer, since its sync failed, the next one holds anew. If
// a record is missing it is ErrDamaged.
func join(last uint64, logs [][]record) (texts [][]byte, _ uint64, err error) {
	begun := last
	for _, records := range logs {
		if len(records) == 0 {
			continue
		}
		first := records[0].sequence
		if first <= begun || first != last && first != last+1 {
			return nil, 0, ErrDamaged
		}
		texts = texts[:first-begun-1]
		for _, r := range records {
			texts = append(texts, r.text)
		}
		last = records[len(records)-1].sequence
	}
	return texts, last, nil
}
