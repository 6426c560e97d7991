// Package storetest tests stores: what holds for one holds for all.
package storetest

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"sesame/relay/store"
)

// A Clock is what a store under test takes for the time. Its methods may be called
// concurrently.
type Clock struct {
	mu  sync.Mutex
	now time.Time
}

// NewClock returns a clock that stands still.
func NewClock() *Clock { return &Clock{now: time.Unix(1e9, 0)} }

// Now returns the time.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// Advance moves the clock.
func (c *Clock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// Open makes an empty store that takes its time from a clock. The test closes it.
type Open func(t *testing.T, now func() time.Time) store.Store

const day = 24 * time.Hour

// Run tests a store that one process uses: reads are never old there.
func Run(t *testing.T, open Open) {
	for name, test := range map[string]func(t *testing.T, s Singly, c *Clock){
		"heads":     testHeads,
		"items":     testItems,
		"delete":    testDelete,
		"expiry":    testExpiry,
		"scan":      testScan,
		"bounds":    testBounds,
		"groups":    testGroups,
		"group":     testGroupBounds,
		"transfers": testGroupRace,
		"race":      testRace,
		"order":     testOrder,
		"feed":      testFeed,
		"gap":       testGap,
		"closed":    testClosed,
		"histories": testHistories,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := NewClock()
			s := open(t, c.Now)
			defer s.Close()
			test(t, Singly{s}, c)
		})
	}
}

func key(name string) store.Key { return store.Key{Kind: "box", App: "app", Name: name} }

// must fails the test if there is an error.
func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// conflict fails the test if a change was made, or failed for another reason.
func conflict(t *testing.T, err error) {
	t.Helper()
	if !errors.Is(err, store.ErrConflict) {
		t.Errorf("want a conflict, have %v", err)
	}
}

func testHeads(t *testing.T, s Singly, _ *Clock) {
	ctx := t.Context()
	k := key("a")
	r, err := s.Get(ctx, k)
	must(t, err)
	if r != (store.Record{}) {
		t.Errorf("nothing is %+v", r)
	}
	_, err = s.Put(ctx, k, 7, "x", day)
	conflict(t, err)
	v, err := s.Put(ctx, k, 0, "one", day)
	must(t, err)
	if r, err = s.Get(ctx, k); err != nil || r != (store.Record{Version: v, Head: "one"}) || v == 0 {
		t.Errorf("%+v, %v after a version of %d", r, err, v)
	}
	_, err = s.Put(ctx, k, 0, "other", day)
	conflict(t, err)
	w, err := s.Put(ctx, k, v, "", day)
	must(t, err)
	_, err = s.Put(ctx, k, v, "late", day)
	conflict(t, err)
	if r, err = s.Get(ctx, k); err != nil || r != (store.Record{Version: w}) || w == v {
		t.Errorf("%+v, %v after versions of %d and %d", r, err, v, w)
	}
	for _, other := range []store.Key{{Kind: "plate", App: "app", Name: "a"}, {Kind: "box", App: "ap", Name: "pa"}, {Kind: "box", Name: "appa"}} {
		if r, err := s.Get(ctx, other); err != nil || r.Version != 0 {
			t.Errorf("%v is %+v, %v", other, r, err)
		}
	}
}

func testItems(t *testing.T, s Singly, _ *Clock) {
	ctx := t.Context()
	k := key("a")
	conflict(t, s.Append(ctx, k, 0, "early"))
	v, err := s.Put(ctx, k, 0, "h", day)
	must(t, err)
	conflict(t, s.Append(ctx, k, 1, "early"))
	conflict(t, s.Append(ctx, k, -1, "early"))
	var want []string
	for i := range 300 { // more than one byte holds
		item := fmt.Sprint("item", i, "\x00")
		must(t, s.Append(ctx, k, i, item))
		want = append(want, item)
	}
	conflict(t, s.Append(ctx, k, 299, "again"))
	for _, from := range []int{0, 1, 255, 256, 299, 300, 1000} {
		items, err := s.Items(ctx, k, from)
		must(t, err)
		if !slices.Equal(items, want[min(from, 300):]) {
			t.Errorf("from %d: %d items", from, len(items))
		}
	}
	if r, err := s.Get(ctx, k); err != nil || r != (store.Record{Version: v, Head: "h", Items: 300}) {
		t.Errorf("%+v, %v: an item changed the version", r, err)
	}
	_, err = s.Put(ctx, k, v, "new", day)
	must(t, err)
	if items, err := s.Items(ctx, k, 0); err != nil || len(items) != 300 {
		t.Errorf("%d items after another head, %v", len(items), err)
	}
	// A neighbour by name has its own.
	_, err = s.Put(ctx, key("a\x00\x00\x00\x01"), 0, "", day)
	must(t, err)
	if items, err := s.Items(ctx, key("a\x00\x00\x00\x01"), 0); err != nil || len(items) != 0 {
		t.Errorf("a neighbour has %d items, %v", len(items), err)
	}
}

func testDelete(t *testing.T, s Singly, _ *Clock) {
	ctx := t.Context()
	k := key("a")
	conflict(t, s.Delete(ctx, k, 0))
	conflict(t, s.Delete(ctx, k, 1))
	v, err := s.Put(ctx, k, 0, "h", day)
	must(t, err)
	must(t, s.Append(ctx, k, 0, "item"))
	w, err := s.Put(ctx, k, v, "i", day)
	must(t, err)
	conflict(t, s.Delete(ctx, k, v))
	must(t, s.Delete(ctx, k, w))
	conflict(t, s.Delete(ctx, k, w))
	conflict(t, s.Append(ctx, k, 1, "late"))
	_, err = s.Put(ctx, k, w, "late", day)
	conflict(t, err)
	if r, err := s.Get(ctx, k); err != nil || r != (store.Record{}) {
		t.Errorf("%+v, %v", r, err)
	}
	x, err := s.Put(ctx, k, 0, "again", day)
	must(t, err)
	if items, err := s.Items(ctx, k, 0); err != nil || len(items) != 0 || x == v || x == w {
		t.Errorf("%d items after a deletion, %v; versions %d, %d, %d", len(items), err, v, w, x)
	}
}

func testExpiry(t *testing.T, s Singly, c *Clock) {
	ctx := t.Context()
	there := func(name string) bool {
		t.Helper()
		r, err := s.Get(ctx, key(name))
		must(t, err)
		return r.Version != 0
	}
	_, err := s.Put(ctx, key("hour"), 0, "", time.Hour)
	must(t, err)
	must(t, s.Append(ctx, key("hour"), 0, "item"))
	v, err := s.Put(ctx, key("longer"), 0, "", time.Hour)
	must(t, err)
	c.Advance(time.Hour - time.Second)
	if !there("hour") || !there("longer") {
		t.Error("gone too early")
	}
	_, err = s.Put(ctx, key("longer"), v, "", time.Hour)
	must(t, err)
	c.Advance(time.Second)
	if there("hour") || !there("longer") {
		t.Errorf("after an hour: %v, %v", there("hour"), there("longer"))
	}
	conflict(t, s.Append(ctx, key("hour"), 1, "late"))
	if keys, err := s.Scan(ctx, "box", store.Key{}, 10); err != nil || !slices.Equal(keys, []store.Key{key("longer")}) {
		t.Errorf("%v, %v", keys, err)
	}
	_, err = s.Put(ctx, key("hour"), 0, "new", time.Hour)
	must(t, err)
	if items, err := s.Items(ctx, key("hour"), 0); err != nil || len(items) != 0 {
		t.Errorf("%d items of what was over, %v", len(items), err)
	}
}

func testScan(t *testing.T, s Singly, _ *Clock) {
	ctx := t.Context()
	want := map[store.Key]bool{}
	for i := range 100 {
		k := store.Key{Kind: "box", App: strings.Repeat("a", i%3), Name: fmt.Sprint(i)}
		_, err := s.Put(ctx, k, 0, "", day)
		must(t, err)
		want[k] = true
		_, err = s.Put(ctx, store.Key{Kind: []string{"plate", "bo", "boxx"}[i%3], App: k.App, Name: k.Name}, 0, "", day)
		must(t, err)
	}
	for _, most := range []int{1, 7, 100, 1000} {
		have := map[store.Key]bool{}
		var last store.Key
		for rounds := 0; ; rounds++ {
			keys, err := s.Scan(ctx, "box", last, most)
			must(t, err)
			if len(keys) > most || rounds > 101 {
				t.Fatalf("%d keys of %d at most, in round %d", len(keys), most, rounds)
			}
			if len(keys) == 0 {
				break
			}
			for _, k := range keys {
				if have[k] {
					t.Errorf("%v comes twice", k)
				}
				have[k] = true
			}
			last = keys[len(keys)-1]
		}
		if !maps.Equal(have, want) {
			t.Errorf("%d at most: %d keys", most, len(have))
		}
	}
}

func testBounds(t *testing.T, s Singly, _ *Clock) {
	ctx := t.Context()
	k := store.Key{Kind: strings.Repeat("k", 16), App: strings.Repeat("a", 256), Name: strings.Repeat("n", 256)}
	_, err := s.Put(ctx, k, 0, strings.Repeat("h", store.MaxHead), day)
	must(t, err)
	must(t, s.Append(ctx, k, 0, strings.Repeat("i", store.MaxItem)))
	if items, err := s.Items(ctx, k, 0); err != nil || len(items) != 1 || len(items[0]) != store.MaxItem {
		t.Errorf("%d items, %v", len(items), err)
	}
	if err := s.Append(ctx, k, 1, strings.Repeat("i", store.MaxItem+1)); !errors.Is(err, store.ErrTooLarge) {
		t.Errorf("an item that is too large: %v", err)
	}
	if _, err := s.Put(ctx, key("x"), 0, strings.Repeat("h", store.MaxHead+1), day); !errors.Is(err, store.ErrTooLarge) {
		t.Errorf("a head that is too large: %v", err)
	}
	if _, err := s.Put(ctx, key(strings.Repeat("n", 257)), 0, "", day); !errors.Is(err, store.ErrTooLarge) {
		t.Errorf("a name that is too large: %v", err)
	}
}
