package rendezvous

import (
	"context"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// A follower keeps what it is told.
type follower struct {
	mu  sync.Mutex
	all []Standing
}

func follow(t *testing.T, c *Client) *follower {
	f := &follower{}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		c.Follow(ctx, func(s Standing) {
			f.mu.Lock()
			defer f.mu.Unlock()
			f.all = append(f.all, s)
		})
	}()
	t.Cleanup(func() {
		cancel()
		<-ended
	})
	return f
}

// last waits until nothing happens any more, and returns what was told last.
func (f *follower) last() Standing {
	synctest.Wait()
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.all) == 0 {
		return Standing{}
	}
	return f.all[len(f.all)-1]
}

// Fails if who waits isn't told that nobody is there, as soon as the server has said
// what is in the mailbox, or not that somebody has come.
func TestAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newFakeServer()
		first := s.client(t, nil)
		seen := follow(t, first)
		if got := seen.last(); got != (Standing{}) {
			t.Errorf("before a code: %+v", got)
		}
		met := make(chan *Channel, 1)
		go func() {
			ch, err := first.Meet(t.Context(), code(t, rigCode))
			if err != nil {
				t.Error(err)
			}
			met <- ch
		}()
		if got := seen.last(); got != (Standing{Alone: true}) {
			t.Errorf("alone: %+v", got)
		}
		second := s.client(t, nil)
		other := follow(t, second)
		if _, err := second.Meet(t.Context(), code(t, rigCode)); err != nil {
			t.Fatal(err)
		}
		<-met
		if a, b := seen.last(), other.last(); a != (Standing{Came: true}) || b != a {
			t.Errorf("met: %+v, %+v", a, b)
		}
		if slices.Contains(other.all, Standing{Alone: true}) {
			t.Errorf("the second one is told that it is alone: %+v", other.all)
		}
		first.Close()
		second.Close()
	})
}

// Fails if a server that dies without a word while somebody waits isn't noticed within
// 10 seconds, or one that is there again stays silent.
func TestServerFallsSilent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newFakeServer()
		c := s.client(t, nil)
		seen := follow(t, c)
		go c.Meet(t.Context(), code(t, rigCode))
		time.Sleep(time.Hour)
		if got := seen.last(); got != (Standing{Alone: true}) {
			t.Fatalf("after an hour: %+v", got)
		}
		mute(s)
		died := time.Now()
		time.Sleep(10 * time.Second)
		got := seen.last()
		if got.Silent.IsZero() || got.Lost || got.Silent.Before(died) || got.Silent.After(died.Add(pingEvery)) {
			t.Errorf("10 s later: %+v", got)
		}
		since := got.Silent
		s.mu.Lock()
		s.down = true
		s.mu.Unlock()
		time.Sleep(pingWait)
		if got := seen.last(); !got.Lost || got.Silent != since {
			t.Errorf("when it was given up: %+v, want since %v", got, since)
		}
		s.mu.Lock()
		s.fault, s.down = nil, false
		s.mu.Unlock()
		time.Sleep(2 * time.Minute)
		if got := seen.last(); got != (Standing{Alone: true}) {
			t.Errorf("it is there again: %+v", got)
		}
		c.Close()
	})
}
