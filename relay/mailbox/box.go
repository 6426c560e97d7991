package mailbox

import (
	"slices"
	"time"

	"sesame/internal/wire"
	"sesame/relay/source"
)

// Kinds of records.
const (
	kindPlate = "plate" // its App is the application, its Name the number
	kindBox   = "box"   // likewise, and the mailbox's id
	kindNode  = "node"  // what relays have in common
)

// A box is the head of the record of a mailbox, where two sides leave messages for
// each other. What somebody has said is an item and not here: so to say something is
// one change of one record, and what follows from it is seen by who reads.
type box struct {
	created time.Time
	touched time.Time // when somebody last came or went
	number  string    // of its nameplate, empty without one
	met     bool      // there have been two
	vacant  bool      // both have released its number
	shakes  uint64    // how often what was said was made void
	sides   []side    // at most two
}

// A side is one of the two of a mailbox.
type side struct {
	seat     uint64 // random: who comes later under the same name has another
	name     string
	source   mark // whence it came first
	open     bool // hasn't closed
	claimed  bool // the nameplate, at some time
	released bool // and does so no more
	at       []uint64
	left     time.Time // when the last of its connections ended
	came     int       // how many items there were

	second  bool    // it took a seat where somebody waited
	waits   mark    // for whom
	free    bool    // nobody is charged for that
	verdict verdict // as far as what was said before judged tells
	judged  int     // so many items
}

// held reports whether the side claims its number.
func (p *side) held() bool { return p.claimed && !p.released }

// A seat's verdict is what became of it.
type verdict uint8

const (
	undecided verdict = iota
	kept
	ruined
)

func (b *box) encode() string {
	w := newWriter(64 + 96*len(b.sides))
	w.time(b.created)
	w.time(b.touched)
	w.text(b.number)
	w.flags(b.met, b.vacant)
	w.uint(b.shakes)
	w.uint(uint64(len(b.sides)))
	for i := range b.sides {
		p := &b.sides[i]
		w.uint(p.seat)
		w.text(p.name)
		p.source.write(w)
		w.flags(p.open, p.claimed, p.released, p.second, p.free)
		w.uint(uint64(len(p.at)))
		for _, node := range p.at {
			w.uint(node)
		}
		w.time(p.left)
		w.uint(uint64(p.came))
		p.waits.write(w)
		w.uint(uint64(p.verdict))
		w.uint(uint64(p.judged))
	}
	return string(w.b)
}

// mostNodes is how many relays a side may be connected to.
const mostNodes = 64

func parseBox(head string) (b box, err error) {
	r := newReader(head)
	b.created, b.touched, b.number = r.time(), r.time(), r.text()
	f := r.uint()
	b.met, b.vacant = bit(&f), bit(&f)
	b.shakes = r.uint()
	n := r.uint()
	if n > 2 {
		return b, errForm
	}
	b.sides = make([]side, n)
	for i := range b.sides {
		p := &b.sides[i]
		p.seat, p.name, p.source = r.uint(), r.text(), readMark(r)
		f := r.uint()
		p.open, p.claimed, p.released, p.second, p.free = bit(&f), bit(&f), bit(&f), bit(&f), bit(&f)
		nodes := r.uint()
		if nodes > mostNodes {
			return b, errForm
		}
		for range nodes {
			p.at = append(p.at, r.uint())
		}
		p.left, p.came, p.waits = r.time(), int(r.uint()), readMark(r)
		p.verdict, p.judged = verdict(r.uint()), int(r.uint())
		if p.verdict > ruined {
			return b, errForm
		}
	}
	return b, r.err()
}

// side returns the side of that name, or nil.
func (b *box) side(name string) *side {
	return b.find(func(p *side) bool { return p.name == name })
}

// seated returns the side with that seat, or nil.
func (b *box) seated(seat uint64) *side {
	return b.find(func(p *side) bool { return p.seat == seat })
}

func (b *box) find(f func(*side) bool) *side {
	for i := range b.sides {
		if f(&b.sides[i]) {
			return &b.sides[i]
		}
	}
	return nil
}

// isOpen reports whether a side hasn't closed.
func (b *box) isOpen() bool { return b.find(func(p *side) bool { return p.open }) != nil }

// A message is what a side has added to a mailbox.
type message struct {
	seat              uint64 // of who said it
	side, phase, body string
	id                *string
	from              mark // whence
	at                time.Time
}

// cost returns what m takes in memory.
func (m *message) cost() int { return len(m.body) + MessageCost }

// MessageCost is what a message takes in memory besides its body.
const MessageCost = 256

func (m *message) encode() string {
	w := newWriter(64 + len(m.side) + len(m.phase) + len(m.body))
	w.uint(m.seat)
	w.time(m.at)
	m.from.write(w)
	w.text(m.side)
	w.text(m.phase)
	w.flags(m.id != nil)
	if m.id != nil {
		w.text(*m.id)
	}
	w.text(m.body)
	return string(w.b)
}

func parseMessage(item string) (m message, err error) {
	r := newReader(item)
	m.seat, m.at, m.from = r.uint(), r.time(), readMark(r)
	m.side, m.phase = r.text(), r.text()
	if f := r.uint(); bit(&f) {
		id := r.text()
		m.id = &id
	}
	m.body = r.text()
	return m, r.err()
}

// parseMessages reads items, and appends them to messages.
func parseMessages(messages []message, items []string) ([]message, error) {
	messages = slices.Grow(messages, len(items))
	for _, item := range items {
		m, err := parseMessage(item)
		if err != nil {
			return nil, err
		}
		messages = append(messages, m)
	}
	return messages, nil
}

func (m *message) wire() wire.Message {
	return wire.Message{Type: wire.MessageType, Side: m.side, Phase: m.phase, Body: m.body, ID: m.id}
}

// Phases that a server has to know.
const (
	phasePake    = "pake"
	phaseVersion = "version"
)

// An arrival is somebody who comes to a mailbox.
type arrival struct {
	side   string
	source source.Source
	mark   mark
	free   bool   // no rate holds for it
	seat   uint64 // for it, if it gets a new one
	node   uint64 // where it is connected
}
