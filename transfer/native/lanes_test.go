package native

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"sync/atomic"
	"testing"
	"time"

	"sesame/internal/test/duo"
	"sesame/transfer"
	"sesame/transit"
	"sesame/transit/record"
)

// Fails if a transfer doesn't survive that a lane is cut at its n-th record, from
// the first to more than there are, or if more than a window crosses twice.
func TestCutAtRecord(t *testing.T) {
	leaks(t)
	top, m, src := makeTree(t, files())
	for _, n := range []int{0, 1, 2, 3, 4, 5, 7, 9, 12} {
		for _, want := range []int{1, 2} {
			w := newWorld(t)
			w.Want = want
			w.Bend = func(lane int, c net.Conn) net.Conn {
				if lane > 2 {
					return c
				}
				return duo.Breaks(c, duo.Cut, n, -1)
			}
			dir := newLanding(t)
			w.run(t.Context(), m, src, dir, config{NoCompress: true}, config{}).ok(t)
			sameTree(t, dir, top)
			if wire := w.Wire.Load(); wire > m.Total()*3 {
				t.Errorf("cut at %d: %d bytes for %d", n, wire, m.Total())
			}
		}
	}
}

// Fails if a transfer doesn't survive lanes that are cut at random bytes, all the
// time, or if what is sent twice is more than a window each time.
func TestCutAtByte(t *testing.T) {
	leaks(t)
	top, m, src := makeTree(t, map[string][]byte{"large": noise(1, 20<<20), "small": noise(2, 1000)})
	for seed := range uint64(4) {
		rnd := rand.New(rand.NewPCG(seed, 1))
		w := newWorld(t)
		w.Want = 2
		cuts := 0
		w.Bend = func(_ int, c net.Conn) net.Conn {
			cuts++
			return duo.Breaks(c, duo.Cut, -1, rnd.IntN(12<<20))
		}
		dir := newLanding(t)
		w.run(t.Context(), m, src, dir, config{}, config{}).ok(t)
		sameTree(t, dir, top)
		if extra := w.Wire.Load() - m.Total(); extra > int64(cuts)*maxFlight {
			t.Errorf("seed %d: %d bytes more than needed after %d cuts", seed, extra, cuts)
		}
	}
}

// Fails if a flipped bit reaches a file, if it costs more than a lane, or if
// somebody who flips bits all the time isn't noticed.
func TestTampered(t *testing.T) {
	leaks(t)
	top, m, src := makeTree(t, map[string][]byte{"large": noise(1, 6<<20), "small": noise(2, 1000)})
	for _, at := range []int{0, 4, 20, 70_000, 5 << 20} {
		w := newWorld(t)
		w.Bend = func(lane int, c net.Conn) net.Conn {
			if lane > maxDamaged {
				return c
			}
			return duo.Breaks(c, duo.Flip, -1, at)
		}
		dir := newLanding(t)
		w.run(t.Context(), m, src, dir, config{}, config{}).ok(t)
		sameTree(t, dir, top)
	}
	w := newWorld(t)
	w.Bend = func(_ int, c net.Conn) net.Conn { return duo.Breaks(c, duo.Flip, -1, 300_000) }
	o := w.run(t.Context(), m, src, newLanding(t), config{}, config{})
	var theirs *transfer.PeerError
	if !errors.Is(o.getErr, record.ErrDamaged) || !errors.As(o.sendErr, &theirs) || theirs.Class != transfer.Integrity {
		t.Errorf("always tampered: send: %v; receive: %v", o.sendErr, o.getErr)
	}
}

// Fails if somebody is asked about an offer, or told of progress, before the first
// path was told of to the end, however long that takes.
func TestConnectedComesFirst(t *testing.T) {
	leaks(t)
	top, m, src := makeTree(t, map[string][]byte{"small": noise(1, 100)})
	w := newWorld(t)
	var told [2]atomic.Bool
	slow := func(side int) config {
		return config{Config: transfer.Config{
			Connected: func(transit.Path) {
				time.Sleep(100 * time.Millisecond) // a terminal that is slow
				told[side].Store(true)
			},
			Progress: func(transfer.Progress) {
				if !told[side].Load() {
					t.Errorf("side %d hears of progress first", side)
				}
			},
		}}
	}
	dir := newLanding(t)
	into, done := storeOf(t, dir)
	defer done()
	o := w.runWith(t.Context(), m, src, slow(0), slow(1), func(o *treeOffer) (*transfer.Report, error) {
		if !told[1].Load() {
			t.Error("the offer is there first")
		}
		return o.accept(t.Context(), into, nil)
	})
	o.ok(t)
	sameTree(t, dir, top)
}

// Fails if the end of all lanes isn't reported, if addresses aren't exchanged
// again, or if the transfer doesn't go on with the next lane, even without a mailbox.
func TestAllLost(t *testing.T) {
	leaks(t)
	top, m, src := makeTree(t, map[string][]byte{"large": noise(1, 8<<20)})
	for _, mailbox := range []bool{true, false} {
		w := newWorld(t)
		w.Redial = 300 * time.Millisecond
		w.Bend = func(lane int, c net.Conn) net.Conn {
			if lane > 2 {
				return c
			}
			w.BoxS.Fail.Store(!mailbox)
			w.BoxR.Fail.Store(!mailbox)
			return duo.Breaks(c, duo.Cut, -1, 3<<20)
		}
		var lost atomic.Int64
		count := func() { lost.Add(1) }
		dir := newLanding(t)
		w.run(t.Context(), m, src, dir, config{Lost: count}, config{Lost: count}).ok(t)
		sameTree(t, dir, top)
		if lost.Load() != 4 || mailbox && w.Rehints.Load() == 0 {
			t.Errorf("mailbox %v: lost %d times, %d times new addresses", mailbox, lost.Load(), w.Rehints.Load())
		}
	}
}

// Fails if a run that ends at any moment leaves something that the next run, with
// another key, can't use: the result must be the same and, beyond the window,
// nothing may cross twice.
func TestAgain(t *testing.T) {
	leaks(t)
	all := files()
	all["big"] = noise(9, 40<<20)
	top, m, src := makeTree(t, all)
	total := m.Total()
	dir := newLanding(t)
	crossed := int64(0)
	rnd := rand.New(rand.NewPCG(1, 2))
	runs := 0
	for done := false; !done; runs++ {
		w := newWorld(t)
		w.Key = fmt.Sprint(runs)
		w.Want = 1 + runs%2
		ctx, cancel := context.WithCancel(t.Context())
		if runs < 6 {
			limit := 1<<20 + rnd.IntN(2<<20)
			w.Redial = -1
			w.Bend = func(_ int, c net.Conn) net.Conn { return duo.Breaks(c, duo.Cut, -1, limit) }
			cfg := today
			cfg.Lost = cancel
			o := w.run(ctx, m, src, dir, cfg, cfg)
			if o.sendErr == nil && o.getErr == nil {
				t.Fatal("it didn't break")
			}
		} else {
			o := w.run(ctx, m, src, dir, today, today)
			o.ok(t)
			done = true
			if o.got.Resumed == 0 || o.sent.Resumed != o.got.Resumed {
				t.Errorf("resumed %d and %d", o.sent.Resumed, o.got.Resumed)
			}
		}
		cancel()
		crossed += w.Wire.Load()
	}
	sameTree(t, dir, top)
	t.Logf("%d runs: %d bytes crossed for %d", runs, crossed, total)
	if crossed > total+int64(runs)*maxFlight {
		t.Errorf("%d bytes crossed for %d in %d runs", crossed, total, runs)
	}
}

// Fails if a file that changed between two runs comes out as a mixture, or if an
// edited partial is believed.
func TestAgainChanged(t *testing.T) {
	leaks(t)
	content := noise(9, 20<<20)
	top, m, src := makeTree(t, map[string][]byte{"big": content})
	dir := newLanding(t)
	w := newWorld(t)
	w.Redial = -1
	w.Bend = func(_ int, c net.Conn) net.Conn { return duo.Breaks(c, duo.Cut, -1, 10<<20) }
	ctx, cancel := context.WithCancel(t.Context())
	cfg := today
	cfg.Lost = cancel
	w.run(ctx, m, src, dir, cfg, cfg)
	cancel()

	content[100] ^= 1
	content[9<<20] ^= 1
	top, m, src = makeTree(t, map[string][]byte{"big": content})
	w = newWorld(t)
	w.Key = "other"
	o := w.run(t.Context(), m, src, dir, today, today)
	o.ok(t)
	sameTree(t, dir, top)
	// How much that is depends on what the receiver had read when it was told to stop.
	if o.got.Resumed == 0 || w.Wire.Load() > m.Total()-o.got.Resumed+64<<10 {
		t.Errorf("resumed %d, crossed %d", o.got.Resumed, w.Wire.Load())
	}
}
