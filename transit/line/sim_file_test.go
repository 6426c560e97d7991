package line

import (
	"encoding/binary"
	"fmt"
	"testing"
	"time"
)

// file sends so many bytes over a world, and returns how fast they came, from the first
// packet on, in Mbit/s, and the longest time in which nothing did.
func (w *world) file(seed uint64, size int) (rate float64, stall time.Duration) {
	if w.busy > 0 {
		w.hosts()
	}
	got, left, last := 0, size, time.Duration(0)
	some := make([]byte, 1<<16)
	w.join(seed, func(l *link, i int) {
		if i == 0 {
			for k := 1; left > 0 && k > 0; left -= k {
				k = l.ends[0].write(some[:min(left, len(some))])
			}
			return
		}
		for {
			n, _ := l.ends[1].read(some)
			if n == 0 {
				return
			}
			got += n
			stall, last = max(stall, w.now-last), w.now
		}
	})
	w.run(func() bool { return got == size })
	return float64(got) * 8e-6 / w.now.Seconds(), stall
}

// Fails if a file takes much longer than the line needs for it: how soon the line is
// full counts, and how long the last packets take.
func TestSimulatedFile(t *testing.T) {
	if raceDetector {
		t.Skip("one goroutine, many packets")
	}
	long := func(rate float64, rtt time.Duration) world {
		return world{rate: rate, rtt: rtt, queue: max(256<<10, product(rate, rtt)), end: 2 * time.Minute}
	}
	lossy := func(w world, loss float64) world { w.loss = loss; return w }
	busy := func(w world) world { w.busy = 10 * time.Millisecond; return w }
	for name, c := range map[string]struct {
		world
		size int
		want float64 // Mbit/s
	}{
		"100 ms":             {long(100*mbit, 100*time.Millisecond), 100 << 20, 88},
		"250 ms":             {long(100*mbit, 250*time.Millisecond), 100 << 20, 81},
		"250 ms, busy hosts": {busy(long(100*mbit, 250*time.Millisecond)), 100 << 20, 75},
		"20 ms, 3 % lost":    {lossy(long(100*mbit, 20*time.Millisecond), 0.03), 20 << 20, 79},
		"100 ms, 3 % lost":   {lossy(long(100*mbit, 100*time.Millisecond), 0.03), 20 << 20, 68},
		"250 ms, 3 % lost":   {lossy(long(100*mbit, 250*time.Millisecond), 0.03), 20 << 20, 46},
		"600 ms, 0.1 % lost": {lossy(long(100*mbit, 600*time.Millisecond), 0.001), 60 << 20, 44},
		"64 kbit/s":          {world{rate: 0.064 * mbit, rtt: 100 * time.Millisecond, queue: 20000, end: 2 * time.Minute}, 200 << 10, 0.056},
		"64 kbit/s, 600 ms":  {world{rate: 0.064 * mbit, rtt: 600 * time.Millisecond, queue: 20000, end: 2 * time.Minute}, 200 << 10, 0.05},
		"64 kbit/s, lossy":   {world{rate: 0.064 * mbit, rtt: 600 * time.Millisecond, loss: 0.05, queue: 20000, end: 2 * time.Minute}, 200 << 10, 0.045},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var rates []float64
			var longest time.Duration
			for seed := range uint64(few) {
				rate, stall := newWorld(seed, c.world).file(seed, c.size)
				rates, longest = append(rates, rate), max(longest, stall)
			}
			said := fmt.Sprintf("least %.3f, median %.3f Mbit/s; nothing for %v", least(rates), median(rates), longest.Round(time.Millisecond))
			if t.Log(said); least(rates) < c.want || longest > 5*time.Second {
				t.Errorf("%s; want %.3f and 5 s", said, c.want)
			}
		})
	}
}

// Fails if what little goes the other way, as a session's acknowledgements do, is held
// up by a stream, or the stream by it: its sender waits for them.
func TestSimulatedAnswers(t *testing.T) {
	if raceDetector {
		t.Skip("one goroutine, many packets")
	}
	const size, part = 120 << 20, 64 << 10 // more than 10 s, when RTTs are looked for again
	for name, c := range map[string]struct {
		world
		want float64 // Mbit/s
	}{
		"250 ms":           {world{rate: 100 * mbit, rtt: 250 * time.Millisecond, queue: product(100*mbit, 250*time.Millisecond)}, 74},
		"100 ms, 3 % lost": {world{rate: 100 * mbit, rtt: 100 * time.Millisecond, loss: 0.03, queue: product(100*mbit, 100*time.Millisecond)}, 74},
		"busy hosts":       {world{rate: 100 * mbit, rtt: 100 * time.Millisecond, loss: 0.01, busy: 20 * time.Millisecond, queue: product(100*mbit, 100*time.Millisecond)}, 72},
		"600 ms":           {world{rate: 100 * mbit, rtt: 600 * time.Millisecond, queue: product(100*mbit, 600*time.Millisecond)}, 60},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for seed := range uint64(3) {
				c.world.end = time.Minute
				w := newWorld(seed, c.world)
				if w.busy > 0 {
					w.hosts()
				}
				sent, read, known := 0, 0, 0
				some, answer := make([]byte, part), make([]byte, 24)
				var longest, last time.Duration
				w.join(seed, func(l *link, i int) {
					m := l.ends[i]
					if i == 1 {
						for {
							n, _ := m.read(some)
							if n == 0 {
								return
							}
							if read += n; read/part > (read-n)/part {
								binary.BigEndian.PutUint64(answer, uint64(read))
								m.write(answer)
							}
						}
					}
					for m.in.ready() >= uint64(len(answer)) {
						m.read(answer)
						known = int(binary.BigEndian.Uint64(answer))
						longest, last = max(longest, w.now-last), w.now
					}
					most := min(size, known+min(part+4*known, 8<<20)) // as a session does at first
					for sent < most {
						k := m.write(some[:min(part, most-sent)])
						if sent += k; k == 0 {
							return
						}
					}
				})
				w.run(func() bool { return known == size })
				got := float64(known) * 8e-6 / w.now.Seconds()
				t.Logf("%.1f Mbit/s; no answer for %v", got, longest)
				if got < c.want || longest > 4*c.world.rtt+time.Second {
					t.Errorf("seed %d: %.1f Mbit/s, want %.1f; no answer for %v", seed, got, c.want, longest)
				}
			}
		})
	}
}
