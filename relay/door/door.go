// Package door decides which connections a server has: who gets in, how often, and who
// has to go so that others do. It has no sockets, no clock and no goroutines, and does no
// locking: calls say what happened and when. Every operation takes time that doesn't
// grow with the number of connections, but for those of one source.
//
// Source: doc/relay.md §5.3.
package door

import (
	"container/list"
	"iter"
	"time"

	"sesame/relay/figures"
	"sesame/relay/source"
)

// Limits bounds what the door lets in. All of them are above 0.
type Limits struct {
	// Conns is how many connections may be open, ConnsPerSource how many of them one
	// source may have.
	Conns, ConnsPerSource int
	// Accepts is how many are let in per second, AcceptsPerSource how many of them from
	// one source; four times and ten times as many at once.
	Accepts, AcceptsPerSource int
	// Remembered is how many sources the rates remember.
	Remembered int
	// IdleTime is how long a client may do nothing when places get scarce.
	IdleTime time.Duration
}

// A Use is what a connection is used for, the least important first: when somebody has
// to make room, it is the least important of what his source has.
type Use int

const (
	Greeting Use = iota // it hasn't said yet what it wants
	Idle                // a mailbox client without a number or a mailbox
	Waiting             // a pipe without a partner
	Meeting             // a mailbox client with one
	Carrying            // one of a pair of pipes
)

// A Guest is one connection. Its fields are set before it comes in.
type Guest struct {
	Source source.Source
	// Exempt is one that isn't counted by its source and its rate: a proxy that
	// hasn't said yet for whom it speaks.
	Exempt bool
	// Cut closes the connection; it may be called at any time, and more than once.
	// Whoever gets a Guest from a Door to make room calls it, outside of all locks.
	Cut func()

	use  Use
	idle time.Time     // since when use is Idle
	turn *list.Element // among those that rest
}

// Why is the reason for which a connection isn't let in.
type Why int

const (
	Welcome  Why = iota
	TooMany      // its source has as many as it may have
	TooOften     // its source comes too often
	Rush         // all together come too often, and this one has come often lately
	Full         // there is no place, and no source that could make room
)

// String returns a few words for a log.
func (w Why) String() string {
	switch w {
	case TooMany:
		return "its source has too many"
	case TooOften:
		return "its source comes too often"
	case Rush:
		return "too many come at once"
	case Full:
		return "there is no place"
	}
	return ""
}

// Name returns a word for a list of reasons that is counted by.
func (w Why) Name() string {
	switch w {
	case TooMany:
		return figures.TooMany
	case TooOften:
		return figures.TooOften
	case Rush:
		return figures.Rush
	case Full:
		return figures.Full
	}
	return figures.Other
}

// A Door knows the connections that are open.
type Door struct {
	limits  Limits
	rate    *source.Budget
	open    *source.Holdings[*Guest]
	exempt  map[*Guest]struct{}
	sums    Sums
	resting list.List                // of *Guest whose use is Idle, since the shortest time last
	tired   *source.Holdings[*Guest] // the same, for longer than IdleTime
}

// New returns a Door that nobody has come through.
func New(l Limits) *Door {
	return &Door{
		limits: l,
		rate:   source.NewBudget(l.Accepts, l.AcceptsPerSource, l.Remembered),
		open:   source.NewHoldings[*Guest](l.ConnsPerSource, l.Conns),
		exempt: make(map[*Guest]struct{}),
		tired:  source.NewHoldings[*Guest](l.Conns, l.Conns),
	}
}

// Resize has the door go by other limits from now on, but for Remembered.
func (d *Door) Resize(l Limits) {
	d.limits = l
	d.rate.Resize(l.Accepts, l.AcceptsPerSource)
	d.open.Resize(l.ConnsPerSource, l.Conns)
}

// Sums are how many have come that the limits of their own source allowed; how many of
// them were refused for want of what all share; and of those, how many are of sources that
// had hardly tried and had nothing. What a source does beyond its own limits isn't in it.
type Sums struct{ Tries, Rushed, Late int64 }

func (s *Sums) refuse(late bool) {
	s.Tries++
	s.Rushed++
	if late {
		s.Late++
	}
}

// Sums returns what has come so far.
func (d *Door) Sums() Sums { return d.sums }

// Len returns how many connections are open.
func (d *Door) Len() int { return d.open.Len() + len(d.exempt) }

// Admit says whether g gets a place, and counts the try. Somebody else may have to go
// for it: his place is free at once.
func (d *Door) Admit(g *Guest, now time.Time) (why Why, gone *Guest) {
	if g.Exempt {
		if gone = d.makeRoom(d.open.Largest()); d.full() {
			return Full, nil
		}
		d.exempt[g] = struct{}{}
		return Welcome, gone
	}
	// The rate comes first: tries count, whatever becomes of them.
	switch d.rate.Allow(g.Source, now) {
	case source.Own:
		return TooOften, nil
	case source.Shared:
		d.sums.refuse(false)
		return Rush, nil
	case source.Spent:
		d.sums.refuse(true)
		return Rush, nil
	}
	if !d.open.Room(g.Source) {
		return TooMany, nil
	}
	if gone = d.makeRoom(d.open.Richer(g.Source)); d.full() {
		d.sums.refuse(d.open.Holds(g.Source) == 0)
		return Full, nil
	}
	d.sums.Tries++
	d.open.Take(g.Source, g)
	return Welcome, gone
}

// Identify says for whom a Guest that was Exempt speaks, as if that one had come now. If
// it isn't Welcome it has lost its place.
func (d *Door) Identify(g *Guest, s source.Source, now time.Time) (why Why, gone *Guest) {
	d.Leave(g)
	g.Source, g.Exempt = s, false
	return d.Admit(g, now)
}

// Leave says that a connection is gone. It does nothing if it has lost its place.
func (d *Door) Leave(g *Guest) {
	d.open.Leave(g)
	d.rest(g)
	delete(d.exempt, g)
}

// Uses says what a connection is used for from now on.
func (d *Door) Uses(g *Guest, u Use, now time.Time) {
	if g.use == u {
		return
	}
	g.use = u
	d.rest(g)
	if _, here := d.exempt[g]; u == Idle && (here || d.open.Has(g)) {
		g.idle, g.turn = now, d.resting.PushBack(g)
	}
}

// rest says that g isn't idle any more.
func (d *Door) rest(g *Guest) {
	if g.turn != nil {
		d.resting.Remove(g.turn)
		g.turn = nil
	}
	d.tired.Leave(g)
}

func (d *Door) full() bool { return d.Len() >= d.limits.Conns }

// scarce reports whether nine of ten places are taken.
func (d *Door) scarce() bool { return 10*d.Len() >= 9*d.limits.Conns }

// makeRoom has one of several go if there is no place. It is the one of the least
// important use, of equal ones the oldest; but the youngest pair, with which least is
// lost.
func (d *Door) makeRoom(of iter.Seq[*Guest]) (gone *Guest) {
	if !d.full() {
		return nil
	}
	for g := range of {
		if gone == nil || g.use < gone.use || g.use == gone.use && g.use == Carrying {
			gone = g
		}
	}
	if gone != nil {
		d.Leave(gone)
	}
	return gone
}

// atOnce is how many idle ones a Tick sends away.
const atOnce = 256

// Tick returns those that have to go because places get scarce: mailbox clients that have
// been idle for long, those of the source that has most of them first. It is to be called
// every second or so.
func (d *Door) Tick(now time.Time) (gone []*Guest) {
	for e := d.resting.Front(); e != nil && now.Sub(e.Value.(*Guest).idle) >= d.limits.IdleTime; e = d.resting.Front() {
		g := e.Value.(*Guest)
		d.rest(g)
		d.tired.Take(g.Source, g)
	}
	for len(gone) < atOnce && d.scarce() {
		before := len(gone)
		for g := range d.tired.Largest() {
			gone = append(gone, g)
			break
		}
		if len(gone) == before {
			break
		}
		d.Leave(gone[before])
	}
	return gone
}
