package punch

import (
	"flag"
	"fmt"
	"os"
	"runtime"
	"testing"
	"time"
)

// TestMain fails if a test left goroutines behind.
func TestMain(m *testing.M) {
	os.Setenv("QUIC_GO_DISABLE_RECEIVE_BUFFER_WARNING", "true")
	before := runtime.NumGoroutine()
	code := m.Run()
	if f := flag.Lookup("test.fuzz"); f != nil && f.Value.String() != "" {
		os.Exit(code) // fuzzing has goroutines of its own
	}
	for wait := time.Millisecond; code == 0 && runtime.NumGoroutine() > before; wait *= 2 {
		if wait > 3*time.Second {
			stacks := make([]byte, 1<<20)
			fmt.Printf("goroutines left behind:\n%s\n", stacks[:runtime.Stack(stacks, true)])
			code = 1
		}
		time.Sleep(wait)
	}
	os.Exit(code)
}
