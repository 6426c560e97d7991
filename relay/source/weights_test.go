package source

import (
	"math/rand/v2"
	"net/netip"
	"testing"
)

// Fails when room isn't made by the source for which most is kept, though none of what it
// has is the heaviest, or when a network of many /64s isn't one.
func TestHeaviestIsOfTheLargestSource(t *testing.T) {
	w := NewWeights[string]()
	w.Set(w.Join(at("198.51.100.1"), "honest"), 3<<20)
	for range 40 {
		w.Set(w.Join(at("192.0.2.1"), "greedy"), 300<<10)
	}
	if x := w.Heaviest(); x == nil || x.Of != "greedy" {
		t.Fatalf("%+v goes", x)
	}
	for i := range 400 {
		w.Set(w.Join(at(inNetwork(i)), "many"), 1<<20)
	}
	if x := w.Heaviest(); x == nil || x.Of != "many" {
		t.Errorf("%+v goes", x)
	}
	if x := w.Richer(at(inNetwork(401))); x != nil {
		t.Errorf("one of the same network takes the place of %+v", x)
	}
	if x := w.Richer(at("203.0.113.1")); x == nil || x.Of != "many" {
		t.Errorf("one that has nothing takes the place of %+v", x)
	}
}

// Fails when sums go wrong, or when something is left of what is gone.
func TestWeightsAddUp(t *testing.T) {
	w := NewWeights[int]()
	r := rand.New(rand.NewPCG(1, 2))
	all := map[*Weight[int]]int{}
	sources := []string{"192.0.2.1", "192.0.2.2", inNetwork(1), inNetwork(2), inNetwork(300), "2001:db8:9::1"}
	for i := range 20_000 {
		switch r.IntN(4) {
		case 0:
			all[w.Join(at(sources[r.IntN(len(sources))]), i)] = 0
		case 1:
			for x := range all {
				w.Leave(x)
				delete(all, x)
				break
			}
		default:
			for x := range all {
				all[x] = r.IntN(1 << r.IntN(22))
				w.Set(x, all[x])
				break
			}
		}
		if i%100 != 0 {
			continue
		}
		total := 0
		of := map[netip.Prefix]int{}
		most := 0
		for x, bytes := range all {
			total += bytes
			for n, times := range x.source.Networks {
				of[n] += bytes
				most = max(most, of[n]/times)
			}
		}
		if w.Total() != total {
			t.Fatalf("%d bytes, want %d", w.Total(), total)
		}
		x := w.Heaviest()
		if (x == nil) != (total == 0) {
			t.Fatalf("of %d bytes %+v is heaviest", total, x)
		}
		if x == nil {
			continue
		}
		its := 0
		for n, times := range x.source.Networks {
			its = max(its, of[n]/times)
		}
		if 2*its <= most {
			t.Fatalf("the heaviest is of a source with %d, and one has %d", its, most)
		}
	}
	for x := range all {
		w.Leave(x)
	}
	if w.Total() != 0 || w.Sources() != 0 || w.Heaviest() != nil || w.ranks.taken != 0 {
		t.Errorf("left: %d bytes, %d networks, %+v", w.Total(), w.Sources(), w.Heaviest())
	}
}
