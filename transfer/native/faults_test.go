//go:build !js

package native

import (
	"io"
	"net"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"sesame/session"
	"sesame/transfer"
	"sesame/tree"
	"sesame/tree/manifest"
)

// A hole takes all that is written after some bytes, and brings none of it.
type hole struct {
	net.Conn
	after int64
	n     atomic.Int64
}

func (c *hole) Write(p []byte) (int, error) {
	if c.n.Add(int64(len(p))) > c.after {
		return len(p), nil
	}
	return c.Conn.Write(p)
}

// A standstill measures the longest time in which nothing is acknowledged.
type standstill struct {
	last time.Time
	done int64
	most time.Duration
}

func (s *standstill) see(p transfer.Progress) {
	if now := time.Now(); p.Done > s.done {
		if s.done > 0 {
			s.most = max(s.most, now.Sub(s.last))
		}
		s.done, s.last = p.Done, now
	}
}

// Fails if a lane that doesn't behave holds up the others for long, if something is
// missing then, or if much crosses twice.
func TestLanesThatFail(t *testing.T) {
	const size = 24 << 20
	top, m, src := makeTree(t, map[string][]byte{"large": noise(1, size)})
	nothingAfter := func(n int64) func(time.Duration, int64) int {
		return func(_ time.Duration, sent int64) int {
			if sent > n {
				return 0
			}
			return 16 * mbit
		}
	}
	alternate := func(odd int) func(time.Duration, int64) int {
		return func(since time.Duration, _ int64) int {
			if (int(since/(3*time.Second))+odd)%2 == 0 {
				return 16 * mbit
			}
			return mbit / 2
		}
	}
	for _, c := range []struct {
		name    string
		lanes   []lineOf
		swallow int64         // the last lane swallows what comes after so many bytes
		still   time.Duration // that nothing may be acknowledged for
		within  time.Duration // that it may take, in all
	}{
		{"the direct way carries nothing any more", []lineOf{relayOf(8 * mbit), directOf(16 * mbit).varies(nothingAfter(4 << 20))}, 0, 3 * time.Second, 30 * time.Second},
		{"the relay carries nothing any more", []lineOf{directOf(8 * mbit), relayOf(16 * mbit).varies(nothingAfter(4 << 20))}, 0, 3 * time.Second, 30 * time.Second},
		{"the direct way never carries anything", []lineOf{relayOf(8 * mbit), directOf(16 * mbit).varies(nothingAfter(1 << 10))}, 0, 3 * time.Second, 30 * time.Second},
		{"the direct way swallows what it is given", []lineOf{relayOf(8 * mbit), directOf(16 * mbit)}, 4 << 20, 3 * time.Second, 30 * time.Second},
		{"both alternate", []lineOf{relayOf(16 * mbit).varies(alternate(0)), directOf(16 * mbit).varies(alternate(1))}, 0, 3 * time.Second, 20 * time.Second},
		{"the relay throttles", []lineOf{directOf(4 * mbit), relayOf(16 * mbit).varies(func(_ time.Duration, sent int64) int {
			if sent > 10<<20 {
				return mbit / 2
			}
			return 24 * mbit
		})}, 0, 3 * time.Second, 35 * time.Second},
		{"the direct way falls from 50 to 2 Mbit/s", []lineOf{relayOf(8 * mbit), directOf(16 * mbit).varies(func(since time.Duration, _ int64) int {
			if since > 2*time.Second {
				return 2 * mbit
			}
			return 50 * mbit
		})}, 0, 3 * time.Second, 23 * time.Second},
	} {
		dir := newLanding(t)
		synctest.Test(t, func(t *testing.T) {
			defer time.Sleep(time.Hour)
			w := linesWorld(t, c.lanes...)
			if bend := w.Bend; c.swallow > 0 {
				w.Bend = func(n int, conn net.Conn) net.Conn {
					if conn = bend(n, conn); n%len(c.lanes) == 0 {
						conn = &hole{Conn: conn, after: c.swallow}
					}
					return conn
				}
			}
			var s standstill
			var ours, theirs toldPaths
			sends := ours.config()
			sends.Progress = s.see
			began := time.Now()
			w.run(t.Context(), m, src, dir, sends, theirs.config()).ok(t)
			took := time.Since(began)
			t.Logf("%s: %v, nothing came for %v, %.1f MiB more than needed", c.name, took, s.most, float64(w.Wire.Load()-size)/(1<<20))
			if s.most > c.still {
				t.Errorf("%s: nothing was acknowledged for %v", c.name, s.most)
			}
			if took > c.within {
				t.Errorf("%s: took %v", c.name, took)
			}
			if extra := w.Wire.Load() - size; extra > session.MaxWindow {
				t.Errorf("%s: %d bytes more than needed", c.name, extra)
			}
		})
		sameTree(t, dir, top)
	}
}

// Fails if all lanes together can carry nothing for a while, and something is missing
// afterwards, or comes late.
func TestAllLanesPause(t *testing.T) {
	const size = 16 << 20
	top, m, src := makeTree(t, map[string][]byte{"large": noise(1, size)})
	for _, pause := range []time.Duration{3 * time.Second, 10 * time.Second} {
		dir := newLanding(t)
		synctest.Test(t, func(t *testing.T) {
			defer time.Sleep(time.Hour)
			began := time.Now()
			cut := func(rate int) func(time.Duration, int64) int {
				return func(time.Duration, int64) int {
					if since := time.Since(began); since > 2*time.Second && since < 2*time.Second+pause {
						return 0
					}
					return rate
				}
			}
			w := linesWorld(t, relayOf(16*mbit).varies(cut(8*mbit)), directOf(16*mbit).varies(cut(8*mbit)))
			var ours, theirs toldPaths
			w.run(t.Context(), m, src, dir, ours.config(), theirs.config()).ok(t)
			if took, most := time.Since(began), pause+25*time.Second; took > most {
				t.Errorf("took %v with a pause of %v", took, pause)
			}
			if extra := w.Wire.Load() - size; extra > session.MaxWindow {
				t.Errorf("%d bytes more than needed", extra)
			}
		})
		sameTree(t, dir, top)
	}
}

// Fails if a slow lane holds up an output in order.
func TestOutputInOrderOverAFastAndASlowLane(t *testing.T) {
	const size = 64 << 20
	m := &manifest.Manifest{Entries: []manifest.Entry{{Path: "large", Kind: manifest.File, Size: size}}}
	src := tree.Bytes{noise(1, size)}
	for _, lanes := range [][]lineOf{{relayOf(100 * mbit), directOf(mbit)}, {relayOf(mbit), directOf(100 * mbit)}} {
		synctest.Test(t, func(t *testing.T) {
			defer time.Sleep(time.Hour)
			w := linesWorld(t, lanes...)
			var ours, theirs toldPaths
			began, took := time.Now(), time.Duration(0)
			w.runWith(t.Context(), m, src, ours.config(), theirs.config(), func(o *treeOffer) (*transfer.Report, error) {
				r, err := o.Pass(t.Context(), io.Discard)
				took = time.Since(began)
				return r, err
			}).ok(t)
			best := time.Duration(float64(size) / (100 * mbit) * float64(time.Second))
			if most := best*105/100 + time.Second; took > most {
				t.Errorf("%v over lanes of %d and %d Mbit/s, the fast one alone %v", took, lanes[0].Rate/mbit, lanes[1].Rate/mbit, best)
			}
		})
	}
}
