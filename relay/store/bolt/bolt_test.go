package bolt

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"sesame/relay/store"
	"sesame/relay/store/storetest"
)

func TestBolt(t *testing.T) {
	open := func(t *testing.T, now func() time.Time) store.Store {
		s, err := Open(t.TempDir(), Config{Now: now})
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	storetest.Run(t, open)
	t.Run("shared", func(t *testing.T) { storetest.RunShared(t, open) })
}

// on returns a store to make changes in, one at a time.
func on(s *Store) storetest.Singly { return storetest.Singly{Store: s} }

// Fails when changes that are ready don't share a sync: each of many who go on as soon as they are
// answered would wait for two, as whoever is first would begin the next transaction alone.
func TestReadyOnesShareASync(t *testing.T) {
	const writers, each = 16, 50
	s := open(t, t.TempDir())
	var all sync.WaitGroup
	for i := range writers {
		all.Go(func() {
			k := store.Key{Kind: "box", Name: fmt.Sprint(i)}
			if _, err := on(s).Put(t.Context(), k, 0, "", time.Hour); err != nil {
				t.Error(err)
			}
			for n := range each - 1 {
				if err := on(s).Append(t.Context(), k, n, "item"); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	st := s.Stats()
	t.Logf("%d changes in %d transactions", st.Changes, st.Commits)
	if st.Changes != writers*each || st.Commits > each*9/5 {
		t.Errorf("%d changes of %d in %d transactions", st.Changes, writers*each, st.Commits)
	}
}
