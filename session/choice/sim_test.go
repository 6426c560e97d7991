package choice

import (
	"math"
	"math/rand/v2"
	"slices"
)

// An outcome is what came of a seed.
type outcome struct {
	best     float64 // s, of the best single way
	ratio    float64 // time against that
	relayed  float64 // part that crossed relays
	twice    float64 // part that crossed twice
	early    int     // bytes that the receiver had too early, at most
	lag      float64 // s until it was as fast as it could be after a change; -1 if that says nothing
	switches int
}

// world makes the world of a seed.
func (s scene) world(seed int) *world {
	w := s.make(rand.New(rand.NewPCG(uint64(seed), 7)))
	w.rnd = rand.New(rand.NewPCG(uint64(seed), 8))
	return w
}

// play runs a seed of a scene. The best single way is that which was it afterwards.
func (s scene) play(seed int, adapt func(*world)) outcome {
	o := outcome{best: math.Inf(1)}
	for i := range s.world(seed).ways {
		w := s.world(seed)
		adapt(w)
		w.single = i
		o.best = min(o.best, w.run())
	}
	w := s.world(seed)
	adapt(w)
	t := w.run()
	o.ratio, o.relayed, o.twice = t/o.best, w.relayed/float64(w.size), w.twice/float64(w.size)
	o.early, o.switches, o.lag = w.early*pieceBytes, w.switches, w.lag()
	return o
}

// lag returns how long it took after the change until eight tenths of the best way were
// reached over a second.
func (w *world) lag() float64 {
	if w.change == 0 || w.t <= w.change+3 {
		return -1
	}
	target := 0.0
	for _, x := range w.ways {
		target = max(target, x.rate(w.change+0.01))
	}
	for q := int(w.change / 0.25); q+4 < len(w.gain); q++ {
		if w.gain[q+4]-w.gain[q] >= 0.8*target {
			return max(0, float64(q+4)*0.25-w.change)
		}
		if float64(w.size)-w.gain[q] < 2*target {
			return -1
		}
	}
	return 99
}

func quantile(v []float64, q float64) float64 {
	if len(v) == 0 {
		return math.NaN()
	}
	slices.Sort(v)
	return v[min(len(v)-1, int(q*float64(len(v))))]
}
