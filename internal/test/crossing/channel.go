// Package crossing is what tests of transfers have in common, whatever the protocol: a
// channel in memory between two peers, what both sides say in the end, and files to be
// sent and to be found again.
package crossing

import (
	"context"
	"crypto/sha256"
	"errors"
	"sync/atomic"
)

// A Channel is one end of a transfer.Channel in memory.
type Channel struct {
	// In has what came for this end.
	In <-chan []byte

	out   chan<- []byte
	suite string
	first bool
	came  atomic.Bool // a message
}

// Channels returns both ends of one. suite is "" between two who have the classic
// protocol in common.
func Channels(suite string) (a, b *Channel) {
	x, y := make(chan []byte, 100), make(chan []byte, 100)
	return &Channel{out: x, In: y, suite: suite, first: true}, &Channel{out: y, In: x, suite: suite}
}

// Send passes msg on.
func (c *Channel) Send(ctx context.Context, msg []byte) error {
	select {
	case c.out <- msg:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Say sends a message as a peer would.
func (c *Channel) Say(msg string) { c.out <- []byte(msg) }

// Receive waits for what the other end sends.
func (c *Channel) Receive(ctx context.Context) ([]byte, error) {
	select {
	case m, ok := <-c.In:
		if !ok {
			return nil, errors.New("the channel is gone")
		}
		c.came.Store(true)
		return m, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// Key returns the same at both ends. It panics where nobody could know yet what it is.
func (c *Channel) Key(purpose string, size int) []byte {
	if c.suite != "" && !c.came.Load() {
		panic("Key of a native channel before the first Receive")
	}
	sum := sha256.Sum256([]byte(purpose))
	return sum[:size]
}

// Suite is what Channels was given.
func (c *Channel) Suite() string { return c.suite }

// First is true at the end that Channels returns first.
func (c *Channel) First() bool { return c.first }

// Check does nothing.
func (c *Channel) Check() {}
