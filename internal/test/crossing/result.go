package crossing

import (
	"testing"

	"sesame/transfer"
)

// A Result is what both sides of a transfer say.
type Result struct {
	Sent     error
	Told     *transfer.Report // of the sender
	Offer    *transfer.Offer
	Received error
	Report   *transfer.Report // of the receiver
}

// Run has one side send while the other one receives and answers what is offered.
func Run(send func() (*transfer.Report, error), receive func() (*transfer.Offer, error), answer func(*transfer.Offer) (*transfer.Report, error)) (r Result) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		r.Told, r.Sent = send()
	}()
	r.Offer, r.Received = receive()
	if r.Received == nil {
		r.Report, r.Received = answer(r.Offer)
	}
	<-done
	return r
}

// OK fails the test unless both sides are content.
func (r Result) OK(t testing.TB) {
	t.Helper()
	if r.Sent != nil || r.Received != nil || r.Told == nil || r.Report == nil {
		t.Fatalf("sender: %v; receiver: %v", r.Sent, r.Received)
	}
}

// Final returns the names that were written.
func (r Result) Final() []string { return Finals(r.Report) }

// Finals returns the names that a receiver has written.
func Finals(r *transfer.Report) (out []string) {
	if r != nil {
		for _, p := range r.Placed {
			out = append(out, p.Final)
		}
	}
	return out
}
