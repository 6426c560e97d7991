package client

import (
	"os"
	"testing"
)

// What tests begin isn't remembered among what this user has begun.
func TestMain(m *testing.M) {
	state, err := os.MkdirTemp("", "state")
	if err != nil {
		panic(err)
	}
	os.Setenv("XDG_STATE_HOME", state)
	code := m.Run()
	os.RemoveAll(state)
	os.Exit(code)
}
