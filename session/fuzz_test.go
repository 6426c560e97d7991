package session

import (
	"bytes"
	"errors"
	"reflect"
	"testing"

	"sesame/internal/varint"
	"sesame/transit"
)

// FuzzMail fails if a peer's message by mailbox makes a panic, if one that breaks a rule
// is taken, or if what was read isn't what would be written.
func FuzzMail(f *testing.F) {
	for _, m := range []mail{
		{Hints: nonNil(nil), Seen: 3},
		{Error: &Reason{Class: 1, Code: 7, Numbers: []uint64{1, 1 << 60}, Words: "gone"}},
		{Control: []mailControl{{Number: 1, Type: msgOpen, Body: []byte("x")}, {Number: 2, Type: msgDrop}}},
	} {
		b, err := m.encode(transit.Message{})
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Add([]byte(`{"hints":{"hints-v1":[{"type":"direct-tcp-v1","hostname":"192.0.2.1","port":70000}]},"seen":-1}`))
	f.Add([]byte(`{"error":"in words"}`))
	f.Add([]byte(`null`))
	f.Fuzz(func(t *testing.T, b []byte) {
		m, err := parseMail(b, transit.Message{})
		if rule := new(ProtocolError); err != nil {
			if !errors.As(err, &rule) {
				t.Fatalf("an error that isn't the peer's: %v", err)
			}
			firstMail(b, transit.Message{})
			return
		}
		if m.Seen < 0 || m.Error != nil && (len(m.Error.Words) > maxWords || len(m.Error.Numbers) > maxNumbers) {
			t.Fatalf("%+v", m)
		}
		for _, c := range m.Control {
			if c.Number < 0 || len(c.Body) > maxControl {
				t.Fatalf("%+v", c)
			}
		}
		if m.Hints != nil { // hints have a fuzz target of their own
			m.Hints, m.Ways, m.Seen = nil, nil, 0
		}
		again, err := m.encode(transit.Message{})
		if err != nil {
			t.Fatal(err)
		}
		if len(again) > maxMail {
			return // JSON may be longer as we write it
		}
		if got, err := parseMail(again, transit.Message{}); err != nil || !same(got, m) {
			t.Fatalf("%+v became %+v, %v", m, got, err)
		}
	})
}

// same compares messages, for which a list of nothing is none.
func same(a, b *mail) bool {
	if len(a.Control) != len(b.Control) || (a.Error == nil) != (b.Error == nil) {
		return false
	}
	for i, c := range a.Control {
		if d := b.Control[i]; c.Number != d.Number || c.Type != d.Type || !bytes.Equal(c.Body, d.Body) {
			return false
		}
	}
	if a.Error == nil {
		return true
	}
	x, y := *a.Error, *b.Error
	if len(x.Numbers) == 0 && len(y.Numbers) == 0 {
		x.Numbers, y.Numbers = nil, nil
	}
	return reflect.DeepEqual(x, y)
}

// FuzzBodies fails if the body of a control message makes a panic, if one that breaks a
// rule is taken, or if what was read isn't what would be written.
func FuzzBodies(f *testing.F) {
	why := Reason{Class: 2, Code: 300, Numbers: []uint64{5}, Words: "no room"}
	f.Add(append(varint.Append(nil, 9), "files"...))
	f.Add(AppendReason(ref{9, true}.append(nil), why))
	f.Add(AppendReason(nil, why))
	f.Add([]byte{1, 2, 255})
	f.Fuzz(func(t *testing.T, b []byte) {
		var again []byte
		if number, kind, err := parseOpen(b); err == nil {
			if again = append(varint.Append(nil, uint64(number)), kind...); number < 0 || len(kind) > maxKind || !bytes.Equal(again, b) {
				t.Fatalf("%x: number %d of kind %q", b, number, kind)
			}
		}
		if which, why, err := parseDrop(b); err == nil {
			if again = AppendReason(which.append(nil), why); which.number < 0 || !bytes.Equal(again, b) {
				t.Fatalf("%x became %x", b, again)
			}
		}
		if why, err := parseAbort(b); err == nil {
			if again = AppendReason(nil, why); len(again) > MaxReason || !bytes.Equal(again, b) {
				t.Fatalf("%x became %x", b, again)
			}
			_ = why.String()
		}
	})
}
