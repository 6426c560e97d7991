//go:build !js

// A page has relays alone: there is no choice among sorts of ways.

package native

import (
	"fmt"
	"net"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"sesame/internal/test/duo"
	"sesame/transfer"
	"sesame/transit"
)

// A lineOf is a lane in a test: what sort of way, over what line, from when on.
type lineOf struct {
	kind transit.Kind
	duo.Line
	from time.Duration
}

// lines is what a world over lines has carried.
type lines struct {
	*world
	wire []*atomic.Int64 // by lane: bytes that the sender has written
}

// linesWorld is a quiet world over such lanes, those that are there from the beginning
// first. A lane that is lost comes up again.
func linesWorld(t testing.TB, of ...lineOf) *lines {
	w := &lines{world: quietWorld(t)}
	for range of {
		w.wire = append(w.wire, new(atomic.Int64))
	}
	made := -1
	w.Kind = func(n int) transit.Kind { return of[(n-1)%len(of)].kind }
	w.Pair = func() (net.Conn, net.Conn) {
		made++
		return of[made%len(of)].Pair()
	}
	w.Bend = func(n int, c net.Conn) net.Conn { return countedConn{c, w.wire[(n-1)%len(of)]} }
	w.Want = 0
	for n, l := range of {
		if l.from == 0 {
			w.Want++
		} else {
			time.AfterFunc(l.from, func() { w.More(n + 1) })
		}
	}
	return w
}

// countedConn counts what is written.
type countedConn struct {
	net.Conn
	n *atomic.Int64
}

func (c countedConn) Write(p []byte) (int, error) {
	n, err := c.Conn.Write(p)
	c.n.Add(int64(n))
	return n, err
}

const mbit = 1_000_000 / 8

func relayOf(rate int) lineOf {
	return lineOf{kind: transit.RelayTCP, Line: duo.Line{Rate: rate, Delay: 20 * time.Millisecond, Buffer: 256 << 10}}
}

func directOf(rate int) lineOf {
	return lineOf{kind: transit.ThroughNAT, Line: duo.Line{Rate: rate, Delay: 15 * time.Millisecond, Buffer: 256 << 10}}
}

// varies has a lane carry other rates than its own.
func (l lineOf) varies(rate func(since time.Duration, sent int64) int) lineOf {
	l.Varies = rate
	return l
}

// after has the lane come up later.
func (l lineOf) after(d time.Duration) lineOf {
	l.from = d
	return l
}

// toldPaths are the paths that a side is told of, but for what only measures one again.
type toldPaths []transit.Path

func (p *toldPaths) config() config {
	return config{NoCompress: true, Config: transfer.Config{Connected: func(path transit.Path) {
		if n := len(*p); n == 0 || (*p)[n-1].Words() != path.Words() {
			*p = append(*p, path)
		}
	}}}
}

func (p toldPaths) String() (s string) {
	for _, path := range p {
		s += fmt.Sprintf("%v [%s]; ", path.Words(), path.Use.Why)
	}
	return s
}

// Fails if what carries most isn't used and told, whichever sort of way it is: a relay's
// lane rests where the direct one does as well, and is as good as any where it doesn't; or
// if a lane ends because there is another, or content is lost.
func TestBetterLane(t *testing.T) {
	const size = 24 << 20
	top, m, src := makeTree(t, map[string][]byte{"large": noise(1, size)})
	for _, c := range []struct {
		name          string
		relay, direct int // bytes a second
		last          string
		least, most   float64 // part that crosses the relay
		within        float64 // of the time that the faster one needs alone
	}{
		{"a relay of 8 Mbit/s, a direct way of 24", 8 * mbit, 24 * mbit, "direct, through NAT", 0, 0.25, 1.05},
		{"a relay of 24 Mbit/s, a direct way of 2", 24 * mbit, 2 * mbit, "relay , faster here than the direct way", 0.8, 1, 1.05},
	} {
		dir := newLanding(t)
		synctest.Test(t, func(t *testing.T) {
			defer time.Sleep(time.Hour)
			w := linesWorld(t, relayOf(c.relay), directOf(c.direct).after(time.Second/2))
			var ours, theirs toldPaths
			made := 0
			sends := ours.config()
			sends.Progress = func(p transfer.Progress) {
				if p.Done < p.Total {
					made = w.Made()
				}
			}
			began := time.Now()
			o := w.run(t.Context(), m, src, dir, sends, theirs.config())
			o.ok(t)
			took := time.Since(began).Seconds()
			if part := float64(w.wire[0].Load()) / size; part < c.least || part > c.most {
				t.Errorf("%s: %.2f of it crossed the relay", c.name, part)
			}
			if best := float64(size) / float64(max(c.relay, c.direct)); took > best*c.within+0.5 {
				t.Errorf("%s: took %.1f s, the faster one alone %.1f", c.name, took, best)
			}
			if made != 2 {
				t.Errorf("%s: there were %d lanes", c.name, made)
			}
			if extra := w.Wire.Load() - size; extra > 1<<20 {
				t.Errorf("%s: %d bytes more than needed", c.name, extra)
			}
			for side, p := range []toldPaths{ours, theirs} {
				if len(p) != 2 || p[0].Kind != transit.RelayTCP || p[1].Words() != c.last {
					t.Errorf("%s: side %d is told of %v", c.name, side, p)
				}
			}
			if o.sent.Path.Words() != c.last || o.got.Path.Words() != c.last {
				t.Errorf("%s: ended on %v and %v", c.name, o.sent.Path, o.got.Path)
			}
		})
		sameTree(t, dir, top)
	}
}
