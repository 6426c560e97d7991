//go:build !js

// A page has relays alone: there is no choice among sorts of ways.

package native

import (
	"bytes"
	"fmt"
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

// An output counts what was written, in order.
type output struct{ bytes.Buffer }

// Fails if ways that are odd in any manner lose something, have more than a window of it
// sent twice, or take longer than the better one does alone; into files and in order.
func TestOddWays(t *testing.T) {
	const size = 24 << 20
	top, m, src := makeTree(t, map[string][]byte{"large": noise(1, size)})
	content := noise(1, size)
	lone := &manifest.Manifest{Entries: []manifest.Entry{{Path: "one", Kind: manifest.File, Size: size, ModTime: time.Unix(1e9, 0)}}}
	alternate := func(rate int, odd time.Duration) func(time.Duration, int64) int {
		return func(since time.Duration, _ int64) int {
			if since/(3*time.Second)%2 == odd {
				return 0
			}
			return rate
		}
	}
	far := directOf(8 * mbit)
	far.Delay += 150 * time.Millisecond
	for _, c := range []struct {
		name string
		ways []lineOf
		most float64 // seconds
	}{
		{"one carries for 3 s, and for 3 s nothing", []lineOf{
			directOf(8 * mbit),
			relayOf(24 * mbit).varies(alternate(24*mbit, 1)),
		}, 26},
		{"they alternate every 3 s", []lineOf{
			directOf(16 * mbit).varies(alternate(16*mbit, 0)),
			relayOf(16 * mbit).varies(alternate(16*mbit, 1)),
		}, 23},
		{"a relay throttles after 10 MB", []lineOf{
			directOf(8 * mbit),
			relayOf(24 * mbit).varies(func(_ time.Duration, sent int64) int {
				if sent > 10_000_000 {
					return 500 * mbit / 1000
				}
				return 24 * mbit
			}),
		}, 26},
		{"one falls from 24 to 1", []lineOf{
			relayOf(8 * mbit),
			directOf(24 * mbit).varies(func(since time.Duration, _ int64) int {
				if since > 4*time.Second {
					return mbit
				}
				return 24 * mbit
			}),
		}, 4 + 15 + 5},
		{"one carries nothing from some time on", []lineOf{
			relayOf(16 * mbit),
			directOf(24 * mbit).varies(func(since time.Duration, _ int64) int {
				if since > 3*time.Second {
					return 0
				}
				return 24 * mbit
			}),
		}, 3 + 8 + 4},
		{"300 ms apart", []lineOf{directOf(8 * mbit), far}, 1.05*12.6 + 3},
		{"a hundred to one", []lineOf{directOf(50 * mbit), relayOf(mbit / 2)}, 1.05*4.2 + 0.5},
	} {
		for _, ordered := range []bool{false, true} {
			name := fmt.Sprintf("%s, in order %v", c.name, ordered)
			dir := newLanding(t)
			synctest.Test(t, func(t *testing.T) {
				defer time.Sleep(time.Hour)
				w := linesWorld(t, c.ways...)
				began := time.Now()
				var out output
				if !ordered {
					w.run(t.Context(), m, src, dir, config{NoCompress: true}, config{}).ok(t)
				} else {
					w.runWith(t.Context(), lone, tree.Bytes{content}, config{NoCompress: true}, config{}, func(o *treeOffer) (*transfer.Report, error) {
						return o.pass(t.Context(), &out)
					}).ok(t)
					if !bytes.Equal(out.Bytes(), content) {
						t.Errorf("%s: %d bytes came out", name, out.Len())
					}
				}
				took := time.Since(began).Seconds()
				extra := w.Wire.Load() - size
				t.Logf("%s: %.1f s, %.1f MB more than needed", name, took, float64(extra)/1e6)
				if took > c.most {
					t.Errorf("%s: took %.1f s, want %.1f at most", name, took, c.most)
				}
				if extra > session.MaxWindow {
					t.Errorf("%s: %d bytes more than needed", name, extra)
				}
			})
			if !ordered {
				sameTree(t, dir, top)
			}
		}
	}
}

// Fails if something is lost, or more than a window crosses twice, when all lanes, over
// different ways, are cut at once in the middle.
func TestAllCutAtOnce(t *testing.T) {
	const size = 24 << 20
	top, m, src := makeTree(t, map[string][]byte{"large": noise(1, size)})
	dir := newLanding(t)
	synctest.Test(t, func(t *testing.T) {
		defer time.Sleep(time.Hour)
		w := linesWorld(t, relayOf(16*mbit), directOf(24*mbit))
		var cut atomic.Bool
		bend := w.Bend
		w.Bend = func(n int, c net.Conn) net.Conn {
			if c = bend(n, c); n <= 2 {
				time.AfterFunc(3*time.Second, func() { cut.Store(true); c.Close() })
			}
			return c
		}
		lost := 0
		w.run(t.Context(), m, src, dir, config{Lost: func() { lost++ }}, config{}).ok(t)
		if !cut.Load() || lost != 1 {
			t.Errorf("lost %d times", lost)
		}
		if extra := w.Wire.Load() - size; extra > session.MaxWindow {
			t.Errorf("%d bytes more than needed", extra)
		}
	})
	sameTree(t, dir, top)
}
