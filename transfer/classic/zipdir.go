package classic

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"
	"time"

	"sesame/transfer"
	"sesame/tree"
)

// This file reads the list at the end of a zip archive, one member at a time,
// in memory that doesn't grow with the archive. It accepts what the senders of
// the world make and refuses everything that two programs could read in two
// ways (doc/transfer.md §2.3).

// Lengths and signatures of the parts of an archive.
const (
	localLen, localSig           = 30, 0x04034b50
	centralLen, centralSig       = 46, 0x02014b50
	endLen, endSig               = 22, 0x06054b50
	end64Len, end64Sig           = 56, 0x06064b50
	locatorLen, locatorSig       = 20, 0x07064b50
	max16, max32                 = 1<<16 - 1, 1<<32 - 1
	methodStored, methodDeflated = 0, 8
	maxListBytes                 = 256 << 20 // of the whole list
	extraZip64                   = 0x0001
	extraTime                    = 0x5455
	unixTypeMask                 = 0xf000
	unixTypeDir, unixTypeFile    = 0x4000, 0x8000
	dosDirectory                 = 0x10
)

// refuse says why an archive is refused.
func refuse(format string, args ...any) error {
	return &transfer.NonsenseError{Archive: true, Rule: fmt.Sprintf(format, args...)}
}

// An archive is a zip archive whose end has been found and makes sense.
type archive struct {
	r     io.ReaderAt
	start int64 // of the list
	end   int64
	count int64 // members
}

// A member is one entry of the list.
type member struct {
	name   string // a path that checkPath accepts, of a directory without the slash
	dir    bool
	exec   bool
	method uint16
	flags  uint16
	crc    uint32
	packed int64     // bytes in the archive
	size   int64     // bytes unpacked
	offset int64     // of the local header
	time   time.Time // of the last change, zero if the list doesn't say it in UTC
}

// openArchive finds the list of the archive in the size bytes of r.
func openArchive(r io.ReaderAt, size int64) (*archive, error) {
	var b [endLen]byte
	if size < endLen {
		return nil, refuse("it is too short")
	}
	if err := readAt(r, b[:], size-endLen); err != nil {
		return nil, err
	}
	le := binary.LittleEndian
	if le.Uint32(b[:]) != endSig || le.Uint16(b[20:]) != 0 {
		return nil, refuse("it does not end as an archive does")
	}
	if le.Uint16(b[4:]) != 0 || le.Uint16(b[6:]) != 0 || le.Uint16(b[8:]) != le.Uint16(b[10:]) {
		return nil, refuse("it is one part of several")
	}
	a := &archive{r: r, count: int64(le.Uint16(b[10:])), start: int64(le.Uint32(b[16:]))}
	length := int64(le.Uint32(b[12:]))
	a.end = size - endLen
	long := a.count == max16 || length == max32 || a.start == max32
	if found, err := a.readLocator(&length); err != nil {
		return nil, err
	} else if long && !found && (length == max32 || a.start == max32) {
		return nil, refuse("its list is missing")
	}
	switch {
	case length > maxListBytes:
		return nil, refuse("its list has %d bytes", length)
	case a.start < 0 || length < 0 || a.start > a.end || a.end-a.start != length:
		return nil, refuse("its list is not where it should be")
	case a.count < 0 || a.count > maxEntries || a.count > length/centralLen:
		return nil, refuse("it can't have %d members", a.count)
	}
	return a, nil
}

// readLocator looks for the 64-bit form of the end just before a.end and, if it
// is there, takes everything from it.
func (a *archive) readLocator(length *int64) (bool, error) {
	var loc [locatorLen]byte
	var b [end64Len]byte
	if a.end < locatorLen+end64Len {
		return false, nil
	}
	if err := readAt(a.r, loc[:], a.end-locatorLen); err != nil {
		return false, err
	}
	le := binary.LittleEndian
	// The same bytes can be the end of a list that needs no 64 bits.
	if le.Uint32(loc[:]) != locatorSig || a.start+*length == a.end {
		return false, nil
	}
	at := a.end - locatorLen - end64Len
	if le.Uint32(loc[4:]) != 0 || le.Uint32(loc[16:]) > 1 || le.Uint64(loc[8:]) != uint64(at) {
		return false, refuse("its end is not where it should be")
	}
	if err := readAt(a.r, b[:], at); err != nil {
		return false, err
	}
	if le.Uint32(b[:]) != end64Sig || le.Uint64(b[4:]) != end64Len-12 {
		return false, refuse("its end is damaged")
	}
	if le.Uint32(b[16:]) != 0 || le.Uint32(b[20:]) != 0 || le.Uint64(b[24:]) != le.Uint64(b[32:]) {
		return false, refuse("it is one part of several")
	}
	count, size, start := int64(le.Uint64(b[32:])), int64(le.Uint64(b[40:])), int64(le.Uint64(b[48:]))
	if differs(a.count, max16, count) || differs(*length, max32, size) || differs(a.start, max32, start) {
		return false, refuse("its two ends contradict each other")
	}
	a.count, *length, a.start, a.end = count, size, start, at
	return true, nil
}

// differs reports whether a short field says something else than the long one
// that stands in for it.
func differs(short, standIn, long int64) bool { return short != standIn && short != long }

// members calls f for every member in order.
func (a *archive) members(f func(*member) error) error {
	r := bufio.NewReaderSize(io.NewSectionReader(a.r, a.start, a.end-a.start), 64<<10)
	left := a.end - a.start
	for range a.count {
		m, n, err := readMember(r)
		if err != nil {
			return err
		}
		left -= n
		if err := f(m); err != nil {
			return err
		}
	}
	if left != 0 {
		return refuse("its list is longer than it says")
	}
	return nil
}

// readMember reads one entry of the list and returns how long it is.
func readMember(r io.Reader) (*member, int64, error) {
	var b [centralLen]byte
	if err := readFull(r, b[:]); err != nil {
		return nil, 0, err
	}
	le := binary.LittleEndian
	if le.Uint32(b[:]) != centralSig {
		return nil, 0, refuse("its list is damaged")
	}
	m := &member{
		flags: le.Uint16(b[8:]), method: le.Uint16(b[10:]), crc: le.Uint32(b[16:]),
		packed: int64(le.Uint32(b[20:])), size: int64(le.Uint32(b[24:])), offset: int64(le.Uint32(b[42:])),
	}
	nameLen, extraLen, commentLen := int(le.Uint16(b[28:])), int(le.Uint16(b[30:])), int(le.Uint16(b[32:]))
	if nameLen > maxPath+1 {
		return nil, 0, refuse("a path in it is longer than %d bytes", maxPath)
	}
	rest := make([]byte, nameLen+extraLen+commentLen)
	if err := readFull(r, rest); err != nil {
		return nil, 0, err
	}
	name := string(rest[:nameLen])
	if err := m.readExtra(rest[nameLen : nameLen+extraLen]); err != nil {
		return nil, 0, refuse("%s in it is damaged", quoteName(name))
	}
	if why := m.interpret(name, le.Uint32(b[38:])); why != "" {
		return nil, 0, refuse("%s %s", quoteName(name), why)
	}
	return m, int64(centralLen + len(rest)), nil
}

// readExtra takes the sizes that don't fit 32 bits, and the time, from the extra
// field. Of several parts of one sort the first counts.
func (m *member) readExtra(extra []byte) error {
	le := binary.LittleEndian
	seen := false
	for len(extra) >= 4 {
		id, n := le.Uint16(extra), int(le.Uint16(extra[2:]))
		if n > len(extra)-4 {
			return io.ErrUnexpectedEOF
		}
		field := extra[4 : 4+n]
		extra = extra[4+n:]
		switch {
		case id == extraZip64 && !seen:
			seen = true
			if err := m.readLong(field); err != nil {
				return err
			}
		case id == extraTime && n >= 5 && field[0]&1 != 0 && m.time.IsZero():
			if t := int32(le.Uint32(field[1:])); t >= 0 {
				m.time = time.Unix(int64(t), 0).UTC()
			}
		}
	}
	return nil
}

// readLong takes the numbers that stand for 32 bits of ones.
func (m *member) readLong(field []byte) error {
	for _, v := range []*int64{&m.size, &m.packed, &m.offset} {
		if *v != max32 {
			continue
		}
		if len(field) < 8 {
			return io.ErrUnexpectedEOF
		}
		if *v = int64(binary.LittleEndian.Uint64(field)); *v < 0 {
			return errors.New("negative")
		}
		field = field[8:]
	}
	return nil
}

// interpret sets what follows from the name and the attributes, and returns why
// the member can't be taken, or "".
func (m *member) interpret(name string, attributes uint32) string {
	m.name = strings.TrimSuffix(name, "/")
	m.dir = m.name != name
	mode := attributes >> 16
	switch kind := mode & unixTypeMask; {
	case m.flags&(flagEncrypted|flagStrong|flagMasked) != 0:
		return "is encrypted"
	case m.method != methodStored && m.method != methodDeflated:
		return fmt.Sprintf("is compressed by the unknown method %d", m.method)
	case m.method == methodStored && m.packed != m.size:
		return "has two sizes"
	case kind != 0 && kind != unixTypeDir && kind != unixTypeFile:
		return "is neither a file nor a directory"
	case m.dir && kind == unixTypeFile, !m.dir && kind == unixTypeDir, !m.dir && kind == 0 && attributes&dosDirectory != 0:
		return "is both a file and a directory"
	case m.dir && m.size != 0:
		return "is a directory that holds bytes"
	}
	if err := checkPath(m.name); err != nil {
		return "can't be created: " + err.Error()
	}
	m.exec = fs.FileMode(mode)&0o111 != 0
	return ""
}

// readAt fills b from offset.
func readAt(r io.ReaderAt, b []byte, offset int64) error {
	return readFull(io.NewSectionReader(r, offset, int64(len(b))), b)
}

// readFull fills b. An archive that ends too early is refused; what the disk
// says is passed on.
func readFull(r io.Reader, b []byte) error {
	_, err := io.ReadFull(r, b)
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		return refuse("it ends too early")
	}
	if err != nil {
		return &transfer.DiskError{Op: tree.OpUnpacking, Path: "the archive", Err: err, Discarded: true}
	}
	return nil
}
