package native

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"sesame/internal/test/duo"
)

// Fails if a lane is given up because its line is slow or long, whatever waits in
// front of it; or if much more than the bytes alone crosses, or is waited for.
func TestLines(t *testing.T) {
	const kbit = 1000 / 8
	line := func(rate int, delay time.Duration, buffer int) duo.Line {
		return duo.Line{Rate: rate, Delay: delay, Buffer: buffer}
	}
	for _, l := range []struct {
		duo.Line
		size  int
		trips int // round trips on top: the list, the end, and a rate that must be found
	}{
		{line(32*kbit, 20*time.Millisecond, 64<<10), 200_000, 9},
		{line(64*kbit, 20*time.Millisecond, 64<<10), 200_000, 9},
		{line(64*kbit, time.Second, 64<<10), 200_000, 9},
		{line(256*kbit, 20*time.Millisecond, 4<<20), 500_000, 9},
		{line(256*kbit, time.Second, 4<<20), 500_000, 9},
		{line(512*kbit, 20*time.Millisecond, 64<<10), 500_000, 9},
		{line(20_000*kbit, 150*time.Millisecond, 1<<20), 10_000_000, 9},
		{line(20_000*kbit, time.Second, 4<<20), 10_000_000, 9},
		{line(20_000*kbit, 3*time.Second, 4<<20), 10_000_000, 9},
	} {
		top, m, src := makeTree(t, map[string][]byte{"large": noise(1, l.size*9/10), "small": noise(2, l.size/10)})
		for _, lanes := range []int{1, 2} {
			name := fmt.Sprintf("%d kbit/s, round trip %v, %d lanes", l.Rate/kbit, 2*l.Delay, lanes)
			dir := newLanding(t)
			synctest.Test(t, func(t *testing.T) {
				defer time.Sleep(time.Hour) // what is under way arrives
				w := quietWorld(t)
				w.Want = lanes
				each := l.Line
				each.Rate /= lanes
				w.Pair = each.Pair
				began := time.Now()
				w.run(t.Context(), m, src, dir, config{}, config{}).ok(t)
				took := time.Since(began)
				most := time.Duration(l.size)*time.Second/time.Duration(l.Rate)*5/4 + time.Duration(l.trips)*2*l.Delay
				if took > most {
					t.Errorf("%s: took %v, want %v at most", name, took, most)
				}
				if w.Made() != lanes {
					t.Errorf("%s: %d lanes were given up", name, w.Made()-lanes)
				}
				if n := w.Wire.Load(); n > int64(l.size)*11/10+20_000 {
					t.Errorf("%s: %d bytes crossed for %d", name, n, l.size)
				}
			})
			sameTree(t, dir, top)
		}
	}
}
