//go:build !js

package manifest

import (
	"syscall"
	"testing"
)

// Fails if a file that another program keeps to itself on Windows isn't told from one
// that can't be read, or anything elsewhere is taken for that.
func TestShared(t *testing.T) {
	for _, code := range []syscall.Errno{32, 33} {
		if !shared(code, true) || shared(code, false) {
			t.Errorf("error %d: on Windows %v, elsewhere %v", code, shared(code, true), shared(code, false))
		}
	}
	if shared(5, true) {
		t.Error("denied access is taken for another program's")
	}
}
