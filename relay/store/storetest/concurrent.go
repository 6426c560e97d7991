package storetest

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"sesame/relay/store"
)

// testRace has many make one record, and then replace it, and append to it.
func testRace(t *testing.T, s Singly, _ *Clock) {
	ctx := t.Context()
	const many = 32
	once := func(what string, do func(i int) error) {
		t.Helper()
		var wg sync.WaitGroup
		errs := make([]error, many)
		for i := range many {
			wg.Go(func() { errs[i] = do(i) })
		}
		wg.Wait()
		won := 0
		for _, err := range errs {
			if err == nil {
				won++
			} else {
				conflict(t, err)
			}
		}
		if won != 1 {
			t.Errorf("%s: %d have won", what, won)
		}
	}
	for round := range 20 {
		k := key(fmt.Sprint("race", round))
		once("making", func(i int) error { _, err := s.Put(ctx, k, 0, fmt.Sprint(i), day); return err })
		r, err := s.Get(ctx, k)
		must(t, err)
		once("replacing", func(i int) error { _, err := s.Put(ctx, k, r.Version, fmt.Sprint(i), day); return err })
		once("appending", func(i int) error { return s.Append(ctx, k, 0, fmt.Sprint(i)) })
		r, err = s.Get(ctx, k)
		must(t, err)
		once("deleting", func(i int) error { return s.Delete(ctx, k, r.Version) })
	}
}

// testOrder has many append to one record, each what it likes as soon as it can:
// everybody reads the same order, and nothing is missing.
func testOrder(t *testing.T, s Singly, _ *Clock) {
	ctx := t.Context()
	k := key("a")
	_, err := s.Put(ctx, k, 0, "", day)
	must(t, err)
	const many, each = 8, 20
	var wg sync.WaitGroup
	for i := range many {
		wg.Go(func() {
			for n := range each {
				for {
					r, err := s.Get(ctx, k)
					if err == nil {
						err = s.Append(ctx, k, r.Items, fmt.Sprintf("%d/%02d", i, n))
					}
					if err == nil {
						break
					}
					if !errors.Is(err, store.ErrConflict) {
						t.Error(err)
						return
					}
				}
			}
		})
	}
	wg.Wait()
	items, err := s.Items(ctx, k, 0)
	must(t, err)
	if len(items) != many*each {
		t.Fatalf("%d items", len(items))
	}
	last := map[string]string{}
	for _, item := range items {
		who, n, _ := strings.Cut(item, "/")
		if n <= last[who] {
			t.Errorf("%s comes after %s", item, last[who])
		}
		last[who] = n
	}
}

// testFeed checks that a change is told of before it returns, with its key.
func testFeed(t *testing.T, s Singly, _ *Clock) {
	ctx := t.Context()
	told := func(what string) {
		t.Helper()
		for {
			select {
			case h := <-s.Feed():
				if h.Key == key("a") {
					return
				}
			case <-time.After(10 * time.Second):
				t.Errorf("nothing is told of %s", what)
				return
			}
		}
	}
	v, err := s.Put(ctx, key("a"), 0, "", day)
	must(t, err)
	told("making")
	must(t, s.Append(ctx, key("a"), 0, "item"))
	told("appending")
	must(t, s.Delete(ctx, key("a"), v))
	told("deleting")
}

// testGap checks that who doesn't read is told that something was lost, and that
// nobody waits for it.
func testGap(t *testing.T, s Singly, _ *Clock) {
	ctx := t.Context()
	var wg sync.WaitGroup
	const many = 64
	for i := range many {
		wg.Go(func() {
			k := key(fmt.Sprint(i))
			if _, err := s.Put(ctx, k, 0, "", day); err != nil {
				t.Error(err)
			}
			for n := range store.Hints/many + 10 {
				if err := s.Append(ctx, k, n, ""); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
	for range 10 { // room for some, and then for the word
		<-s.Feed()
	}
	must(t, s.Append(ctx, key("0"), store.Hints/many+10, ""))
	gap := false
	for n := range 2 * store.Hints {
		if n >= store.Hints && gap {
			break
		}
		select {
		case h := <-s.Feed():
			gap = gap || h == store.Hint{}
		default:
		}
	}
	if !gap {
		t.Error("nobody is told that hints were lost")
	}
}

func testClosed(t *testing.T, s Singly, _ *Clock) {
	ctx := t.Context()
	_, err := s.Put(ctx, key("a"), 0, "", day)
	must(t, err)
	var wg sync.WaitGroup
	for i := range 16 {
		wg.Go(func() {
			for {
				if _, err := s.Put(ctx, key(fmt.Sprint(rand.Int64(), i)), 0, "", day); err != nil {
					if !errors.Is(err, store.ErrClosed) {
						t.Error(err)
					}
					return
				}
			}
		})
	}
	must(t, s.Close())
	wg.Wait()
	if _, err := s.Get(ctx, key("a")); !errors.Is(err, store.ErrClosed) {
		t.Errorf("reading: %v", err)
	}
	if err := s.Append(ctx, key("a"), 0, ""); !errors.Is(err, store.ErrClosed) {
		t.Errorf("writing: %v", err)
	}
	for range s.Feed() { // until it is closed
	}
}
