package choice

import (
	"math/rand/v2"
	"testing"
)

// mixed are of TCP and UDP straight to the peer, over one line, which TCP may not fill.
var mixed = []scene{
	{"TCP that fills the line, and UDP", func(r *rand.Rand) *world { return beside(r, 1+r.Float64()) }, false},
	{"TCP that doesn't, and UDP", func(r *rand.Rand) *world { return beside(r, logUniform(r, 0.03, 0.9)) }, false},
}

// beside makes a world of TCP, which carries so many times what the line does, and UDP.
func beside(r *rand.Rand, part float64) *world {
	c := mbit(logUniform(r, 5, 200))
	w := newWorld(0)
	x, y := directWay(r, flat(c*part)), directWay(r, flat(c*(1+r.Float64())))
	y.sort, y.rtt = UDP, x.rtt
	w.groups = append(w.groups, flat(c))
	x.group, y.group = 0, 0
	y.weight = logUniform(r, 0.3, 3)
	w.add(x)
	w.add(y)
	return w.lasting(c, long(r))
}

// odd are ways, peers and programs that don't behave.
var odd = []scene{
	{"all ways are cut for 10 s", func(r *rand.Rand) *world {
		a, b, at := mbit(logUniform(r, 2, 100)), mbit(logUniform(r, 2, 100)), 5+10*r.Float64()
		cut := func(c float64) func(float64) float64 {
			return func(t float64) float64 {
				if t > at && t < at+10 {
					return 0
				}
				return c
			}
		}
		return two(r, cut(a), cut(b)).lasting(max(a, b), long(r))
	}, true},
	{"direct takes data and acknowledges none", func(r *rand.Rand) *world {
		w := scenes[0].make(r)
		w.ways[1].mute = true
		return w.lasting(w.ways[0].rate(0), long(r))
	}, false},
	{"300 ms apart", func(r *rand.Rand) *world {
		w := scenes[0].make(r)
		w.ways[0].rtt, w.ways[1].rtt = 0.02, 0.32
		if r.IntN(2) == 0 {
			w.ways[0].rtt, w.ways[1].rtt = 0.32, 0.02
		}
		return w
	}, false},
	{"several lanes of each", func(r *rand.Rand) *world {
		w := newWorld(0)
		a, b := mbit(logUniform(r, 5, 200)), mbit(logUniform(r, 5, 200))
		w.groups = append(w.groups, flat(a), flat(b))
		relay, direct := relayWay(r, flat(a)), directWay(r, flat(b))
		relay.group, direct.group = 0, 1
		for range 2 {
			x := *relay
			w.add(&x)
		}
		for range 4 {
			x := *direct
			w.add(&x)
		}
		return w.lasting(max(a, b), long(r))
	}, false},
}

// Fails if something that doesn't behave makes a transfer much slower than it has to be.
func TestSimulatedFaults(t *testing.T) {
	each(t, odd, many/2, asItIs, func(t *testing.T, s scene, r table) {
		within(t, s, r)
		if r.slow*100 > 3*len(r.ratio) {
			t.Errorf("%d of %d seeds were slow", r.slow, len(r.ratio))
		}
	})
}

// Fails if UDP lanes work on where TCP does all, or rest where it doesn't.
func TestSimulatedMixed(t *testing.T) {
	each(t, mixed, many/2, asItIs, func(t *testing.T, s scene, r table) {
		within(t, s, r)
		if r.slow > 0 {
			t.Errorf("%d of %d seeds were slow", r.slow, len(r.ratio))
		}
		if got := mean(r.udp); s.name == mixed[0].name && !few && got > 0.4 {
			t.Errorf("%.2f over UDP where TCP fills the line", got)
		}
	})
}

// Fails if relays carry what direct lanes have room for: where a person has set a limit,
// or a disk brings no more.
func TestSimulatedSlack(t *testing.T) {
	for name, adapt := range map[string]func(*world){
		"a limit":     func(w *world) { w.cap = mbit(20) },
		"a slow disk": func(w *world) { w.cap, w.slow = mbit(20), true },
	} {
		s := scene{name, func(r *rand.Rand) *world {
			return two(r, flat(mbit(logUniform(r, 25, 200))), flat(mbit(logUniform(r, 25, 200)))).lasting(mbit(20), 30)
		}, false}
		t.Run(name, func(t *testing.T) {
			r := s.plays(t, many/4, adapt)
			if got := mean(r.relayed); !few && got > 0.25 {
				t.Errorf("relays carried %.2f", got)
			}
			if r.slow > 0 || r.switches > 3 {
				t.Errorf("%d seeds were slow, relays began or ended a rest %d times", r.slow, r.switches)
			}
		})
	}
}

// A peer that acknowledges once in a second, whatever is asked, makes the rates of its
// lanes look small, and so its own transfer slow: but all arrives, and no lane is left
// alone.
func TestSimulatedLateAcknowledgements(t *testing.T) {
	s := scene{"late acknowledgements", func(r *rand.Rand) *world {
		w := scenes[0].make(r)
		w.ways[0].late, w.ways[1].late = true, true
		return w
	}, false}
	if got := quantile(s.plays(t, many/4, asItIs).ratio, 1); got > 3 {
		t.Errorf("%.2f times as long as the best single way", got)
	}
}
