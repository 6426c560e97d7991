package client

import (
	"testing"
	"time"
)

// Fails if a pause, or what was before one, counts as if it said how fast it goes now.
func TestRateAfterAPause(t *testing.T) {
	var r rate
	at, done := time.Now(), int64(0)
	run := func(seconds int, perSecond int64) {
		for range 4 * seconds {
			at, done = at.Add(250*time.Millisecond), done+perSecond/4
			r.add(at, done)
		}
	}
	run(10, 1000)
	if got := r.perSecond(); got != 1000 {
		t.Fatalf("%d a second, want 1000", got)
	}
	at = at.Add(time.Minute)
	run(1, 4000)
	if got := r.perSecond(); got != 4000 {
		t.Errorf("after a minute in which nothing moved: %d a second, want 4000", got)
	}
	r.forget() // all ways were lost
	if got := r.perSecond(); got != 0 {
		t.Errorf("where nothing has moved yet: %d a second", got)
	}
	at = at.Add(8 * time.Second)
	run(1, 8000)
	if got := r.perSecond(); got != 8000 {
		t.Errorf("on another way: %d a second, want 8000", got)
	}
}
