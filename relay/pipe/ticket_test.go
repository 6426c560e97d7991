package pipe

import (
	"encoding/hex"
	"fmt"
	"strings"
	"testing"
	"time"

	"sesame/internal/wire"
)

// Fails when a ticket is good for more than it says, or for less, or when one counts that
// nobody gave out.
func TestTicket(t *testing.T) {
	m := NewMint(100)
	text := m.Issue(epoch)
	if !wire.ValidTicket(text) {
		t.Fatalf("%q can't be said to a relay", text)
	}
	for i := range ticketPipes {
		if !m.Take(text, epoch.Add(TicketLife-time.Second)) {
			t.Fatalf("not good for pipe %d", i)
		}
	}
	if m.Take(text, epoch) {
		t.Error("good for more pipes than it says")
	}
	late := m.Issue(epoch)
	if late == text || m.Take(late, epoch.Add(TicketLife)) {
		t.Error("two are the same, or one doesn't end")
	}
	for i := range len(late) {
		b := []byte(late)
		if b[i]++; b[i] == 'g' || b[i] == ':' {
			b[i] = '0'
		}
		if m.Take(string(b), epoch) {
			t.Errorf("good with another character %d", i)
		}
	}
	for _, bad := range []string{"", "00", late[2:], late + "00", strings.Repeat("0", len(late))} {
		if m.Take(bad, epoch) {
			t.Errorf("%q is good", bad)
		}
	}
	other := NewMint(100)
	if other.Take(late, epoch) {
		t.Error("good at another server")
	}
	other.Use(m.key)
	if !other.Take(late, epoch) {
		t.Error("not good at a server with the same key")
	}
}

// Fails when tickets make a mint grow.
func TestMintIsBounded(t *testing.T) {
	m := NewMint(10)
	for range 1000 {
		if !m.Take(m.Issue(epoch), epoch) {
			t.Fatal("not good")
		}
	}
}

func FuzzTicket(f *testing.F) {
	key := make([]byte, KeySize)
	good := ticket{until: 7, pipes: 3}.text(key)
	for _, s := range []string{good, "", good[1:], strings.ToUpper(good), "zz", strings.Repeat("0", 84)} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got, ok := readTicket(s, key)
		if !ok {
			return
		}
		if again := got.text(key); !strings.EqualFold(again, s) {
			t.Errorf("%q became %q", s, again)
		}
		if b, _ := hex.DecodeString(s); len(b) != ticketBody+ticketSeal {
			t.Errorf("%q has %d bytes", s, len(b))
		}
	})
}

// Fails when those without a ticket take more than their part of the places, or of what time
// brings, or take it from those who have one.
func TestWithoutTicket(t *testing.T) {
	l := usual()
	l.Waiting, l.ClassicPerSource = 400, 10
	p := newQueue(l)
	held := map[ID]bool{}
	for i := range 50 {
		id, _ := p.come(callOf(fmt.Sprint("own", i), "a", fmt.Sprint("own", i)))
		held[id] = true
	}
	classic := func(token, from string) arrival {
		c := callOf(token, "a", from)
		c.classic = true
		_, a := p.come(c)
		for _, id := range a.gone {
			if held[id] {
				t.Errorf("%s takes the place of one with a ticket", token)
			}
		}
		return a
	}
	for i := range 1000 {
		classic(fmt.Sprint("classic", i), fmt.Sprint("source", i))
	}
	if n := p.classic.held.Len(); n != 100 || p.order.Len() != 150 {
		t.Errorf("%d without a ticket wait, of %d", n, p.order.Len())
	}
	for i := range 20 {
		if a := classic(fmt.Sprint("often", i), "192.0.2.77"); a.often != (i >= 10) {
			t.Errorf("pipe %d of a source: too often: %v", i, a.often)
		}
	}
	c := callOf("once more", "a", "192.0.2.77")
	c.classic, c.again = true, true
	if _, a := p.come(c); a.often {
		t.Error("one whose partner had gone has to wait for its turn again")
	}
	if _, a := p.come(callOf("classic5", "b", "x")); a.partner == 0 {
		t.Error("one with a ticket isn't joined with one without")
	}
	p.clear()
	if p.classic.held.Len() != 0 {
		t.Error("something is left")
	}
}
