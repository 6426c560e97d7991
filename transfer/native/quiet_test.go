package native

import (
	"errors"
	"fmt"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"sesame/internal/test/duo"
	"sesame/transfer"
	"sesame/transit"
)

// Fails if a lane that swallows everything isn't noticed in time, or if the
// transfer doesn't go on over another.
func TestBlackHole(t *testing.T) {
	top, m, src := makeTree(t, map[string][]byte{"large": noise(1, 6<<20), "small": noise(2, 1000)})
	for _, at := range []int{0, 1000, 3 << 20} {
		for _, want := range []int{1, 2} {
			dir := newLanding(t)
			synctest.Test(t, func(t *testing.T) {
				w := quietWorld(t)
				w.Want = want
				w.Bend = func(n int, c net.Conn) net.Conn {
					if n > 1 {
						return c
					}
					return duo.Breaks(c, duo.Vanish, -1, at)
				}
				began := time.Now()
				w.run(t.Context(), m, src, dir, config{}, config{}).ok(t)
				if took := time.Since(began); took > 12*time.Second {
					t.Errorf("at %d, %d lanes: took %v", at, want, took)
				}
			})
			sameTree(t, dir, top)
		}
	}
}

// Fails if a session doesn't give up, with a reason, when no lane comes back: after
// the patience asked for, or soon if the peer's program is gone.
func TestPatience(t *testing.T) {
	_, m, src := makeTree(t, map[string][]byte{"large": noise(1, 6<<20)})
	for _, refused := range []bool{false, true} {
		dir := newLanding(t)
		synctest.Test(t, func(t *testing.T) {
			w := quietWorld(t)
			w.Redial = -1
			w.Refused.Store(refused)
			w.Bend = func(_ int, c net.Conn) net.Conn { return duo.Breaks(c, duo.Cut, -1, 1<<20) }
			began := time.Now()
			o := w.run(t.Context(), m, src, dir, config{Patience: 3 * time.Minute}, config{Patience: 3 * time.Minute})
			took, want := time.Since(began), 3*time.Minute
			if refused {
				want = hopeless
			}
			// The first to give up tells the other by mailbox.
			if !errors.Is(o.sendErr, transfer.ErrLost) && !errors.Is(o.getErr, transfer.ErrLost) || o.sendErr == nil || o.getErr == nil {
				t.Errorf("send: %v; receive: %v", o.sendErr, o.getErr)
			}
			if took < want || took > want+5*time.Second {
				t.Errorf("gave up after %v, want %v", took, want)
			}
		})
	}
}

// Fails if a limit isn't kept, on whichever side it is set, for large files and
// for many small ones.
func TestLimit(t *testing.T) {
	const size = 1 << 20
	small := map[string][]byte{}
	for i := range 64 {
		small[fmt.Sprint(i)] = noise(byte(i), size/64)
	}
	for name, content := range map[string]map[string][]byte{"large": {"f": noise(1, size)}, "small": small} {
		for _, side := range []string{"sender", "receiver", "both"} {
			top, m, src := makeTree(t, content)
			dir := newLanding(t)
			synctest.Test(t, func(t *testing.T) {
				w := quietWorld(t)
				w.Want = 2
				var s, r config
				switch side {
				case "sender":
					s.Limit = 100_000
				case "receiver":
					r.Limit = 100_000
				case "both":
					s.Limit, r.Limit = 1e9, 100_000
				}
				began := time.Now()
				w.run(t.Context(), m, src, dir, s, r).ok(t)
				want := time.Duration(size) * time.Second / 100_000
				if took := time.Since(began); took < want*7/10 || took > want*11/10 {
					t.Errorf("%s, %s: took %v, want %v", name, side, took, want)
				}
			})
			sameTree(t, dir, top)
		}
	}
}

// Fails if a person who thinks for an hour before accepting makes the session end.
func TestLongThought(t *testing.T) {
	top, m, src := makeTree(t, files())
	dir := newLanding(t)
	synctest.Test(t, func(t *testing.T) {
		w := quietWorld(t)
		into, done := storeOf(t, dir)
		defer done()
		o := w.runWith(t.Context(), m, src, config{}, config{}, func(o *treeOffer) (*transfer.Report, error) {
			time.Sleep(time.Hour)
			if w.Made() > 1 {
				t.Errorf("%d lanes were needed", w.Made())
			}
			return o.accept(t.Context(), into, nil)
		})
		o.ok(t)
	})
	sameTree(t, dir, top)
}

// Fails if a receiver whose disk hangs for a while loses its lanes, or if one that
// never takes anything keeps the sender for ever.
func TestSlowDisk(t *testing.T) {
	top, m, src := makeTree(t, map[string][]byte{"large": noise(1, 6<<20)})
	for _, hang := range []time.Duration{14 * time.Second, time.Hour / 2} {
		dir := newLanding(t)
		synctest.Test(t, func(t *testing.T) {
			w := quietWorld(t)
			into, done := storeOf(t, dir)
			defer done()
			o := w.runWith(t.Context(), m, src, config{}, config{}, func(o *treeOffer) (*transfer.Report, error) {
				return o.takeInto(t.Context(), &slowTree{Writer: openTree(t, into, o), hang: hang, ended: make(chan struct{})}, nil)
			})
			if hang < time.Minute {
				o.ok(t)
				return
			}
			if !errors.Is(o.sendErr, transfer.ErrLost) {
				t.Errorf("send: %v; receive: %v", o.sendErr, o.getErr)
			}
		})
		if hang < time.Minute {
			sameTree(t, dir, top)
		}
	}
}

// Fails if it matters which sort of path is used.
func TestConnected(t *testing.T) {
	top, m, src := makeTree(t, files())
	w := newWorld(t)
	w.Kind = func(int) transit.Kind { return transit.RelayWebSocket }
	var path transit.Path
	dir := newLanding(t)
	o := w.run(t.Context(), m, src, dir, config{Config: transfer.Config{Connected: func(p transit.Path) { path = p }}}, config{})
	o.ok(t)
	sameTree(t, dir, top)
	if path.Kind != transit.RelayWebSocket || o.got.Path.Kind != path.Kind {
		t.Errorf("connected by %v, received by %v", path, o.got.Path)
	}
}
