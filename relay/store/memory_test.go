package store_test

import (
	"testing"
	"time"

	"sesame/relay/store"
	"sesame/relay/store/storetest"
)

func TestMemory(t *testing.T) {
	open := func(_ *testing.T, now func() time.Time) store.Store { return store.NewMemory(now) }
	storetest.Run(t, open)
	t.Run("shared", func(t *testing.T) { storetest.RunShared(t, open) })
}

// Fails when the store with faults does what no store may do: then what holds on it says
// nothing.
func TestUnreliable(t *testing.T) {
	storetest.RunShared(t, func(t *testing.T, now func() time.Time) store.Store {
		return storetest.NewUnreliable(store.NewMemory(now), storetest.Faults{Conflicts: 8, Stale: 4, Lost: 5, Errors: 6}, 1)
	})
}
