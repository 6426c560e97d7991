package rendezvous

import (
	"context"
	"errors"
	"time"
)

// A socket is one connection to the server: what the client needs of a
// WebSocket.
type socket interface {
	// read returns the next message, or errTooLarge.
	read(ctx context.Context) ([]byte, error)
	write(ctx context.Context, frame []byte) error
	ping(ctx context.Context) error
	// close says goodbye, if it can soon. It may be called twice.
	close()
}

var errTooLarge = errors.New("message too large")

// goodbye is how long it may take to send what is left, and to close a socket
// in good form.
const goodbye = 500 * time.Millisecond
