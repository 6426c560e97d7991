package pipe

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

// usual are limits as they are by default.
func usual() Limits {
	return Limits{
		Waiting: 4096, WaitingPerSource: 32, WaitingPerToken: 4, WaitingTime: 15 * time.Minute,
		PairIdle: 5 * time.Minute, PairLife: 24 * time.Hour, PairStall: time.Minute, PipeBytes: 512 << 20, Ducts: 64, Remembered: 1 << 14, ClassicPerSource: 120,
	}
}

// A queue gives the clients of a pairing their numbers.
type queue struct {
	*pairing
	last ID
}

func newQueue(l Limits) *queue { return &queue{pairing: newPairing(l, false)} }

// come has a client come, and returns its number and what becomes of it.
func (q *queue) come(c call) (ID, arrival) {
	q.last++
	return q.last, q.arrive(q.last, c)
}

// callOf returns what one of a source says that has an address or any other name.
func callOf(token, side, name string) call {
	if net.ParseIP(name) == nil {
		h := fnv.New32()
		io.WriteString(h, name)
		name = net.IP(h.Sum(nil)).String()
	}
	return call{token: token, side: side, source: at(name), since: epoch}
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
			p := newQueue(usual())
			var waiting []ID
			for _, side := range c.waiting {
				w, a := p.come(callOf("t", side, "s"))
				if a.partner != 0 || len(a.gone) != 0 || a.refused {
					t.Fatalf("first: %+v", a)
				}
				waiting = append(waiting, w)
			}
			p.come(callOf("another token", "z", "s"))
			_, a := p.come(callOf("t", c.side, "s"))
			if a.refused {
				t.Fatal("refused")
			}
			if c.partner < 0 {
				if a.partner != 0 || len(a.gone) != 0 {
					t.Errorf("got %+v", a)
				}
				return
			}
			if a.partner != waiting[c.partner] || len(a.gone) != len(waiting)-1 {
				t.Errorf("wrong partner, or %d gone", len(a.gone))
			}
			if p.order.Len() != 1 || len(p.tokens) != 1 || len(p.waiters) != 1 || p.held.Holders() != 1 {
				t.Errorf("%d still wait", p.order.Len())
			}
		})
	}
}

// Half-open pipes: room is made at the expense of their own source, or of the one that
// has most.
func TestPairingLimits(t *testing.T) {
	l := usual()
	l.Waiting, l.WaitingPerSource, l.WaitingPerToken = 6, 4, 2
	p := newQueue(l)
	honest, _ := p.come(callOf("honest", "a", "honest"))
	var evicted, greedy []ID
	for i := range 10_000 {
		id, a := p.come(callOf(fmt.Sprint(i), "a", "greedy"))
		if a.refused {
			t.Fatal("refused")
		}
		greedy = append(greedy, id)
		evicted = append(evicted, a.gone...)
	}
	if p.order.Len() != 5 || len(evicted) != 10_000-4 || evicted[0] != greedy[0] || !p.leave(honest) {
		t.Errorf("%d wait, %d evicted", p.order.Len(), len(evicted))
	}
	honest, _ = p.come(callOf("honest", "a", "honest"))
	first, _ := p.come(callOf("same", "a", "x1"))
	for i := range 3 { // until the greedy one has as little as others
		if _, a := p.come(callOf(fmt.Sprint("z", i), "a", fmt.Sprint("y", i))); a.refused || len(a.gone) != 1 || !slices.Contains(greedy, a.gone[0]) {
			t.Errorf("newcomer %d in a full relay: %+v", i, a)
		}
	}
	if _, a := p.come(callOf("z", "a", "x2")); !a.refused || a.gone != nil {
		t.Error("a new source is accepted by a full relay where nobody has two")
	}
	p.leave(honest)
	p.come(callOf("same", "a", "x2"))
	if _, a := p.come(callOf("same", "a", "x3")); len(a.gone) != 1 || a.gone[0] != first {
		t.Errorf("with a third of one token and side, %v goes", a.gone)
	}
}

// T-A9-5. Ten thousand tokens without a partner, from one source and then from
// as many: those who wait are bounded, and nobody loses a place to others but the one who
// has most.
func TestPipesThatNeverMeet(t *testing.T) {
	p := newQueue(usual())
	honest, _ := p.come(callOf("honest", "a", "198.51.100.1"))
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	for i := range 10_000 {
		_, a := p.come(callOf(fmt.Sprintf("%064d", i), "", "192.0.2.66"))
		if a.refused || i >= 32 && len(a.gone) != 1 || slices.Contains(a.gone, honest) {
			t.Fatalf("%d from one source: %+v", i, a)
		}
	}
	if p.order.Len() != 33 {
		t.Errorf("%d wait", p.order.Len())
	}
	greedy := map[ID]bool{}
	for id, w := range p.waiters {
		greedy[id] = w.source == at("192.0.2.66")
	}
	for i := range 10_000 {
		_, a := p.come(callOf(fmt.Sprintf("x%063d", i), "", fmt.Sprint("source", i)))
		if full := i >= 4096-33; a.refused == (i < 4096-33+31) || len(a.gone) > 0 != (!a.refused && full) {
			t.Fatalf("%d from as many: %+v", i, a)
		}
		if slices.ContainsFunc(a.gone, func(id ID) bool { return !greedy[id] }) {
			t.Fatalf("%d from as many: somebody has lost his place who has but one", i)
		}
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	if grown := int64(after.HeapAlloc) - int64(before.HeapAlloc); grown > 64<<20 {
		t.Errorf("they take %d bytes", grown)
	}
	if _, a := p.come(callOf("honest", "b", "203.0.113.1")); a.partner != honest {
		t.Error("the honest one has lost its place")
	}
}

func TestPairingExpires(t *testing.T) {
	p := newQueue(usual())
	w, _ := p.come(callOf("t", "a", "s"))
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
