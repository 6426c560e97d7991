// Package leaks finds goroutines that tests leave behind.
package leaks

import (
	"flag"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"
)

// patience is how long those that end by themselves may take.
const patience = 5 * time.Second

// Run runs the tests of a package and returns the exit code, for TestMain: it isn't 0 if
// something is left.
func Run(m *testing.M) (code int) {
	before := runtime.NumGoroutine()
	code = m.Run()
	if f := flag.Lookup("test.fuzz"); f != nil && f.Value.String() != "" {
		return code // fuzzing has goroutines of its own
	}
	if stacks := more(before, patience); code == 0 && stacks != "" {
		fmt.Printf("goroutines left behind:\n%s\n", stacks)
		return 1
	}
	return code
}

// Check fails the test at its end if there are more goroutines than now. It can't stand
// beside tests that run at the same time.
func Check(t testing.TB) {
	before := runtime.NumGoroutine()
	t.Cleanup(func() {
		if stacks := more(before, patience); stacks != "" {
			t.Errorf("goroutines left behind:\n%s", stacks)
		}
	})
}

// more waits a while until there are no more goroutines than before, and returns the stacks of
// all, if there are in the end.
func more(before int, patience time.Duration) string {
	deadline := time.Now().Add(patience)
	for wait := time.Millisecond; runtime.NumGoroutine() > before; wait = min(2*wait, 100*time.Millisecond) {
		if time.Now().After(deadline) {
			buf := make([]byte, 1<<20)
			stacks := string(buf[:runtime.Stack(buf, true)])
			// In a page the runtime may have one of its own, which hands on events.
			if own := strings.Count(stacks, "\nruntime.handleEvent("); runtime.NumGoroutine()-own <= before {
				return ""
			}
			return stacks
		}
		time.Sleep(wait)
	}
	return ""
}
