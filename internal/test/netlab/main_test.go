//go:build linux

package netlab_test

import (
	"os"
	"testing"

	"sesame/internal/test/lab"
)

func TestMain(m *testing.M) {
	if code, outer := lab.Enter(); outer {
		os.Exit(code)
	}
	os.Exit(m.Run())
}
