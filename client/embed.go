package client

import (
	"context"
	"errors"
	"net"
)

// A Mailbox is a mailbox server with pipes that this program runs itself, for one code.
// *relay.Server is one; which, relay.NewEmbedded knows.
type Mailbox interface {
	// Serve answers at l until Shutdown is called.
	Serve(l net.Listener) error
	// Admit lets whoever has the token use a pipe.
	Admit(token string)
	// Seal lets nobody else in than the two that are there.
	Seal()
	// Vacated waits until nobody is in the mailbox, or ctx ends.
	Vacated(ctx context.Context) error
	// Shutdown ends what is going on in an orderly way, as long as ctx allows it.
	Shutdown(ctx context.Context) error
}

var errNoEmbed = errors.New("there is no Config.Embed to serve it")
