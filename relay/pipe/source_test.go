package pipe

import (
	"fmt"
	"testing"
)

// inNetwork returns an address of the ith /64 of a /48.
func inNetwork(i int) string { return fmt.Sprintf("2001:db8:7:%x::1", i) }

// Fails when one /48 takes all places for pipes that wait, or honest ones don't get any
// beside it.
func TestOneNetworkFillsPipes(t *testing.T) {
	p := newQueue(usual())
	for i := range 10_000 {
		if _, a := p.come(callOf(fmt.Sprint(i), "a", inNetwork(i))); a.refused || len(a.gone) > 1 {
			t.Fatalf("%d: %+v", i, a)
		}
	}
	if n := p.order.Len(); n != 256 {
		t.Errorf("a /48 has %d pipes that wait, want 256", n)
	}
	var honest []ID
	for i := range 60 {
		w, a := p.come(callOf(fmt.Sprint("honest", i), "a", fmt.Sprintf("2001:db8:100:%x::1", i)))
		if a.refused || len(a.gone) != 0 {
			t.Fatalf("honest client %d: %+v", i, a)
		}
		honest = append(honest, w)
	}
	for i := range 10_000 {
		p.come(callOf(fmt.Sprint(i), "b", inNetwork(i)))
	}
	for i, w := range honest {
		if !p.leave(w) {
			t.Errorf("honest client %d has lost its place", i)
		}
	}
	for len(p.clear()) > 0 {
	}
	if p.held.Holders() != 0 || len(p.tokens) != 0 {
		t.Error("something is left")
	}
}
