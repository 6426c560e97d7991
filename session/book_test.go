package session

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"
)

// A told is a control message in a simulation, as the book is told of it.
type told struct {
	typ    Message
	which  ref // for who reads it
	why    Reason
	length int
}

// A mind is one side of a simulation: a book, and what it has said that the other side
// hasn't heard.
type mind struct {
	book  book
	out   []told
	known map[string]*Exchange // by who has opened it and number
	spoke map[*Exchange]bool   // content: its author has said the last before it is settled
	t     *testing.T
	seed  uint64
}

func (m *mind) say(w told) { m.out = append(m.out, w) }

func (m *mind) name(x *Exchange, me string, other string) string {
	if x.own {
		return fmt.Sprint(me, x.number)
	}
	return fmt.Sprint(other, x.number)
}

// hear takes what the other side has said.
func (m *mind) hear(w told, me, other string) {
	fail := func(err error) {
		if err != nil {
			m.t.Fatalf("seed %d: %s hears %v of %v: %v", m.seed, me, w.typ, w.which, err)
		}
	}
	switch w.typ {
	case msgLeave:
		m.book.gone = true
	case msgDrop:
		x, answer, err := m.book.heardDrop(w.which, w.why)
		fail(err)
		if x != nil && answer {
			m.say(told{typ: msgDrop, which: ref{x.number, !x.own}})
		}
	case msgOpen, began:
		if !w.which.theirs && w.which.number == m.book.theirs.next {
			x := &Exchange{content: w.typ == began, ended: make(chan struct{})}
			fail(m.book.admit(w.which.number, x))
			m.known[m.name(x, me, other)] = x
			return
		}
		fallthrough
	default:
		x, err := m.book.speaks(w.which, w.typ)
		fail(err)
		switch {
		case x == nil:
		case w.typ == all:
			m.spoke[x] = true
		case w.typ.settles():
			m.book.settle(x, nil)
		case w.typ == msgMessage && w.length == 0:
			m.book.heardAll(x)
		}
	}
}

// act lets a side do something that it may.
func (m *mind) act(rnd *rand.Rand, me, other string) {
	b := &m.book
	if rnd.IntN(4) == 0 && b.room() && !b.left {
		x := &Exchange{content: rnd.IntN(2) == 0, ended: make(chan struct{})}
		b.begin(x)
		m.known[m.name(x, me, other)] = x
		typ := msgOpen
		if x.content {
			typ = began
		}
		m.say(told{typ: typ, which: ref{x.number, false}})
		return
	}
	if rnd.IntN(60) == 0 && !b.left {
		b.left = true
		m.say(told{typ: msgLeave})
		return
	}
	var open []*Exchange
	for _, l := range []*ledger{&b.own, &b.theirs} {
		for n := range l.next { // in an order
			if x := l.open[n]; x != nil && !x.dropped {
				open = append(open, x)
			}
		}
	}
	if len(open) == 0 {
		return
	}
	x := open[rnd.IntN(len(open))]
	which := ref{x.number, !x.own}
	switch k := rnd.IntN(8); {
	case k == 0:
		if b.drop(x) {
			x.err = &DropError{Reason{Code: CodeCancelled}, true}
			m.say(told{typ: msgDrop, which: which, why: Reason{Code: CodeCancelled}})
		}
	case x.content && x.own && m.spoke[x]:
	case x.content && x.own:
		typ := Message(2 + rnd.IntN(5))
		m.say(told{typ: typ, which: which})
		m.spoke[x] = typ == all
	case x.content && k < 3 && m.spoke[x]:
		typ := []Message{Reject, Done}[k-1]
		m.say(told{typ: typ, which: which})
		b.said(x, typ, 1)
	case x.content:
		m.say(told{typ: Message(19), which: which})
	case k < 3 && !x.said:
		m.say(told{typ: msgMessage, which: which})
		b.said(x, msgMessage, len(which.append(nil)))
	case !x.said:
		m.say(told{typ: msgMessage, which: which, length: 5})
	}
}

// Fails if two sides that open, refuse, drop and finish exchanges at random, and hear of
// each other late, ever break a rule in the eyes of the other, have more unsettled than
// they may, don't settle all in the end, or don't agree on what became of each.
func TestBooksAgree(t *testing.T) {
	for seed := range uint64(2000) {
		rnd := rand.New(rand.NewPCG(seed, 11))
		a := &mind{known: map[string]*Exchange{}, spoke: map[*Exchange]bool{}, t: t, seed: seed}
		b := &mind{known: map[string]*Exchange{}, spoke: map[*Exchange]bool{}, t: t, seed: seed}
		pass := func(from, to *mind, me, other string) {
			if len(from.out) > 0 {
				w := from.out[0]
				from.out = from.out[1:]
				to.hear(w, me, other)
			}
		}
		for range 100 + rnd.IntN(300) {
			switch rnd.IntN(4) {
			case 0:
				a.act(rnd, "a", "b")
			case 1:
				b.act(rnd, "b", "a")
			case 2:
				pass(a, b, "b", "a")
			case 3:
				pass(b, a, "a", "b")
			}
			for _, m := range []*mind{a, b} {
				if len(m.book.own.open) > maxUnsettled || len(m.book.theirs.open) > maxUnsettled {
					t.Fatalf("seed %d: too many are unsettled", seed)
				}
			}
		}
		for _, m := range []*mind{a, b} { // whoever has something to say still drops it
			for _, l := range []*ledger{&m.book.own, &m.book.theirs} {
				for n := range l.next {
					if x := l.open[n]; x != nil && m.book.drop(x) {
						x.err = &DropError{Reason{}, true}
						m.say(told{typ: msgDrop, which: ref{x.number, !x.own}})
					}
				}
			}
			if !m.book.left {
				m.book.left = true
				m.say(told{typ: msgLeave})
			}
		}
		for len(a.out)+len(b.out) > 0 {
			pass(a, b, "b", "a")
			pass(b, a, "a", "b")
		}
		if !a.book.idle() || !b.book.idle() {
			t.Fatalf("seed %d: not everything is settled", seed)
		}
		if len(a.known) != len(b.known) {
			t.Fatalf("seed %d: %d exchanges for one side and %d for the other", seed, len(a.known), len(b.known))
		}
		for name, x := range a.known {
			y := b.known[name]
			if y == nil {
				t.Fatalf("seed %d: %s is known to one side only", seed, name)
			}
			var dx, dy *DropError
			if errors.As(x.err, &dx) != errors.As(y.err, &dy) {
				t.Fatalf("seed %d: %s ends with %v for one side and %v for the other", seed, name, x.err, y.err)
			}
			if dx != nil && !dx.Ours && !dy.Ours {
				t.Fatalf("seed %d: nobody has dropped %s", seed, name)
			}
		}
	}
}
