package survey

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"time"

	"github.com/coder/websocket"

	"sesame/internal/foreign"
	"sesame/internal/neterr"
	"sesame/internal/wire"
	"sesame/transit"
)

// ErrHungUp says that a relay has closed a connection that it should have joined.
var ErrHungUp = errors.New("the relay hangs up")

// A NoRelayError has the first bytes of what says something else than a relay does.
type NoRelayError struct{ Said string }

func (e *NoRelayError) Error() string { return fmt.Sprintf("no relay says %q", e.Said) }

// pipes tries all addresses of relays at once.
func pipes(ctx context.Context, c *Config, relays []transit.Relay) (all []Relay) {
	ctx, cancel := context.WithTimeout(ctx, laterTime)
	defer cancel()
	var waits []func() Relay
	try := func(at string, dial func(context.Context) (net.Conn, error)) {
		waits = append(waits, start(func() Relay { return tryPipe(ctx, at, dial) }))
	}
	for _, r := range relays {
		if r.Address != "" {
			try(r.Address, func(ctx context.Context) (net.Conn, error) { return c.dial(ctx, "tcp", r.Address) })
		}
		if r.URL != "" {
			try(r.URL, func(ctx context.Context) (net.Conn, error) { return dialPipe(ctx, c, r.URL) })
		}
	}
	for _, wait := range waits {
		all = append(all, wait())
	}
	return all
}

// dialPipe opens a WebSocket to a relay.
func dialPipe(ctx context.Context, c *Config, address string) (net.Conn, error) {
	u, err := url.Parse(address)
	if err != nil {
		return nil, err
	}
	ws, _, err := websocket.Dial(ctx, address, &websocket.DialOptions{
		HTTPClient: c.web(u.Scheme), HTTPHeader: http.Header{"User-Agent": {foreign.Agent}},
	})
	if err != nil {
		return nil, err
	}
	return websocket.NetConn(ctx, ws, websocket.MessageBinary), nil
}

// tryPipe has a relay join two connections of ours, and sends a few bytes there and
// back.
func tryPipe(ctx context.Context, at string, dial func(context.Context) (net.Conn, error)) Relay {
	r := Relay{At: at}
	token := make([]byte, 32)
	rand.Read(token)
	var ends [2]net.Conn
	for i := range ends {
		conn, err := dial(ctx)
		if err != nil {
			r.Err = err
			return r
		}
		stop := context.AfterFunc(ctx, func() { conn.Close() })
		defer stop()
		defer conn.Close()
		var side [8]byte
		rand.Read(side[:])
		if _, err := conn.Write(wire.PleaseRelay(token, side)); err != nil {
			r.Err = err
			return r
		}
		ends[i] = conn
	}
	for _, conn := range ends {
		if err := expect(conn, []byte(wire.Joined)); err != nil {
			r.Err = errors.Join(ctx.Err(), err)
			return r
		}
	}
	there, back := token[:16], token[16:]
	begun := time.Now()
	r.Err = errors.Join(pass(ends[0], ends[1], there), pass(ends[1], ends[0], back))
	r.RTT = time.Since(begun)
	if r.Err != nil {
		r.Err = errors.Join(ctx.Err(), r.Err)
	}
	return r
}

func pass(from, to net.Conn, b []byte) error {
	if _, err := from.Write(b); err != nil {
		return ended(err)
	}
	return expect(to, b)
}

// expect reads exactly what should come.
func expect(conn net.Conn, want []byte) error {
	got := make([]byte, len(want))
	n, err := io.ReadFull(conn, got)
	if n > 0 && !bytes.Equal(got[:n], want[:n]) {
		return &NoRelayError{string(got[:n])}
	}
	return ended(err)
}

// ended says in one way that a relay has closed a connection: which error that
// is depends on what was under way.
func ended(err error) error {
	if errors.Is(err, io.EOF) || neterr.Is(err, neterr.Reset) {
		return ErrHungUp
	}
	return err
}
