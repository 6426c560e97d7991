package relay

import (
	"context"
	"time"
)

// Vacated waits until there is no mailbox left and nobody connected to ask for
// one: everybody who met has closed theirs, and knows it. A server that serves
// one meeting can be shut down then without cutting anybody short. It returns
// the error of ctx if that ends first.
func (s *Server) Vacated(ctx context.Context) error {
	look := time.NewTicker(10 * time.Millisecond)
	defer look.Stop()
	for {
		if s.mail.left() == 0 {
			return nil
		}
		select {
		case <-look.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
