package transit

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

// A world is lines whose lanes a growth is asked about: carries says what one of n lanes
// carries, in bytes a second, so long after it came.
type world struct {
	rtt     time.Duration
	carries func(n int, age time.Duration, now time.Duration) float64
	lossy   bool // each lane loses something in its first round trip
	most    int  // that can be had; 0 for any number
}

// play lets a growth decide for so long, from 2 lanes on, and returns how many it held
// at the end of each second.
func (w world) play(t *testing.T, g growth, long time.Duration) (held []int) {
	t.Helper()
	const step = 100 * time.Millisecond
	start := time.Unix(1e9, 0)
	var born []time.Duration
	total := 0.0
	for now := time.Duration(0); now < long; now += step {
		b := carriage{total: int64(total), lanes: len(born), rtt: w.rtt}
		for _, since := range born {
			if age := now - since; w.lossy && age >= w.rtt || age >= countTrips*w.rtt {
				b.count++
			}
		}
		want := g.look(start.Add(now), b)
		if want < 1 || want > g.most {
			t.Fatalf("wants %d lanes, of %d at most", want, g.most)
		}
		if w.most > 0 {
			want = min(want, w.most)
		}
		for len(born) < want {
			born = append(born, now)
		}
		born = born[:want]
		for _, since := range born {
			total += w.carries(len(born), now-since, now) * step.Seconds()
		}
		if now%time.Second == time.Second-step {
			held = append(held, len(born))
		}
	}
	return held
}

// Fails if lanes don't grow where each brings what the first one did, if they grow where
// more bring no more, or if they stay where they were of no use.
func TestGrowth(t *testing.T) {
	const mbit = 1e6 / 8
	each := func(rate, line float64) func(int, time.Duration, time.Duration) float64 {
		return func(n int, _, _ time.Duration) float64 { return min(rate, line/float64(n)) }
	}
	for name, c := range map[string]struct {
		w    world
		most int
		want map[int]int // how many lanes after so many seconds
	}{
		"every loss taken for congestion, 20 ms": {world{20 * time.Millisecond, each(5*mbit, 100*mbit), true, 0}, 16, map[int]int{3: 16, 30: 16}},
		"the same, 100 ms":                       {world{100 * time.Millisecond, each(1.3*mbit, 100*mbit), true, 0}, 16, map[int]int{5: 16, 30: 16}},
		"the same, 250 ms, nobody says when":     {world{250 * time.Millisecond, each(1*mbit, 100*mbit), false, 0}, 16, map[int]int{15: 16}},
		"a relay that bears eight":               {world{100 * time.Millisecond, each(1.3*mbit, 100*mbit), true, 0}, 8, map[int]int{5: 8, 30: 8}},
		"two carry what the line does":           {world{20 * time.Millisecond, each(100*mbit, 100*mbit), false, 0}, 16, map[int]int{1: 4, 4: 2, 30: 2}},
		"six would be enough":                    {world{20 * time.Millisecond, each(17*mbit, 100*mbit), false, 0}, 16, map[int]int{10: 8, 40: 8}},
		"a peer that takes no more than three":   {world{20 * time.Millisecond, each(5*mbit, 100*mbit), true, 3}, 16, map[int]int{30: 3}},
		"nothing to carry":                       {world{20 * time.Millisecond, each(0, 1), false, 0}, 16, map[int]int{30: 2}},
		"something to carry after 10 s": {world{20 * time.Millisecond, func(n int, _, now time.Duration) float64 {
			if now < 10050*time.Millisecond {
				return 0
			}
			return 50 * mbit / float64(n)
		}, false, 0}, 16, map[int]int{9: 2, 15: 2, 40: 2}},
		"what one computer carries by itself": {world{time.Millisecond, each(800*mbit, 8000*mbit), false, 0}, 16, map[int]int{5: 2, 30: 2}},
		"one may be held":                     {world{20 * time.Millisecond, each(1*mbit, 100*mbit), true, 0}, 1, map[int]int{30: 1}},
		"from some time on packets are lost": {world{20 * time.Millisecond, func(n int, _, now time.Duration) float64 {
			if now < 10*time.Second {
				return 100 * mbit / float64(n)
			}
			return min(5*mbit, 100*mbit/float64(n))
		}, false, 0}, 16, map[int]int{9: 2, 25: 16}},
	} {
		t.Run(name, func(t *testing.T) {
			held := c.w.play(t, newGrowth(2, c.most), 45*time.Second)
			for at, want := range c.want {
				if held[at-1] != want {
					t.Errorf("after %d s %d lanes, want %d; of all seconds %v", at, held[at-1], want, held)
				}
			}
		})
	}
}

// Fails if lanes that lose packets on a line that has room are compared with fewer, which
// carried more before their first loss, or if that goes on when the line is full.
func TestGrowthWithRoom(t *testing.T) {
	start := time.Unix(1e9, 0)
	g, b := newGrowth(2, 16), carriage{lanes: 2, rtt: 100 * time.Millisecond}
	for now := time.Duration(0); now < 10*time.Second; now += 100 * time.Millisecond {
		b.lanes = g.look(start.Add(now), b)
		b.count, b.room = b.lanes, now < 1500*time.Millisecond
		b.total += 1e5 // the same in all
		if now == 1500*time.Millisecond && b.lanes != 16 {
			t.Errorf("%d lanes where there is room", b.lanes)
		}
	}
	if b.lanes != 16 {
		t.Errorf("%d lanes afterwards", b.lanes)
	}
}

// Fails if lanes are doubled that bear losses and fill the line, if that is so while only some
// of them do, or if they stay as they are when they carry much less.
func TestGrowthOnAFullLine(t *testing.T) {
	start := time.Unix(1e9, 0)
	g, b := newGrowth(2, 16), carriage{lanes: 2, rtt: 100 * time.Millisecond, full: true}
	run := func(from, to time.Duration, rate int64) (most int) {
		for now := from; now < to; now += 100 * time.Millisecond {
			b.lanes = g.look(start.Add(now), b)
			b.count, b.total, most = b.lanes, b.total+rate/10, max(most, b.lanes)
		}
		return most
	}
	if most := run(0, 10*time.Second, 1e6); most != 2 {
		t.Errorf("%d lanes on a full line", most)
	}
	b.full = false
	if most := run(10*time.Second, 20*time.Second, 2e5); most != 4 {
		t.Errorf("%d lanes are tried where they carry a fifth", most)
	}
	var sum carriage
	filling, other := gait{fills: true}, gait{}
	if sum.add(&filling, 1); !sum.full {
		t.Error("one fills the line, and it isn't full")
	}
	if sum.add(&other, 1); sum.full {
		t.Error("one of two fills the line, and it is full")
	}
}

// Fails if lanes begin one by one where that takes long, or are many where one is enough.
func TestGrowthBegins(t *testing.T) {
	for _, c := range []struct {
		alone  bool
		want   int
		rtt    time.Duration
		slowed bool
		lanes  int
	}{
		{true, relayedWant, 0, true, 1},
		{true, relayedWant, 4 * time.Millisecond, false, 1},
		{true, relayedWant, 20 * time.Millisecond, false, 2},
		{true, relayedWant, 20 * time.Millisecond, true, 8},
		{true, relayedWant, 250 * time.Millisecond, false, 2},
		{false, defaultWant, time.Millisecond, true, 2},
		{false, defaultWant, 20 * time.Millisecond, false, 2},
		{false, defaultWant, 250 * time.Millisecond, true, 2},
		{false, 12, 250 * time.Millisecond, true, 12},
	} {
		if got := begins(c.alone, c.want, c.rtt, c.slowed); got != c.lanes {
			t.Errorf("nothing better: %v, %d wanted, a round trip of %v, slowed down by loss: %v: begins with %d, want %d", c.alone, c.want, c.rtt, c.slowed, got, c.lanes)
		}
	}
	if g := newGrowth(8, 4); g.want != 4 {
		t.Errorf("%d lanes where 4 may be", g.want)
	}
}

// Fails if the first round trips of a new lane, in which it carries more than it ever
// will, are taken for what it carries: growth would stop, or go on, for nothing.
func TestGrowthWaits(t *testing.T) {
	w := world{rtt: 50 * time.Millisecond, carries: func(n int, age, _ time.Duration) float64 {
		if age < countTrips*50*time.Millisecond {
			return 10e6
		}
		return min(1e6, 8e6/float64(n))
	}}
	held := w.play(t, newGrowth(2, 16), 45*time.Second)
	if held[19] != 8 || held[44] != 8 {
		t.Errorf("lanes by second %v, want 8", held)
	}
}

// Fails if growth wanders where nothing is gained by it, though what is measured isn't
// exact: who tries again and again opens connections for nothing.
func TestGrowthIsQuiet(t *testing.T) {
	for seed := range uint64(50) {
		r := rand.New(rand.NewPCG(seed, 1))
		w := world{rtt: 20 * time.Millisecond, carries: func(n int, _, _ time.Duration) float64 {
			return 12e6 / float64(n) * (0.8 + 0.4*r.Float64())
		}}
		held := w.play(t, newGrowth(2, 16), 5*time.Minute)
		changes := 0
		for i := range held[1:] {
			if held[i] != held[i+1] {
				changes++
			}
		}
		if changes > 20 || slices.Max(held[60:]) > 8 {
			t.Errorf("seed %d: %d changes, %v", seed, changes, held)
		}
	}
}
