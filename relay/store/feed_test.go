package store

import "testing"

// Fails when who reads late isn't told that something was lost, until something else changes.
func TestLossIsToldAtOnce(t *testing.T) {
	const room = 8
	n := NewNews(room)
	for range 2 {
		for range 3 * room {
			n.Tell(Hint{Key: Key{Kind: "box", Name: "a"}})
		}
		var last Hint
		for range room + 1 {
			last = <-n.Feed()
		}
		if last != (Hint{}) || len(n.Feed()) != 0 {
			t.Errorf("the last is %+v, and %d are left", last, len(n.Feed()))
		}
	}
}
