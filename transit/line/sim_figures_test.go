package line

import (
	"fmt"
	"testing"
	"time"
)

// These are the figures that a connection must reach in the simulator, the least of
// many seeds. The race detector would find nothing in one goroutine, and make it ten
// times as long.

const many, few = 20, 6 // seeds

// mbit is so many Mbit/s, and product the queue of a line that holds what is under way.
const mbit = 1e6

func product(rate float64, rtt time.Duration) int { return int(rate / 8 * rtt.Seconds()) }

// simulated runs flows in worlds that differ in their seeds, and returns what each of
// them carried: whole, and in the second half.
func simulated(t *testing.T, seeds int, c world, flows func(seed uint64) []*flow) (whole, late [][]float64) {
	t.Helper()
	if raceDetector {
		t.Skip("one goroutine, many packets")
	}
	for seed := range uint64(seeds) {
		a, b := newWorld(seed, c).rates(flows(seed)...)
		for i := range a {
			if seed == 0 {
				whole, late = append(whole, nil), append(late, nil)
			}
			whole[i], late[i] = append(whole[i], a[i]), append(late[i], b[i])
		}
	}
	for i := range whole {
		t.Logf("flow %d: least %.2f, median %.2f; second half %.2f, %.2f Mbit/s", i, least(whole[i]), median(whole[i]), least(late[i]), median(late[i]))
	}
	return whole, late
}

func one(seed uint64) []*flow { return []*flow{{open: bulk(seed)}} }

// Fails if a line that loses packets carries much less than it could.
func TestSimulatedLoss(t *testing.T) {
	for _, c := range []struct {
		rtt  time.Duration
		loss float64
		want float64 // Mbit/s in 8 s, from the first packet on
	}{
		{20 * time.Millisecond, 0, 90}, {20 * time.Millisecond, 0.001, 90}, {20 * time.Millisecond, 0.01, 88}, {20 * time.Millisecond, 0.03, 83},
		{100 * time.Millisecond, 0, 85}, {100 * time.Millisecond, 0.001, 84}, {100 * time.Millisecond, 0.01, 82}, {100 * time.Millisecond, 0.03, 78},
		{250 * time.Millisecond, 0, 75}, {250 * time.Millisecond, 0.001, 71}, {250 * time.Millisecond, 0.01, 67}, {250 * time.Millisecond, 0.03, 64},
	} {
		t.Run(fmt.Sprintf("%v %.1f %%", c.rtt, 100*c.loss), func(t *testing.T) {
			t.Parallel()
			whole, _ := simulated(t, many, world{rate: 100 * mbit, rtt: c.rtt, loss: c.loss, end: 8 * time.Second}, one)
			if got := least(whole[0]); got < c.want {
				t.Errorf("%.1f Mbit/s, want %.1f", got, c.want)
			}
		})
	}
}

// Fails if a connection carries little on lines that are odd in another way.
func TestSimulatedOdd(t *testing.T) {
	for name, c := range map[string]struct {
		world
		want float64 // Mbit/s in the second half
	}{
		"jitter":              {world{rate: 100 * mbit, rtt: 100 * time.Millisecond, jitter: 20 * time.Millisecond, end: 8 * time.Second}, 85},
		"much jitter":         {world{rate: 100 * mbit, rtt: 40 * time.Millisecond, jitter: 15 * time.Millisecond, end: 8 * time.Second}, 85},
		"doubled packets":     {world{rate: 100 * mbit, rtt: 100 * time.Millisecond, twice: 0.01, end: 8 * time.Second}, 85},
		"a short queue":       {world{rate: 100 * mbit, rtt: 40 * time.Millisecond, queue: 7500, end: 8 * time.Second}, 60},
		"1 Mbit/s":            {world{rate: 1 * mbit, rtt: 100 * time.Millisecond, loss: 0.01, queue: 64 << 10, end: 20 * time.Second}, 0.88},
		"64 kbit/s":           {world{rate: 0.064 * mbit, rtt: 100 * time.Millisecond, queue: 20000, end: 30 * time.Second}, 0.054},
		"600 ms":              {world{rate: 100 * mbit, rtt: 600 * time.Millisecond, loss: 0.001, queue: product(100*mbit, 600*time.Millisecond), end: 20 * time.Second}, 60},
		"busy hosts":          {world{rate: 100 * mbit, rtt: 100 * time.Millisecond, busy: 15 * time.Millisecond, queue: product(100*mbit, 100*time.Millisecond), end: 8 * time.Second}, 85},
		"a LAN":               {world{rate: 1000 * mbit, rtt: time.Millisecond, queue: 256 << 10, end: time.Second}, 870},
		"busy hosts in a LAN": {world{rate: 1000 * mbit, rtt: time.Millisecond, busy: 2 * time.Millisecond, queue: 1 << 20, end: time.Second}, 700},
		"much of it is lost":  {world{rate: 20 * mbit, rtt: 60 * time.Millisecond, loss: 0.15, end: 8 * time.Second}, 6},
		"a queue of a second": {world{rate: 10 * mbit, rtt: 40 * time.Millisecond, queue: 1250000, end: 10 * time.Second}, 9},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, late := simulated(t, few, c.world, one)
			if got := least(late[0]); got < c.want {
				t.Errorf("%.3f Mbit/s, want %.3f", got, c.want)
			}
		})
	}
}

// Fails if a connection takes the line from TCP, or one of two from the other.
func TestSimulatedFairness(t *testing.T) {
	at := world{rate: 100 * mbit, rtt: 40 * time.Millisecond, queue: product(100*mbit, 40*time.Millisecond), end: 20 * time.Second}
	t.Run("beside CUBIC", func(t *testing.T) {
		t.Parallel()
		_, late := simulated(t, many, at, func(seed uint64) []*flow {
			return []*flow{{open: runCubic}, {open: bulk(seed), at: time.Second}}
		})
		sum := make([]float64, many)
		for i := range sum {
			sum[i] = late[0][i] + late[1][i]
		}
		if least(late[0]) < 25 || least(sum) < 85 {
			t.Errorf("CUBIC keeps %.1f Mbit/s, together %.1f", least(late[0]), least(sum))
		}
	})
	t.Run("two", func(t *testing.T) {
		t.Parallel()
		_, late := simulated(t, many, at, func(seed uint64) []*flow {
			return []*flow{{open: bulk(seed)}, {open: bulk(seed + 1000), at: 3 * time.Second}}
		})
		for i := range late {
			if least(late[i]) < 35 {
				t.Errorf("one of two has %.1f Mbit/s", least(late[i]))
			}
		}
	})
}

// Fails if a line that was cut for a while isn't used again soon after, or if a line
// that carries less from one moment on holds much of what was sent.
func TestSimulatedChange(t *testing.T) {
	for _, cut := range []time.Duration{3 * time.Second, 10 * time.Second} {
		t.Run(fmt.Sprint("cut for ", cut), func(t *testing.T) {
			t.Parallel()
			from := 3 * time.Second
			whole, _ := simulated(t, few, world{rate: 100 * mbit, rtt: 100 * time.Millisecond, loss: 0.001,
				cut: [2]time.Duration{from, from + cut}, end: from + cut + 6*time.Second}, one)
			// A second to begin, and the timeout is 4 s at most.
			want := 90 * (from + 6*time.Second - 5500*time.Millisecond).Seconds() / (from + cut + 6*time.Second).Seconds()
			if got := least(whole[0]); got < want {
				t.Errorf("%.1f Mbit/s, want %.1f", got, want)
			}
		})
	}
}
