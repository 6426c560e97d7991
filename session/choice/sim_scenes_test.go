package choice

import (
	"math"
	"math/rand/v2"
)

// A scene makes a world, the same for the same seed.
type scene struct {
	name    string
	make    func(r *rand.Rand) *world
	changes bool // what the ways carry
}

func mbit(x float64) float64 { return x * 1e6 / 8 }

func logUniform(r *rand.Rand, lo, hi float64) float64 { return lo * math.Pow(hi/lo, r.Float64()) }

func flat(c float64) func(float64) float64 { return func(float64) float64 { return c } }

func from(a, b, at float64) func(float64) float64 {
	return func(t float64) float64 {
		if t < at {
			return a
		}
		return b
	}
}

// noisy multiplies by a log-normal factor, anew each half second.
func noisy(f func(float64) float64, seed uint64, sigma float64) func(float64) float64 {
	last, v := -1, 0.0
	return func(t float64) float64 {
		if k := int(t * 2); k != last {
			last, v = k, math.Exp(sigma*rand.New(rand.NewPCG(seed, uint64(k))).NormFloat64())
		}
		return f(t) * v
	}
}

func relayWay(r *rand.Rand, c func(float64) float64) *simWay {
	return &simWay{sort: Relay, rtt: logUniform(r, 0.02, 0.25), from: 0.1, rate: c, group: -1, buffer: 2 << 20}
}

func directWay(r *rand.Rand, c func(float64) float64) *simWay {
	return &simWay{sort: TCP, rtt: logUniform(r, 0.01, 0.2), from: logUniform(r, 0.2, 4), rate: c, group: -1, buffer: 1 << 20}
}

// lasting makes the transfer as long as the best single way takes for d seconds.
func (w *world) lasting(rate, d float64) *world {
	w.size = min(max(1<<20, int(rate*d)), 4<<30)
	return w
}

// two makes a world of a relay and a direct way.
func two(r *rand.Rand, relay, direct func(float64) float64) *world {
	w := newWorld(0)
	w.add(relayWay(r, relay))
	w.add(directWay(r, direct))
	return w
}

func long(r *rand.Rand) float64 { return 30 + 30*r.Float64() }

var scenes = []scene{
	{"independent", func(r *rand.Rand) *world {
		a, b := mbit(logUniform(r, 1, 200)), mbit(logUniform(r, 1, 200))
		return two(r, flat(a), flat(b)).lasting(max(a, b), long(r))
	}, false},
	{"relay 37, punched 3", func(r *rand.Rand) *world {
		return two(r, flat(mbit(37)), flat(mbit(3))).lasting(mbit(37), long(r))
	}, false},
	{"near tie", func(r *rand.Rand) *world {
		a := mbit(logUniform(r, 5, 100))
		return two(r, flat(a), flat(a*(0.92+0.2*r.Float64()))).lasting(a, long(r))
	}, false},
	{"one uplink", func(r *rand.Rand) *world {
		c := mbit(logUniform(r, 2, 50))
		w := two(r, flat(c*(0.5+2*r.Float64())), flat(c*(0.5+2*r.Float64())))
		w.groups = append(w.groups, flat(c))
		w.ways[0].group, w.ways[1].group = 0, 0
		w.ways[1].weight = logUniform(r, 0.15, 6)
		return w.lasting(c, long(r))
	}, false},
	{"one changes", func(r *rand.Rand) *world {
		a, b := mbit(logUniform(r, 2, 100)), mbit(logUniform(r, 2, 100))
		at, f := 8+12*r.Float64(), logUniform(r, 0.03, 20)
		ca, cb := flat(a), flat(b)
		if r.IntN(2) == 0 {
			ca = from(a, min(a*f, mbit(200)), at)
		} else {
			cb = from(b, min(b*f, mbit(200)), at)
		}
		w := two(r, ca, cb).lasting(max(a, b, ca(99), cb(99)), 45)
		w.change = at
		return w
	}, true},
	{"they alternate every 3 s", func(r *rand.Rand) *world {
		a := mbit(logUniform(r, 5, 80))
		lo, shift := a*0.1*r.Float64(), 3*r.Float64()
		alternate := func(odd int) func(float64) float64 {
			return func(t float64) float64 {
				if (int((t+shift)/3)+odd)%2 == 0 {
					return a
				}
				return lo
			}
		}
		return two(r, alternate(0), alternate(1)).lasting(a/2, 45)
	}, true},
	{"a relay throttles after 10 MB", func(r *rand.Rand) *world {
		a, b := mbit(logUniform(r, 20, 100)), mbit(logUniform(r, 2, 15))
		w := two(r, nil, flat(b))
		x := w.ways[0]
		x.rate = func(float64) float64 {
			if x.sent < 10e6 {
				return a
			}
			return mbit(1)
		}
		return w.lasting(b, long(r))
	}, true},
	{"direct carries nothing", func(r *rand.Rand) *world {
		a, at := mbit(logUniform(r, 2, 100)), 0.0
		if r.IntN(2) == 0 {
			at = 5 + 10*r.Float64()
		}
		w := two(r, flat(a), from(a*logUniform(r, 0.3, 3), 0, at)).lasting(a, long(r))
		w.change = at
		return w
	}, true},
	{"the relay carries nothing from some time on", func(r *rand.Rand) *world {
		a, at := mbit(logUniform(r, 2, 100)), 5+10*r.Float64()
		w := two(r, from(a, 0, at), flat(a*logUniform(r, 0.1, 0.8))).lasting(a, 45)
		w.change = at
		return w
	}, true},
	{"bursts", func(r *rand.Rand) *world {
		a, b := mbit(logUniform(r, 3, 100)), mbit(logUniform(r, 3, 100))
		return two(r, noisy(flat(a), r.Uint64(), 0.6), noisy(flat(b), r.Uint64(), 0.6)).lasting(max(a, b), long(r))
	}, true},
	{"two direct and a relay", func(r *rand.Rand) *world {
		a, b, c := mbit(logUniform(r, 2, 100)), mbit(logUniform(r, 2, 100)), mbit(logUniform(r, 2, 100))
		w := two(r, flat(a), flat(b))
		w.add(directWay(r, flat(c)))
		return w.lasting(max(a, b, c), long(r))
	}, false},
}

// shorts are transfers that are over soon.
var shorts = []scene{
	{"10 MB", func(r *rand.Rand) *world { return short(r, 10<<20) }, false},
	{"5 s", func(r *rand.Rand) *world {
		w := scenes[0].make(r)
		w.size = max(1<<20, w.size/9)
		return w
	}, false},
}

func short(r *rand.Rand, size int) *world {
	w := two(r, flat(mbit(logUniform(r, 2, 100))), flat(mbit(logUniform(r, 2, 100))))
	w.size = size
	return w
}

// pipe makes a transfer of 20 s over a relay and a direct way, in Mbit/s.
func pipe(relay, direct float64) func(*rand.Rand) *world {
	return func(r *rand.Rand) *world {
		return two(r, flat(mbit(relay)), flat(mbit(direct))).lasting(mbit(max(relay, direct)), 20)
	}
}

// oneLine makes a transfer of 8 s over a line that a relay and a direct way share, each of
// which fills it alone. TCP through the relay takes more of it than its half.
func oneLine(r *rand.Rand) *world {
	c := mbit(logUniform(r, 20, 200))
	w := two(r, flat(c), flat(c))
	w.groups = append(w.groups, flat(c))
	w.ways[0].group, w.ways[1].group = 0, 0
	w.ways[0].weight = logUniform(r, 2, 8)
	return w.lasting(c, 8)
}

// early has direct ways come up about when the relay does, as they mostly do.
func early(w *world) {
	for _, x := range w.ways {
		if x.sort != Relay {
			x.from /= 12
		}
	}
}
