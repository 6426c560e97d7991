package source

import (
	"math/rand/v2"
	"testing"
	"time"
)

// Fails when a source may do more than its rate, or less.
func TestLimiter(t *testing.T) {
	l := NewLimiter[string](5, time.Second, 100)
	now := epoch
	count := func(source string, tries int) (n int) {
		for range tries {
			if l.Allow(source, now) {
				n++
			}
		}
		return n
	}
	if n := count("a", 20); n != 5 {
		t.Errorf("%d at once, want 5", n)
	}
	if n := count("b", 3); n != 3 {
		t.Errorf("%d of another source, want 3", n)
	}
	now = now.Add(2500 * time.Millisecond)
	if n := count("a", 20); n != 2 {
		t.Errorf("%d after two seconds and a half, want 2", n)
	}
	now = now.Add(time.Hour)
	if n := count("a", 20); n != 5 {
		t.Errorf("%d after an hour, want 5", n)
	}
	now = now.Add(-time.Hour)
	if n := count("a", 20); n != 0 {
		t.Errorf("%d after the clock went back", n)
	}
}

// Fails when the limiter disagrees with one that is too simple to be wrong.
func TestLimiterAgreesWithModel(t *testing.T) {
	const burst, period = 4, 10
	l := NewLimiter[int](burst, period, 1000)
	left := map[int]float64{}
	last := map[int]int64{}
	rnd := rand.New(rand.NewPCG(3, 4))
	at := int64(0)
	for range 100_000 {
		at += rnd.Int64N(6)
		k := rnd.IntN(5)
		if _, ok := left[k]; !ok {
			left[k] = burst
		}
		left[k] = min(burst, left[k]+float64(at-last[k])/period)
		last[k] = at
		want := left[k] >= 1-1e-9
		if want {
			left[k]--
		}
		if got := l.Allow(k, epoch.Add(time.Duration(at))); got != want {
			t.Fatalf("at %d: %v, want %v", at, got, want)
		}
	}
}

// T-A9-7. Fails when a flood of sources makes the limiter grow or slow, or
// makes it forget one that comes often.
func TestLimiterIsBounded(t *testing.T) {
	const most, flood = 1000, 1_000_000
	l := NewLimiter[int](3, time.Hour, most)
	for range 3 {
		l.Allow(-1, epoch)
	}
	start := time.Now()
	for i := range flood {
		l.Allow(i, epoch)
		if i%(most/2) == 0 && l.Allow(-1, epoch) {
			t.Fatal("one that has used up its rate has been forgotten")
		}
	}
	if d := time.Since(start) / flood; d > 100*time.Microsecond {
		t.Errorf("%v each", d)
	}
	ring := 0
	for e := l.left.head.next; e != &l.left.head; e = e.next {
		ring++
	}
	if len(l.left.entries) != most || ring != most {
		t.Errorf("%d sources and %d in the ring, want %d", len(l.left.entries), ring, most)
	}
}
