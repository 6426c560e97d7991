//go:build linux && long

package endtoend

import "testing"

// The same for as long as the promise is: 20 restarts, 60 transfers.
func TestManyRestarts(t *testing.T) {
	testRestarts(t, 20, 3)
}
