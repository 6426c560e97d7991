package relay

import (
	"fmt"
	"hash/fnv"
	"io"
	"net"
	"runtime"
	"slices"
	"testing"
	"time"

	"sesame/relay/source"
)

var epoch = time.Unix(1e9, 0)

// at returns the source of an address.
func at(ip string) source.Source {
	s, _ := source.Of(&net.TCPAddr{IP: net.ParseIP(ip)}, false)
	return s
}

// waiterOf returns one of a source that has an address or any other name.
func waiterOf(token, side, name string) *waiter {
	if net.ParseIP(name) == nil {
		h := fnv.New32()
		io.WriteString(h, name)
		name = net.IP(h.Sum(nil)).String()
	}
	return &waiter{token: token, side: side, source: at(name), since: epoch}
}

func TestPairing(t *testing.T) {
	for _, c := range []struct {
		name    string
		waiting []string // sides
		side    string
		partner int // -1 for none
	}{
		{"nobody", nil, "a", -1},
		{"another side", []string{"a"}, "b", 0},
		{"the same side", []string{"a"}, "a", -1},
		{"without a side", []string{"a"}, "", 0},
		{"both without", []string{""}, "", 0},
		{"the newest", []string{"a", "a", "a"}, "b", 2},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := newPairing(Limits{}.WithDefaults())
			var waiting []*waiter
			for _, side := range c.waiting {
				w := waiterOf("t", side, "s")
				if partner, gone, ok := p.arrive(w); partner != nil || len(gone) != 0 || !ok {
					t.Fatalf("first: %v, %v, %v", partner, gone, ok)
				}
				waiting = append(waiting, w)
			}
			p.arrive(waiterOf("another token", "z", "s"))
			partner, gone, ok := p.arrive(waiterOf("t", c.side, "s"))
			if !ok {
				t.Fatal("refused")
			}
			if c.partner < 0 {
				if partner != nil || len(gone) != 0 {
					t.Errorf("got %v, %v", partner, gone)
				}
				return
			}
			if partner != waiting[c.partner] || len(gone) != len(waiting)-1 {
				t.Errorf("wrong partner, or %d gone", len(gone))
			}
			if p.order.Len() != 1 || len(p.tokens) != 1 || p.held.Holders() != 1 {
				t.Errorf("%d still wait", p.order.Len())
			}
		})
	}
}

// Half-open pipes: room is made at the expense of their own source, or of the one that
// has most.
func TestPairingLimits(t *testing.T) {
	p := newPairing(Limits{Waiting: 6, WaitingPerSource: 4, WaitingPerToken: 2}.WithDefaults())
	honest := waiterOf("honest", "a", "honest")
	p.arrive(honest)
	var evicted []*waiter
	for i := range 10_000 {
		_, gone, ok := p.arrive(waiterOf(fmt.Sprint(i), "a", "greedy"))
		if !ok {
			t.Fatal("refused")
		}
		evicted = append(evicted, gone...)
	}
	if p.order.Len() != 5 || len(evicted) != 10_000-4 || evicted[0].token != "0" || !p.leave(honest) {
		t.Errorf("%d wait, %d evicted", p.order.Len(), len(evicted))
	}
	p.arrive(honest)
	first := waiterOf("same", "a", "x1")
	p.arrive(first)
	for i := range 3 { // until the greedy one has as little as others
		if _, gone, ok := p.arrive(waiterOf(fmt.Sprint("z", i), "a", fmt.Sprint("y", i))); !ok || len(gone) != 1 || gone[0].source != waiterOf("", "", "greedy").source {
			t.Errorf("newcomer %d in a full relay: %v, gone %v", i, ok, gone)
		}
	}
	if _, gone, ok := p.arrive(waiterOf("z", "a", "x2")); ok || gone != nil {
		t.Error("a new source is accepted by a full relay where nobody has two")
	}
	p.leave(honest)
	p.arrive(waiterOf("same", "a", "x2"))
	if _, gone, _ := p.arrive(waiterOf("same", "a", "x3")); len(gone) != 1 || gone[0] != first {
		t.Errorf("with a third of one token and side, %v goes", gone)
	}
}

// T-A9-5. Ten thousand tokens without a partner, from one source and then from
// as many: those who wait are bounded, and nobody loses a place to others but the one who
// has most.
func TestPipesThatNeverMeet(t *testing.T) {
	p := newPairing(Limits{}.WithDefaults())
	honest := waiterOf("honest", "a", "198.51.100.1")
	p.arrive(honest)
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	for i := range 10_000 {
		_, gone, accepted := p.arrive(waiterOf(fmt.Sprintf("%064d", i), "", "192.0.2.66"))
		if !accepted || i >= 32 && len(gone) != 1 || slices.Contains(gone, honest) {
			t.Fatalf("%d from one source: accepted %v, %d gone", i, accepted, len(gone))
		}
	}
	if p.order.Len() != 33 {
		t.Errorf("%d wait", p.order.Len())
	}
	for i := range 10_000 {
		_, gone, accepted := p.arrive(waiterOf(fmt.Sprintf("x%063d", i), "", fmt.Sprint("source", i)))
		if full := i >= 4096-33; accepted != (i < 4096-33+31) || len(gone) > 0 != (accepted && full) {
			t.Fatalf("%d from as many: accepted %v, %d gone", i, accepted, len(gone))
		}
		if slices.ContainsFunc(gone, func(w *waiter) bool { return w.source != at("192.0.2.66") }) {
			t.Fatalf("%d from as many: somebody has lost his place who has but one", i)
		}
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	if grown := int64(after.HeapAlloc) - int64(before.HeapAlloc); grown > 64<<20 {
		t.Errorf("they take %d bytes", grown)
	}
	if partner, _, _ := p.arrive(waiterOf("honest", "b", "203.0.113.1")); partner != honest {
		t.Error("the honest one has lost its place")
	}
}

func TestPairingExpires(t *testing.T) {
	p := newPairing(Limits{}.WithDefaults())
	w := waiterOf("t", "a", "s")
	p.arrive(w)
	if gone := p.expire(epoch.Add(15*time.Minute - time.Second)); len(gone) != 0 {
		t.Error("too early")
	}
	if gone := p.expire(epoch.Add(15 * time.Minute)); len(gone) != 1 || gone[0] != w || p.order.Len() != 0 {
		t.Errorf("got %v, %d wait", gone, p.order.Len())
	}
	if p.leave(w) || len(p.clear()) != 0 {
		t.Error("still there")
	}
}

func TestDefaultConns(t *testing.T) {
	for files, want := range map[uint64]int{0: 16, 1024: 819, 20_000: 16_000, 1 << 20: 100_000, 1<<64 - 1: 100_000} {
		if got := defaultConns(files); got != want {
			t.Errorf("defaultConns(%d) = %d, want %d", files, got, want)
		}
	}
}
