package classic

import (
	"testing"
	"testing/synctest"
	"time"

	"sesame/internal/test/crossing"
	"sesame/transfer"
)

func TestPacer(t *testing.T) {
	now := time.Unix(0, 0)
	p := pacer{rate: 1000}
	for i, want := range []time.Duration{0, time.Second, 2 * time.Second} {
		if got := p.book(now, 1000); got != want {
			t.Errorf("%d: waits %v, want %v", i, got, want)
		}
	}
	if got := p.book(now.Add(time.Hour), 1000); got != 0 {
		t.Errorf("saved-up time: waits %v", got)
	}
	if got := p.book(now.Add(time.Hour+time.Second), 1e6); got != 0 {
		t.Errorf("waits %v", got)
	}
	if got := p.book(now.Add(time.Hour+time.Second), 1); got != maxPause {
		t.Errorf("waits %v, want at most %v", got, maxPause)
	}
	if p.chunk(16384) != 1000 || p.chunk(10) != 10 {
		t.Error("chunks", p.chunk(16384), p.chunk(10))
	}
	var none pacer
	if none.book(now, 1<<30) != 0 || none.book(now, 1) != 0 || none.chunk(5) != 5 {
		t.Error("no limit limits")
	}
}

func TestLimit(t *testing.T) {
	for _, who := range []string{"sender", "receiver"} {
		t.Run(who, func(t *testing.T) {
			src, dir := crossing.File(t, 10*recordSize), crossing.Dir(t)
			synctest.Test(t, func(t *testing.T) {
				start := time.Now()
				run(t, src, transfer.Target{Into: disk(dir)}, func(s, r *settings) {
					if who == "sender" {
						s.Limit = recordSize / 2
					} else {
						r.Limit = recordSize / 2
					}
				}).OK(t)
				if d := time.Since(start); d < 18*time.Second || d > 22*time.Second {
					t.Errorf("took %v", d)
				}
			})
		})
	}
}
