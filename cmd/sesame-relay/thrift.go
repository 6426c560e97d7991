package main

import (
	"context"
	"runtime"
	"runtime/debug"
	"time"
)

// A thrift says when memory is to be given back to the system, which is after many have gone. Go's collector works
// when there is as much garbage as there is in use, and otherwise every two minutes; what is in pools goes at
// the second time, and the system gets it later still. A server that thousands have left would keep for minutes
// what it had for them. It is for one goroutine.
type thrift struct{ most int } // who was there since it was last due

// many is for how few it isn't worth while.
const many = 128

// due takes how many are connected. It reports whether as many have gone as are left, and many: so it is due
// a few times in a decline, and not while people come and go.
func (t *thrift) due(now int) bool {
	t.most = max(t.most, now)
	if gone := t.most - now; gone < many || gone < now {
		return false
	}
	t.most = now
	return true
}

// looksForGarbage is how often it is seen who has gone.
const looksForGarbage = 10 * time.Second

// giveBack gives memory back after many have gone, until ctx ends.
func giveBack(ctx context.Context, connected func() int) {
	var t thrift
	tick := time.NewTicker(looksForGarbage)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			if t.due(connected()) {
				runtime.GC() // what is in pools is garbage for the next one
				debug.FreeOSMemory()
			}
		case <-ctx.Done():
			return
		}
	}
}
