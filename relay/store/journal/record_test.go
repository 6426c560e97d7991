package journal

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

var here = tag{era: 7, number: 3}

// logOf makes a log of texts, the first of which has a number.
func logOf(l tag, first uint64, texts ...string) (b []byte) {
	for i, text := range texts {
		b = append(b, l.seal(append(room(nil), text...), first+uint64(i))...)
	}
	return b
}

// textsIn returns what records say.
func textsIn(records []record) (texts []string) {
	for _, r := range records {
		texts = append(texts, string(r.text))
	}
	return texts
}

var some = []string{"a", "", strings.Repeat("b", 5000), strings.Repeat("c", page-headLength), "d", strings.Repeat("e", 3*page)}

// Fails when what was written isn't read, or a record begins in a page of another.
func TestRead(t *testing.T) {
	b := logOf(here, 40, some...)
	if len(b)%page != 0 {
		t.Errorf("%d bytes", len(b))
	}
	for _, more := range [][]byte{nil, make([]byte, 10*page), logOf(tag{7, 1}, 1, some...), logOf(tag{7, 2}, 46, some...)} {
		records, torn, err := here.read(slices.Concat(b, more))
		if err != nil || torn || !slices.Equal(textsIn(records), some) || records[5].sequence != 45 {
			t.Errorf("%d records, torn %v, %v, with %d bytes behind them", len(records), torn, err, len(more))
		}
	}
}

// Fails when the last record, cut anywhere or with any of its bytes not there yet, isn't left out, or takes others along; also
// where the file was another log before.
func TestCut(t *testing.T) {
	whole := logOf(here, 1, some...)
	begin := len(logOf(here, 1, some[:5]...))
	before := logOf(tag{7, 1}, 900, strings.Repeat("z", len(whole)))
	r := rand.New(rand.NewPCG(1, 1))
	for i := range 3000 {
		b := bytes.Clone(before)
		copy(b, whole[:begin])
		at := begin + r.IntN(headLength+len(some[5]))
		if i%3 == 0 { // some pages of it are there
			copy(b[begin:], whole[begin:])
			at = begin + (at-begin)/page*page
			copy(b[at:at+page], before[at:at+page])
		} else {
			copy(b[begin:], whole[begin:at])
			if i%3 == 1 {
				b = b[:at]
			}
		}
		records, _, err := here.read(b)
		if err != nil || !slices.Equal(textsIn(records), some[:5]) {
			t.Fatalf("cut at %d of %d: %d records, %v", at-begin, len(whole)-begin, len(records), err)
		}
	}
}

// Fails when a record before the last one that isn't what was written isn't noticed: each byte of all.
func TestDamage(t *testing.T) {
	whole := logOf(here, 1, some...)
	last := len(logOf(here, 1, some[:5]...))
	used := 0 // what is behind a text in its last page means nothing
	for i, text := range some[:5] {
		start := len(logOf(here, 1, some[:i]...))
		for at := start; at < start+headLength+len(text); at++ {
			used++
			b := bytes.Clone(whole)
			b[at] ^= byte(1 + at%255)
			if records, _, err := here.read(b); !errors.Is(err, ErrDamaged) {
				t.Fatalf("byte %d of %d: %d records, %v", at, last, len(records), err)
			}
		}
	}
	if used < 9000 {
		t.Errorf("only %d bytes", used)
	}
	other := slices.Concat(logOf(here, 1, "a"), logOf(tag{8, 3}, 2, "b"))
	if _, _, err := here.read(other); !errors.Is(err, ErrDamaged) {
		t.Errorf("a record of another era: %v", err)
	}
	missing := slices.Concat(logOf(here, 1, "a", "b"), logOf(here, 4, "d"))
	if _, _, err := here.read(missing); !errors.Is(err, ErrDamaged) {
		t.Errorf("a record that is missing: %v", err)
	}
}

// Fails when records are lost, or kept that nobody had an answer to although others came in their place, where one
// log follows another; or when it isn't noticed that some are missing.
func TestJoin(t *testing.T) {
	records := func(first uint64, texts ...string) (all []record) {
		for i, text := range texts {
			all = append(all, record{first + uint64(i), []byte(text)})
		}
		return all
	}
	for _, c := range []struct {
		last uint64
		logs [][]record
		want string // no text: damaged
		end  uint64
	}{
		{0, nil, "[]", 0},
		{9, [][]record{nil, nil}, "[]", 9},
		{0, [][]record{records(1, "a", "b"), nil, records(3, "c")}, "[a b c]", 3},
		{9, [][]record{records(10, "a", "b"), records(11, "B", "c")}, "[a B c]", 12},
		{9, [][]record{records(10, "a", "b"), records(11, "B"), records(11, "BB")}, "[a BB]", 11},
		{9, [][]record{nil, records(10, "a")}, "[a]", 10},
		{9, [][]record{records(10, "a"), records(10, "A")}, "[A]", 10},
		{9, [][]record{records(11, "a")}, "", 0},
		{9, [][]record{records(9, "a")}, "", 0},
		{0, [][]record{records(1, "a"), records(3, "c")}, "", 0},
		{0, [][]record{records(1, "a", "b", "c"), records(2, "B")}, "", 0},
		{0, [][]record{nil, records(2, "b")}, "", 0},
	} {
		texts, end, err := join(c.last, c.logs)
		if c.want == "" {
			if !errors.Is(err, ErrDamaged) {
				t.Errorf("%v behind %d: %v", c.logs, c.last, err)
			}
		} else if fmt.Sprintf("%s", texts) != c.want || end != c.end || err != nil {
			t.Errorf("%v behind %d: %s to %d, %v", c.logs, c.last, texts, end, err)
		}
	}
}

// Fails when bytes from anywhere end a process, or are taken for records that can't be written again just so.
func FuzzRead(f *testing.F) {
	f.Add(logOf(here, 1, some...))
	f.Add(logOf(here, 1, "a", "b")[:page+10])
	f.Add(append(make([]byte, page), logOf(here, 5, "x")...))
	f.Fuzz(func(t *testing.T, b []byte) {
		if len(b) >= headLength && len(b)%2 == 0 { // so that more than the first sum is looked at
			b = bytes.Clone(b)
			copy(b, begin[:])
			binary.BigEndian.PutUint64(b[16:], here.era)
			binary.BigEndian.PutUint64(b[24:], here.number)
			binary.BigEndian.PutUint32(b[36:], sumOf(b))
		}
		records, _, err := here.read(b)
		if err != nil {
			return
		}
		at := 0
		for _, r := range records {
			again := here.seal(append(room(nil), r.text...), r.sequence)
			n := headLength + len(r.text)
			if !bytes.Equal(again[:n], b[at:at+n]) {
				t.Fatalf("record %d is another one when it is written again", r.sequence)
			}
			at += len(again)
		}
		if _, _, err := join(0, [][]record{records}); err == nil && len(records) > 0 && records[0].sequence != 1 {
			t.Fatalf("begins with %d", records[0].sequence)
		}
	})
}
