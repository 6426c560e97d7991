//go:build linux && long

package reach

import "testing"

// Fails if a line is given up because it is very slow, or very long.
func TestVerySlowLine(t *testing.T) {
	for _, l := range []line{mobile64, far(600), far(1000), far(2000)} {
		overLine(t, l, straight)
		overLine(t, l, byRelay)
		overLine(t, l, pastNATs)
	}
}
