package relay

import "sync"

// A crew does work on stacks of its own. A goroutine that has once needed a deep stack keeps it, and that of a
// client waits nearly all its life: what there is to do for it now and then is done by a hand of the crew,
// so that ten thousand who wait have small stacks and a few hands have deep ones. It may be used
// concurrently; the zero value is ready to use.
type crew struct {
	mu     sync.Mutex
	closed bool
	idle   []chan job // hands without work, who worked last at the end
}

// A job is work for a hand. One that is a pointer costs no memory to hand over.
type job interface{ do() }

// resting is how many hands wait for work at most.
const resting = 64

// start has j done. It doesn't wait for that, however many are at work already.
func (c *crew) start(j job) {
	if hand := c.wake(); hand != nil {
		hand <- j
		return
	}
	go c.work(j)
}

// wake returns a hand that rests, nil if there is none.
func (c *crew) wake() (hand chan job) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if n := len(c.idle); n > 0 {
		hand, c.idle = c.idle[n-1], c.idle[:n-1]
	}
	return hand
}

func (c *crew) work(j job) {
	hand := make(chan job, 1)
	for ok := true; ok; j, ok = <-hand {
		j.do()
		if !c.rest(hand) {
			return
		}
	}
}

// rest reports whether a hand without work is to wait for more.
func (c *crew) rest(hand chan job) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed || len(c.idle) >= resting {
		return false
	}
	c.idle = append(c.idle, hand)
	return true
}

// close sends the hands home that rest, now and later. Work can still be done.
func (c *crew) close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.closed = true
	for _, hand := range c.idle {
		close(hand)
	}
	c.idle = nil
}
