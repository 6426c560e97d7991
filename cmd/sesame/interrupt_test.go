package main

import (
	"context"
	"os"
	"runtime"
	"syscall"
	"testing"
	"time"
)

// Fails if somebody who interrupts what takes a while to end doesn't see that it
// was heard, or if who sees it end at once is told of a wait.
func TestInterruptionIsHeard(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("a process can't interrupt itself there")
	}
	self, err := os.FindProcess(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	for name, quick := range map[string]bool{"quick": true, "slow": false} {
		said := make(chan struct{}, 1)
		ctx, stop := interruptible(context.Background(), func() { said <- struct{}{} }, func() {})
		if err := self.Signal(syscall.SIGINT); err != nil {
			t.Fatal(err)
		}
		<-ctx.Done()
		if quick {
			stop()
			time.Sleep(3 * heardWithin)
			if len(said) > 0 {
				t.Errorf("%s: it says that it takes a while", name)
			}
			continue
		}
		select {
		case <-said:
		case <-time.After(20 * time.Second):
			t.Errorf("%s: nothing is said", name)
		}
		stop()
	}
}
