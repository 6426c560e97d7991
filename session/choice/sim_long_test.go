//go:build long

package choice

import "testing"

// Fails if more than one in a hundred of very many transfers is slow, or one is very slow.
func TestSimulatedMany(t *testing.T) {
	slow, all := each(t, scenes, 10*many, asItIs, func(t *testing.T, s scene, r table) {
		if got := quantile(r.ratio, 1); got > 1.5 {
			t.Errorf("%.3f times as long as the best single way, at worst", got)
		}
	})
	if slow*100 > all {
		t.Errorf("%d of %d seeds were slow", slow, all)
	}
	t.Logf("%d of %d seeds were slow", slow, all)
}
