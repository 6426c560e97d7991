package choice

import (
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"sync"
	"testing"
)

// few is set where many seeds would take long and find nothing, as there is one goroutine.
// What is demanded on average says nothing then.
const few = raceDetector || runtime.GOOS == "js"

// An outcome is what came of a seed.
type outcome struct {
	best     float64 // s, of the best single way
	ratio    float64 // time against that
	relayed  float64 // part that crossed relays
	udp      float64 // part that crossed UDP
	twice    float64 // part that crossed twice
	early    int     // bytes that the receiver had too early, at most
	lag      float64 // s until it was as fast as it could be after a change; -1 if that says nothing
	switches int
}

// world makes the world of a seed, of which adapt may change what it likes.
func (s scene) world(seed int, adapt func(*world)) *world {
	w := s.make(rand.New(rand.NewPCG(uint64(seed), 7)))
	w.rnd = rand.New(rand.NewPCG(uint64(seed), 8))
	adapt(w)
	return w
}

func asItIs(*world) {}

// play runs a seed of a scene. The best single way is that which was it afterwards.
func (s scene) play(seed int, adapt func(*world)) outcome {
	o := outcome{best: math.Inf(1)}
	for i := range s.world(seed, adapt).ways {
		w := s.world(seed, adapt)
		w.single = i
		o.best = min(o.best, w.run())
	}
	w := s.world(seed, adapt)
	t := w.run()
	o.ratio, o.twice = t/o.best, w.twice/float64(w.size)
	o.relayed, o.udp = w.over[Relay]/float64(w.size), w.over[UDP]/float64(w.size)
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

// A table is what came of many seeds of a scene.
type table struct {
	ratio, relayed, udp, twice, lag []float64
	early, switches                 int
	slow                            int // seeds that took more than a twentieth longer than the best single way
}

// plays runs many seeds of a scene, and prints what came of them.
func (s scene) plays(t *testing.T, seeds int, adapt func(*world)) (r table) {
	t.Helper()
	if few {
		seeds = 1
	}
	for seed := range seeds {
		o := s.play(seed, adapt)
		r.ratio, r.twice = append(r.ratio, o.ratio), append(r.twice, o.twice)
		r.relayed, r.udp = append(r.relayed, o.relayed), append(r.udp, o.udp)
		if o.lag >= 0 {
			r.lag = append(r.lag, o.lag)
		}
		r.early, r.switches = max(r.early, o.early), max(r.switches, o.switches)
		if o.ratio > 1.05 {
			r.slow++
			t.Logf("seed %d: %.3f of %.1f s, %d switches, %.2f by relay", seed, o.ratio, o.best, o.switches, o.relayed)
		}
	}
	t.Logf("%-44s median %.3f, 95 %% %.3f, worst %.3f, above 1.05 %d; by relay %.3f; twice, 95 %% %.4f; early %.1f MiB; lag, 95 %% %.1f s; switches %d",
		s.name, quantile(r.ratio, 0.5), quantile(r.ratio, 0.95), quantile(r.ratio, 1), r.slow, mean(r.relayed), quantile(r.twice, 0.95),
		float64(r.early)/(1<<20), quantile(r.lag, 0.95), r.switches)
	return r
}

// each plays all scenes of a list, and returns how many seeds were slow, of how many.
func each(t *testing.T, list []scene, seeds int, adapt func(*world), check func(*testing.T, scene, table)) (slow, all int) {
	var mu sync.Mutex
	t.Run("scenes", func(t *testing.T) {
		for _, s := range list {
			t.Run(s.name, func(t *testing.T) {
				t.Parallel()
				r := s.plays(t, seeds, adapt)
				check(t, s, r)
				mu.Lock()
				defer mu.Unlock()
				slow, all = slow+r.slow, all+len(r.ratio)
			})
		}
	})
	return slow, all
}

func mean(v []float64) float64 {
	sum := 0.0
	for _, x := range v {
		sum += x
	}
	return sum / float64(len(v))
}
