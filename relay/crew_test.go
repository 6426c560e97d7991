package relay

import (
	"sync"
	"testing"
	"testing/synctest"
)

type work func()

func (w work) do() { w() }

// Fails when work waits for other work, when more hands than a few rest, or when one is left that nobody
// needs any more.
func TestCrew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var c crew
		for range 3 { // the second time by those that rest
			var all sync.WaitGroup
			held := make(chan struct{})
			for range 2 * resting {
				all.Add(1)
				c.start(work(func() { <-held; all.Done() }))
			}
			synctest.Wait()
			close(held)
			all.Wait()
			synctest.Wait()
			if n := len(c.idle); n != resting {
				t.Errorf("%d hands rest", n)
			}
		}
		c.close()
		done := make(chan struct{})
		c.start(work(func() { close(done) }))
		<-done
	}) // waits for all goroutines
}
