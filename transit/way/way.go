// Package way says what a sort of path between two computers is: TCP, UDP past
// NATs, a relay. Below it each has a folder of its own, which nobody imports but
// the file that lists those of a system (ways_os.go and ways_js.go of package
// transit).
//
//	Way       knows how hints of its type are written, and opens a
//	Finder    which says where this side can be reached by it, and makes
//	Route     of the peer's hints; each can be dialled. What the peer dials comes
//	          from the Finder's Listener
//
// When to dial what, who is at the other end, and which connection is used isn't a
// way's to decide. What it makes is a byte stream, a net.Conn, which may be Gentle,
// Bound, Starting, Pieced or Halved besides.
package way

import (
	"context"
	"iter"
	"net"
	"slices"
	"time"
)

// A Way is a sort of path. Its methods may be called from several goroutines.
type Way interface {
	// Form is the type of its hints; the zero Form if it has none of its own.
	Form() Form
	// Tier says how good its lanes are.
	Tier() Tier
	// Classic reports whether peers of the classic protocol know such hints, all of
	// which they get in one message, at once.
	Classic() bool
	// Allowed reports whether c lets this way be used.
	Allowed(c *Config) bool
	// Open begins to find out where this side can be reached, if c allows the way.
	// An error means that this way can't be had here; there may be others. ctx
	// bounds the call only. The caller must Close the Finder.
	Open(ctx context.Context, at *Site) (Finder, error)
}

// A Finder is a way while the peer is looked for. Its methods may be called from
// several goroutines, all but Close return soon, and none calls back into who uses
// it. Plain has those that a way doesn't need. A Finder may be a Minder or a Talker
// besides.
type Finder interface {
	// Start tells what the two sides share. It is called once, before any Route is
	// dialled; until then a Listener may take connections already.
	Start(Session)
	// Hints returns what the peer must be told to reach this side, as known now.
	Hints() []Hint
	// Changed returns a channel that delivers a value when Hints, or what Peer
	// returns for the same hints, may be others than before; nil for never. It is
	// for one receiver.
	Changed() <-chan struct{}
	// Peer takes all hints of the peer, the latest first, those of other ways
	// included, and returns where it can be dialled, best first, within the dial
	// policy; and what isn't dialled, and why. It may be called before Start.
	Peer(hints []Hint) ([]Route, []Attempt)
	// Listener returns what takes the peer's connections, always the same; nil if
	// there is none.
	Listener() Listener
	// Proven returns how a connection that this Finder has made, or taken, is to be
	// described, now that the peer is known to be at its other end.
	Proven(conn net.Conn, p Path, taken bool) Path
	// Seek says whether a lane straight to the peer is wanted. At first it is.
	Seek(on bool)
	// Lost says that the last lane has broken: what was found may be wrong.
	Lost()
	// Moved says that this computer's addresses have changed, or else that somebody
	// has looked again; Site.Own has them. With fresh, nothing that works depends on
	// what the way holds: an address is gone, or there is no lane of its tier.
	Moved(changed, fresh bool)
	// Stop ends the search, and Accept. Connections live on.
	Stop()
	// Close ends everything, connections too, and returns when nothing is left
	// running.
	Close() error
}

// A Listener takes connections that the peer makes.
type Listener interface {
	// Accept returns the next one. It fails with net.ErrClosed after Finder.Stop;
	// after other errors it may be called again.
	Accept() (net.Conn, Path, error)
}

// A Session is what the two sides of a search share.
type Session struct {
	// Key returns a secret for a purpose, the same at both ends; nil in the classic
	// protocol. It must not be kept.
	Key func(purpose string, size int) []byte
	// Tokens are what relays know the two sides by, one for each connection there,
	// by its number: at least one. They must be copied.
	Tokens [][]byte
}

// A Minder is a Finder for which it matters what the peer has made of our hints. The
// messages in which hints travel are numbered on both sides, from 1 on. Its methods are
// as a Finder's.
type Minder interface {
	// Told says that our message n has these hints, of all ways.
	Told(n int, hints []Hint)
	// Heard says that the peer's message n has come, whose hints Peer has had, and that
	// the peer has prepared itself for what our messages up to seen name.
	Heard(n, seen int)
	// Seen returns up to which of the peer's messages this side has prepared itself
	// for what they name; 0 as long as the peer need not know.
	Seen() int
}

// A Talker is a Finder that speaks with that of the same way on the other side, over a
// lane that leads through a relay. There is one at most among the ways of a program. Its
// methods are as a Finder's.
type Talker interface {
	// Talk says that there is such a lane, the first since there was none. Say sends the
	// peer's Talker at most MaxSaid bytes, returns at once, and may lose them.
	Talk(say func(b []byte))
	// Hear takes what the peer's Talker has said, and when it came; it must not keep b.
	Hear(b []byte, at time.Time)
}

// MaxSaid is how many bytes a Talker may say at once.
const MaxSaid = 64

// Plain does nothing, as far as a Finder may: ways embed it.
type Plain struct{}

func (Plain) Start(Session)                             {}
func (Plain) Hints() []Hint                             { return nil }
func (Plain) Changed() <-chan struct{}                  { return nil }
func (Plain) Peer([]Hint) ([]Route, []Attempt)          { return nil, nil }
func (Plain) Listener() Listener                        { return nil }
func (Plain) Proven(_ net.Conn, path Path, _ bool) Path { return path }
func (Plain) Seek(bool)                                 {}
func (Plain) Lost()                                     {}
func (Plain) Moved(changed, fresh bool)                 {}
func (Plain) Stop()                                     {}
func (Plain) Close() error                              { return nil }

// A Tier is how good a sort of path is. The lower is the better one: a session goes
// over the best that there is, and only worse ones are replaced.
type Tier int

const (
	Straight Tier = iota // TCP, straight to the peer
	Punched              // UDP, past NATs
	Relayed
	Tiers // their number
)

// A Route is an address that can be dialled: the peer's, or a relay's.
type Route struct {
	Path Path
	// Dial connects to it. A relay hasn't been spoken to then. Its connections, like
	// those of a Listener, may be Gentle, Bound, Pieced or Halved besides.
	Dial func(ctx context.Context) (net.Conn, error)
	// Join waits until who took the connection has joined it with the peer, where it is
	// the one with this number; nil if the peer itself takes it. Who calls it closes
	// conn to end it, and after an error.
	Join func(conn net.Conn, number int) error
	// Closed returns the Refusal of a relay for as long as it isn't worth to dial again, else
	// nil; nil where none is given.
	Closed func() error
	// Lanes is how many connections may be made there at a time, with the numbers from
	// 0 on, where that isn't for us to say: at a relay, and where both dial; 0 stands for 1.
	Lanes int
	// Both is set if the dial works only while the peer dials us, too. There can be
	// one such connection between two ports.
	Both bool
	// More is Dial for the connections with the numbers from 1 on; nil if Dial does for
	// all of them.
	More func(ctx context.Context) (net.Conn, error)
	// Further is set if the peer takes one more connection here beside another, and has
	// no use for it else.
	Further bool
	// Instead is the place, among the routes that it was returned with, of the one
	// that this one stands in for, and Wait for how long that has a head start; -1
	// for most. It comes earlier.
	Instead int
	Wait    time.Duration
}

// Connect dials for the connection with a number, from 0 on.
func (r *Route) Connect(ctx context.Context, number int) (net.Conn, error) {
	if number > 0 && r.More != nil {
		return r.More(ctx)
	}
	return r.Dial(ctx)
}

// How many of the relays that a peer names are acted on (doc/transit.md §2.3), how many
// connections there are at most, and how long the first has a head start over the next, or over its own next address.
const (
	MaxRelays = 4
	MaxLanes  = 16 // lanes with one peer, of a sort
	MaxInner  = 3  // addresses of one relay
	NextDelay = 500 * time.Millisecond
)

// An Attempt is a path and what became of it.
type Attempt struct {
	Path Path
	Err  error
}

// A Set is the sorts of path of a program, in the order in which their hints are
// sent. It doesn't change, and nil has none.
type Set struct{ ways []Way }

// With returns a Set with one way more. Its hints must be of a type that no other
// way has.
func (s *Set) With(w Way) *Set {
	if _, known := s.Form(w.Form().Type); known && w.Form().Type != "" {
		panic("way: two ways with hints of type " + w.Form().Type)
	}
	return &Set{append(slices.Collect(s.All()), w)}
}

// All returns the ways.
func (s *Set) All() iter.Seq[Way] {
	if s == nil {
		return slices.Values([]Way(nil))
	}
	return slices.Values(s.ways)
}

// Form returns the form of a type of hints, and whether a way has it.
func (s *Set) Form(typ string) (Form, bool) {
	for w := range s.All() {
		if f := w.Form(); f.Type == typ && typ != "" {
			return f, true
		}
	}
	return Form{}, false
}
