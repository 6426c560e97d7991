package mailbox

import (
	"encoding/binary"
	"errors"
	"time"
)

// What is kept in a store begins with the number of its form.
const form = 1

// latestForm is up to which number forms may come to be known.
const latestForm = 16

// errForm says that a store has what no program of this version, or of a later one, has put there.
var errForm = errors.New("mailbox: what is kept has no form that is known")

// ErrNewer says that a store has what a newer version of this program has put there.
var ErrNewer = errors.New("mailbox: a newer version of this program wrote what is kept")

// A writer puts together what is kept.
type writer struct{ b []byte }

func newWriter(room int) *writer { return &writer{append(make([]byte, 0, room), form)} }

func (w *writer) uint(v uint64)    { w.b = binary.AppendUvarint(w.b, v) }
func (w *writer) time(t time.Time) { w.b = binary.BigEndian.AppendUint64(w.b, uint64(unixNano(t))) }
func (w *writer) text(s string)    { w.uint(uint64(len(s))); w.b = append(w.b, s...) }
func (w *writer) flags(fs ...bool) {
	var v uint64
	for i, f := range fs {
		if f {
			v |= 1 << i
		}
	}
	w.uint(v)
}

func unixNano(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixNano()
}

// A reader takes it apart. Once it has failed, all that it returns is zero. It copies
// nothing: texts share the memory of the whole.
type reader struct {
	rest   string
	failed bool
	newer  bool
}

func newReader(s string) *reader {
	r := &reader{rest: s}
	if len(s) == 0 || s[0] != form {
		r.newer = len(s) > 0 && s[0] > form && s[0] <= latestForm
		r.fail()
		return r
	}
	r.rest = s[1:]
	return r
}

func (r *reader) fail() { r.rest, r.failed = "", true }

// err returns whether all of it was as it ought to be.
func (r *reader) err() error {
	if r.newer {
		return ErrNewer
	}
	if r.failed || r.rest != "" {
		return errForm
	}
	return nil
}

func (r *reader) uint() (v uint64) {
	for shift := 0; shift < 64 && len(r.rest) > 0; shift += 7 {
		c := r.rest[0]
		r.rest = r.rest[1:]
		v |= uint64(c&0x7f) << shift
		if c < 0x80 {
			return v
		}
	}
	r.fail()
	return 0
}

func (r *reader) bytes(n uint64) (s string) {
	if n > uint64(len(r.rest)) {
		r.fail()
		return ""
	}
	s, r.rest = r.rest[:n], r.rest[n:]
	return s
}

func (r *reader) text() string { return r.bytes(r.uint()) }

func (r *reader) time() time.Time {
	s := r.bytes(8)
	if s == "" {
		return time.Time{}
	}
	var v uint64
	for i := range 8 {
		v = v<<8 | uint64(s[i])
	}
	if v == 0 {
		return time.Time{}
	}
	return time.Unix(0, int64(v))
}

// bit takes the lowest of several flags off.
func bit(v *uint64) bool {
	f := *v&1 != 0
	*v >>= 1
	return f
}
