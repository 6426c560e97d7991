package bolt

import (
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
