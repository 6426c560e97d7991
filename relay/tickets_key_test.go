package relay

import (
	"testing"
	"time"

	"sesame/relay/pipe"
	"sesame/relay/store"
)

// Fails when a ticket isn't good at the server that is started after the one that gave it
// out, or at one beside it that shares its store.
func TestTicketsOutliveServers(t *testing.T) {
	st := store.NewMemory(nil)
	first, next := pipe.NewMint(10), pipe.NewMint(10)
	if err := keepKey(t.Context(), st, first); err != nil {
		t.Fatal(err)
	}
	text := first.Issue(time.Now())
	if next.Take(text, time.Now()) {
		t.Error("good without the key")
	}
	if err := keepKey(t.Context(), st, next); err != nil {
		t.Fatal(err)
	}
	if !next.Take(text, time.Now()) {
		t.Error("not good at the next server")
	}
	if err := keepKey(t.Context(), st, nil); err != nil {
		t.Error(err)
	}
}
