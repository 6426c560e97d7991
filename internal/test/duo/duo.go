// Package duo is two peers in one process, for the tests of what they say to each
// other: a mailbox between them, and lanes over pipes that come up, break and come up
// again as a test says. It knows nothing of what crosses.
package duo

import (
	"crypto/sha256"
	"fmt"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"sesame/transit"
	"sesame/transit/record"
)

// A Duo is a sender and a receiver. What says how its lanes behave is set before
// both have begun.
type Duo struct {
	Key    string                           // of the session
	Suite  record.Suite                     // of its records
	Pair   func() (net.Conn, net.Conn)      // a new connection; TCP by default, in browsers a pipe
	Bend   func(n int, c net.Conn) net.Conn // what lane n's connection does to what the sender writes
	Want   int                              // lanes that are held; later it is More that says so
	Redial time.Duration                    // until lost lanes are replaced; < 0: never
	Deaf   func() time.Duration             // how much longer a side answers nobody; nil: not at all
	Kind   func(n int) transit.Kind         // of lane n

	S, R       *Lanes
	BoxS, BoxR *Box

	Wire    atomic.Int64 // bytes that the sender has written on all lanes
	Rehints atomic.Int64 // calls of AddHints
	Refused atomic.Bool  // what Lanes.Refused says

	calls calls
}

// calls are the lanes that were made, and those that will be.
type calls struct {
	mu      sync.Mutex
	made    int
	closed  bool // no more are made
	pending bool // a timer will look for what is missing
}

// New returns a Duo with one lane, which is replaced soon where it breaks.
func New(t testing.TB) *Duo {
	d := &Duo{Key: "k", Suite: record.AES256GCM, Want: 1, Redial: 10 * time.Millisecond}
	d.Pair = func() (net.Conn, net.Conn) { return connect(t) }
	d.Kind = func(int) transit.Kind { return transit.SameMachine }
	d.BoxS, d.BoxR = newBoxes(d)
	d.S, d.R = newLanes(d), newLanes(d)
	return d
}

// NewQuiet is New for testing/synctest: over pipes, for which time stands still.
func NewQuiet(t testing.TB) *Duo {
	d := New(t)
	d.Pair = net.Pipe
	return d
}

// Made returns how many lanes there were.
func (d *Duo) Made() int {
	d.calls.mu.Lock()
	defer d.calls.mu.Unlock()
	return d.calls.made
}

// More wants so many lanes from now on, and makes those that are missing at once.
func (d *Duo) More(want int) {
	d.calls.mu.Lock()
	d.Want = want
	d.calls.mu.Unlock()
	d.dial()
}

// dial makes lanes until there are as many as wanted.
func (d *Duo) dial() {
	if !d.S.started.Load() || !d.R.started.Load() {
		return
	}
	c := &d.calls
	c.mu.Lock()
	defer c.mu.Unlock()
	c.pending = false
	if c.closed {
		return
	}
	if d.Deaf != nil {
		if left := d.Deaf(); left > 0 {
			c.pending = true
			time.AfterFunc(left, d.dial)
			return
		}
	}
	for d.S.living() < d.Want {
		c.made++
		d.lane(c.made)
	}
}

// lane makes the n-th lane.
func (d *Duo) lane(n int) {
	a, b := d.Pair()
	a = &countConn{Conn: a, n: &d.Wire}
	if d.Bend != nil {
		a = d.Bend(n, a)
	}
	toR, toS := sha256.Sum256([]byte(fmt.Sprint("r", n))), sha256.Sum256([]byte(fmt.Sprint("s", n)))
	s := newLane(d, a, toR[:], toS[:], d.Kind(n))
	r := newLane(d, b, toS[:], toR[:], d.Kind(n))
	s.twin, r.twin = r, s
	d.S.hold(s)
	d.R.hold(r)
}

// down notes that an end of a lane is closed.
func (d *Duo) down() {
	c := &d.calls
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed || c.pending || d.Redial < 0 {
		return
	}
	c.pending = true
	time.AfterFunc(d.Redial, d.dial)
}

// end makes no more lanes.
func (d *Duo) end() {
	d.calls.mu.Lock()
	defer d.calls.mu.Unlock()
	d.calls.closed = true
}
