package bolt

import (
	"testing"
	"time"

	"sesame/relay/store"
	"sesame/relay/store/storetest"
)

func TestBolt(t *testing.T) {
	storetest.Run(t, func(t *testing.T, now func() time.Time) store.Store {
		s, err := Open(t.TempDir(), Config{Now: now})
		if err != nil {
			t.Fatal(err)
		}
		return s
	})
}
