package client

import (
	"context"
	"io"
)

// A stoppable passes bytes on to a writer that may take as long as it likes over
// them, such as a pipe whose reader sleeps. Write ends with its context all the
// same. It is for one goroutine at a time.
type stoppable struct {
	ctx  context.Context
	work chan []byte
	done chan written
	buf  []byte // belongs to the goroutine that writes while it does
}

type written struct {
	n   int
	err error
}

// newStoppable needs a close. A write that never ends keeps a goroutine.
func newStoppable(ctx context.Context, w io.Writer) *stoppable {
	s := &stoppable{ctx: ctx, work: make(chan []byte), done: make(chan written, 1)}
	go func() {
		for p := range s.work {
			n, err := w.Write(p)
			s.done <- written{n, err}
		}
	}()
	return s
}

func (s *stoppable) Write(p []byte) (int, error) {
	if s.ctx.Err() != nil {
		return 0, context.Cause(s.ctx)
	}
	s.buf = append(s.buf[:0], p...) // p may change once this returns
	s.work <- s.buf
	select {
	case out := <-s.done:
		return out.n, out.err
	case <-s.ctx.Done():
		return 0, context.Cause(s.ctx)
	}
}

func (s *stoppable) close() { close(s.work) }
