package tokens

import (
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// Fails if more is allowed than a burst and what time has brought, or less, or if
// what wasn't done is saved up for longer than a burst.
func TestAllow(t *testing.T) {
	const each, burst = 20 * time.Millisecond, 100 * time.Millisecond // 50 a second, 5 at once
	var b Bucket
	now := time.Unix(1000, 0)
	many := func() (n int) {
		for b.Allow(each, burst, now) {
			n++
		}
		return n
	}
	for i, step := range []struct {
		pause time.Duration
		want  int
	}{{0, 5}, {0, 0}, {19 * time.Millisecond, 0}, {time.Millisecond, 1}, {50 * time.Millisecond, 2}, {time.Hour, 5}} {
		now = now.Add(step.pause)
		if got := many(); got != step.want {
			t.Errorf("step %d: %d, want %d", i, got, step.want)
		}
	}
	if got := b.Wait(burst-each, now); got != each {
		t.Errorf("the next has to wait %v, want %v", got, each)
	}
	b.Return(2 * each)
	if got := many(); got != 2 {
		t.Errorf("%d of two that were given back", got)
	}
	b.Return(time.Hour)
	if got := many(); got != 5 {
		t.Errorf("%d after more was given back than taken", got)
	}
}

// Fails if a rate of bytes isn't kept, or if who took more than there was isn't made
// to wait for it.
func TestBytes(t *testing.T) {
	for _, rate := range []int64{1000, 1 << 20, 1 << 33} {
		var b Bucket
		began := time.Unix(1000, 0)
		now, sent := began, int64(0)
		for now.Sub(began) < 20*time.Second {
			now = now.Add(b.Wait(0, now))
			n := rate/7 + 1
			b.Take(Bytes(n, rate), now)
			sent += n
		}
		if sent < 20*rate || sent > 21*rate {
			t.Errorf("%d bytes a second: %d in 20 s", rate, sent)
		}
	}
	var b Bucket
	now := time.Unix(1000, 0)
	b.Take(time.Hour, now)
	if b.Wait(0, now) != time.Hour || b.Wait(time.Minute, now) != 59*time.Minute {
		t.Error("waits", b.Wait(0, now), b.Wait(time.Minute, now))
	}
	if b.Limit(time.Minute, now); b.Lack(now) != time.Minute {
		t.Error("lacks", b.Lack(now))
	}
	if b.Limit(time.Hour, now); b.Lack(now) != time.Minute {
		t.Error("a limit took something")
	}
	if b.Lack(now.Add(time.Hour)) != 0 {
		t.Error("isn't whole after an hour")
	}
}

// Fails if a shared bucket decides another thing than one that isn't.
func TestSharedIsABucket(t *testing.T) {
	const each, burst = 7 * time.Millisecond, 28 * time.Millisecond
	rnd := rand.New(rand.NewPCG(1, 1))
	var b Bucket
	var s Shared
	var since time.Duration
	allowed := 0
	for range 10000 {
		since += time.Duration(rnd.IntN(12)) * time.Millisecond
		one, other := b.Allow(each, burst, time.Unix(0, 0).Add(since)), s.Allow(each, burst, since)
		if one != other {
			t.Fatalf("after %v: %v and %v", since, one, other)
		}
		if one {
			allowed++
		}
	}
	if allowed == 0 || allowed == 10000 {
		t.Errorf("%d of 10000 were allowed", allowed)
	}
}

// Fails if several get what only one may have.
func TestSharedAtOnce(t *testing.T) {
	var s Shared
	var got atomic.Int32
	var running sync.WaitGroup
	for range 8 {
		running.Go(func() {
			for range 1000 {
				if s.Allow(time.Millisecond, 100*time.Millisecond, 0) {
					got.Add(1)
				}
			}
		})
	}
	if running.Wait(); got.Load() != 100 {
		t.Errorf("%d of 100 were had", got.Load())
	}
}
