package leaks

import (
	"runtime"
	"strings"
	"testing"
	"time"
)

// Fails when a goroutine that stays isn't seen, or one that has gone is.
func TestMore(t *testing.T) {
	before := runtime.NumGoroutine()
	end := make(chan bool)
	go func() { <-end }()
	if stacks := more(before, 50*time.Millisecond); !strings.Contains(stacks, "TestMore.func1") {
		t.Errorf("it found %q", stacks)
	}
	close(end)
	if stacks := more(before, patience); stacks != "" {
		t.Errorf("nothing is left, and it found %q", stacks)
	}
}
