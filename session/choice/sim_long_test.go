//go:build long

package choice

import "testing"

// Fails if more than one in a hundred of very many transfers is slow, or one is very slow.
func TestSimulatedMany(t *testing.T) {
	slow, all := each(t, scenes, 10*many, asItIs, func(t *testing.T, s scene, r table) { within(t, r) })
	if slow*100 > all {
		t.Errorf("%d of %d seeds were slow", slow, all)
	}
	t.Logf("%d of %d seeds were slow", slow, all)
}
