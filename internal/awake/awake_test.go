package awake_test

import (
	"testing"
	"time"

	"sesame/internal/awake"
)

// Fails if time in which the program didn't run isn't noticed, or a busy machine
// is taken for it.
func TestMeter(t *testing.T) {
	const least = 5 * time.Second
	m := awake.Meter{Least: least}
	now := time.Unix(1_000_000, 0)
	for _, step := range []struct{ pass, want time.Duration }{
		{0, 0}, // the first has nothing before it
		{time.Second, 0},
		{least - 1, 0},
		{least, least},
		{time.Second, 0}, // once for each
		{time.Hour, time.Hour},
		{time.Hour, time.Hour},
		{-time.Hour, 0}, // somebody set the clock
		{time.Second, 0},
	} {
		now = now.Add(step.pass)
		if gap := m.Gap(now); gap != (step.want > 0) {
			t.Errorf("%v later: gap %v", step.pass, gap)
		}
		if run, real := m.Pass(now); run != step.want || real != step.want {
			t.Errorf("%v later: %v, %v, want %v", step.pass, run, real, step.want)
		}
	}
}
