package store_test

import (
	"testing"
	"time"

	"sesame/relay/store"
	"sesame/relay/store/storetest"
)

func TestMemory(t *testing.T) {
	storetest.Run(t, func(_ *testing.T, now func() time.Time) store.Store { return store.NewMemory(now) })
}
