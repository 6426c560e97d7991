package duo

import (
	"context"
	"crypto/sha256"
	"errors"
	"sync/atomic"
)

// A Box is one end of the mailbox, as rendezvous.Channel is.
type Box struct {
	Fail atomic.Bool // it takes nothing any more

	duo *Duo
	in  chan []byte
	out *Box
}

func newBoxes(d *Duo) (*Box, *Box) {
	a, b := &Box{duo: d, in: make(chan []byte, 64)}, &Box{duo: d, in: make(chan []byte, 64)}
	a.out, b.out = b, a
	return a, b
}

// Send passes a copy of msg on.
func (b *Box) Send(ctx context.Context, msg []byte) error {
	if b.Fail.Load() {
		return errors.New("mailbox gone")
	}
	select {
	case b.out.in <- append([]byte(nil), msg...):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Receive waits for what the other end sends.
func (b *Box) Receive(ctx context.Context) ([]byte, error) {
	select {
	case m := <-b.in:
		return m, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// Key returns the same at both ends.
func (b *Box) Key(purpose string, size int) []byte {
	sum := sha256.Sum256([]byte(b.duo.Key + purpose))
	return sum[:size]
}

// Suite is that of two sesames.
func (b *Box) Suite() string { return b.duo.Suite.String() }

// First reports whether this is the sender's end.
func (b *Box) First() bool { return b == b.duo.BoxS }

// Check does nothing.
func (b *Box) Check() {}
