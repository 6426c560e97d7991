package transit

import (
	"testing"
	"time"
)

// Fails if a wait isn't as long as it should be, or if it ends because this process
// didn't run for a while, once or again and again.
func TestVigil(t *testing.T) {
	const patience = 60 * time.Second
	for _, c := range []struct {
		name string
		gaps map[int]time.Duration // after so many looks
		want time.Duration         // without them
	}{
		{"running", nil, patience},
		{"stopped at once", map[int]time.Duration{0: time.Hour}, patience - vigilBeat},
		{"stopped in the middle", map[int]time.Duration{30: 70 * time.Second}, patience - vigilBeat},
		{"stopped at the end", map[int]time.Duration{59: 70 * time.Second}, patience - vigilBeat},
		{"stopped often", map[int]time.Duration{1: time.Minute, 2: time.Minute, 50: time.Hour}, patience - 3*vigilBeat},
	} {
		now := time.Unix(1, 0)
		v := newVigil(patience, now)
		ran := time.Duration(0)
		for n, wait := 0, vigilBeat; wait > 0; n++ {
			if gap := c.gaps[n]; gap > 0 {
				now = now.Add(gap)
			} else {
				now, ran = now.Add(wait), ran+wait
			}
			if wait = v.look(now); n > 1000 {
				t.Fatal("no end")
			}
		}
		if ran != c.want {
			t.Errorf("%s: over after %v, want %v", c.name, ran, c.want)
		}
	}
}
