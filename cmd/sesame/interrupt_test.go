package main

import (
	"bytes"
	"context"
	"os"
	"runtime"
	"strings"
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

// Fails when a program is told something after the last event of a run: that an interruption was heard,
// which came as it ended.
func TestNothingAfterTheLastEvent(t *testing.T) {
	for _, last := range []event{done{}, failure{Exit: 1}} {
		var out bytes.Buffer
		j := &journal{w: &out}
		j.add(note{Text: "before"})
		j.add(last)
		j.add(note{Text: "after"})
		if got := out.String(); !strings.Contains(got, "before") || strings.Contains(got, "after") || strings.Count(got, "\n") != 2 {
			t.Errorf("%s is followed: %s", last.name(), got)
		}
	}
}
