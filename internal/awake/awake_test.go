package awake_test

import (
	"testing"
	"time"

	"sesame/internal/awake"
)

// Fails if time in which the program didn't run isn't noticed, or a busy machine
// is taken for it.
func TestMeter(t *testing.T) {
	var m awake.Meter
	now := time.Unix(1000, 0)
	for _, step := range []struct {
		after time.Duration
		gap   bool
	}{
		{0, false}, // the first has nothing before it
		{awake.Beat, false},
		{awake.Gap, false},
		{awake.Gap + 1, true},
		{awake.Beat, false}, // once for each
		{time.Hour, true},
		{time.Hour, true},
		{-time.Hour, false}, // somebody set the clock
		{awake.Beat, false},
	} {
		now = now.Add(step.after)
		want := time.Duration(0)
		if step.gap {
			want = step.after
		}
		if gap := m.Pass(now); gap != want {
			t.Errorf("%v later: a gap of %v, want %v", step.after, gap, want)
		}
	}
}
