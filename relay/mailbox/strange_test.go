package mailbox

import (
	"fmt"
	"testing"
)

// Fails when claims that look like guesses aren't counted, when one source's count for more
// than a few, or when those of people who make up their codes and meet do.
func TestStrangeClaims(t *testing.T) {
	w := newTown(t, Limits{})
	count := func(what string, all, strange int64) {
		t.Helper()
		if got := w.b.Claims(); got != (Claims{all, strange}) {
			t.Errorf("%s: %+v, want %d and %d", what, got, all, strange)
		}
	}
	for i := range 5 { // they have agreed on a number
		n := fmt.Sprint(100 + i)
		w.enter(w.from(fmt.Sprintf("198.51.100.%d", i), "a"), n)
		w.enter(w.from(fmt.Sprintf("203.0.113.%d", i), "b"), n)
	}
	count("two who meet", 10, 0)
	w.enter(w.from("203.0.113.77", "c"), "100")
	count("a third one", 11, 1)
	w.do(w.from("203.0.113.78", "d"), `{"type":"allocate"}`)
	count("one who gets a number", 12, 1)
	for i := range 20 {
		w.enter(w.from("192.0.2.1", "e"), fmt.Sprint(200+i))
	}
	count("one who tries many", 32, 11)
	for i := range 20 {
		w.enter(w.from(fmt.Sprintf("192.0.2.%d", 10+i), "e"), fmt.Sprint(300+i))
	}
	count("many of them", 52, 31)
	check(t, w)
}
