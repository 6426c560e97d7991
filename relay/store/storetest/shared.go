package storetest

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"sesame/relay/store"
)

// RunShared tests what holds for every store, for one that is shared by several relays, or whose
// disk fails, too: reads may be old, changes conflict or fail without anybody's doing, and
// those that fail may have been made.
func RunShared(t *testing.T, open Open) {
	for name, test := range map[string]func(t *testing.T, s Singly){
		"one makes it":   sharedMaking,
		"heads":          sharedHeads,
		"items and feed": sharedItems,
		"transfers":      sharedGroups,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := open(t, NewClock().Now)
			defer s.Close()
			test(t, Singly{s})
		})
	}
}

// writers is how many write to one record, and each of them so many things.
const writers, things = 8, 25

// together runs all writers.
func together(do func(i int)) {
	var wg sync.WaitGroup
	for i := range writers {
		wg.Go(func() { do(i) })
	}
	wg.Wait()
}

// sharedMaking has many make one record: never are two told that they did.
func sharedMaking(t *testing.T, s Singly) {
	for round := range 50 {
		k := key(fmt.Sprint("race", round))
		var told [writers]bool
		together(func(i int) {
			for {
				_, err := s.Put(t.Context(), k, 0, fmt.Sprint(i), day)
				told[i] = told[i] || err == nil
				if r, _ := s.Get(t.Context(), k); r.Version != 0 {
					return
				}
			}
		})
		r, err := s.Get(t.Context(), k)
		must(t, err)
		for i := range told {
			if told[i] && r.Head != fmt.Sprint(i) {
				t.Errorf("round %d: %d is told that it made what %s has made", round, i, r.Head)
			}
		}
	}
}

// sharedHeads has many add to one head: what one has written is never lost, nor there
// twice, as each looks before he tries again.
func sharedHeads(t *testing.T, s Singly) {
	k := key("a")
	var want []string
	for i := range writers {
		for n := range things {
			want = append(want, fmt.Sprintf("%d/%02d", i, n))
		}
	}
	together(func(i int) {
		for n := range things {
			mine, told := fmt.Sprintf("%d/%02d", i, n), false
			for !told {
				r, err := s.Get(t.Context(), k)
				if err != nil {
					t.Error(err)
					return
				}
				if slices.Contains(strings.Fields(r.Head), mine) { // it failed, but was made
					break
				}
				_, err = s.Put(t.Context(), k, r.Version, r.Head+" "+mine, day)
				told = err == nil
			}
		}
	})
	var have []string
	for tries := 0; len(have) < len(want) && tries < 10; tries++ { // a read may be old
		r, err := s.Get(t.Context(), k)
		must(t, err)
		have = strings.Fields(r.Head)
	}
	slices.Sort(have)
	if !slices.Equal(have, want) {
		t.Errorf("%d are there of %d: %q", len(have), len(want), have)
	}
}

// sharedItems has many append to one record, while somebody follows it by what the store
// tells: he sees all, in one order, each of a writer after the one before it.
func sharedItems(t *testing.T, s Singly) {
	k := key("a")
	for {
		if _, err := s.Put(t.Context(), k, 0, "", day); err == nil {
			break
		} else if errors.Is(err, store.ErrConflict) { // it was made and failed
			break
		}
	}
	seen := make(chan []string, 1)
	go func() {
		var all []string
		defer func() { seen <- all }()
		patience := time.After(time.Minute)
		for len(all) < writers*things {
			select {
			case h := <-s.Feed():
				if h.Key == k || h == (store.Hint{}) {
					more, err := s.Items(t.Context(), k, len(all))
					if err != nil {
						t.Error(err)
						return
					}
					all = append(all, more...)
				}
			case <-patience:
				return
			}
		}
	}()
	together(func(i int) {
		for n := range things {
			mine, told := fmt.Sprintf("%d/%02d", i, n), false
			for !told {
				items, err := s.Items(t.Context(), k, 0)
				if err != nil {
					t.Error(err)
					return
				}
				if slices.Contains(items, mine) {
					break
				}
				told = s.Append(t.Context(), k, len(items), mine) == nil
			}
		}
	})
	all := <-seen
	items, err := s.Items(t.Context(), k, 0)
	must(t, err)
	if len(items) != writers*things || !slices.Equal(all, items) {
		t.Errorf("%d items, and who follows has seen %d", len(items), len(all))
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
