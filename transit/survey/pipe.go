package survey

import (
	"bytes"
	"cmp"
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
	"sesame/internal/reason"
	"sesame/internal/safetext"
	"sesame/internal/wire"
	"sesame/transit"
)

// A pipe is what became of one address of a relay.
type pipe struct {
	name string // for people
	rtt  time.Duration
	err  error
}

func (p *pipe) finding() Finding {
	if p.err == nil {
		return Finding{"relay", Fine, fmt.Sprintf("%s joins two connections; there and back in %v", p.name, milliseconds(p.rtt)), ""}
	}
	return Finding{"relay", Problem, fmt.Sprintf("%s: %s", p.name, reason.Of(p.err)),
		cmp.Or(reason.Hint(p.err), "name another relay with --relay; direct ways need none")}
}

// pipes tries all addresses of relays at once.
func (c *Config) pipes(ctx context.Context, relays []transit.Relay) (all []pipe) {
	ctx, cancel := context.WithTimeout(ctx, laterTime)
	defer cancel()
	var waits []func() pipe
	for _, r := range relays {
		if r.Address != "" {
			waits = append(waits, start(func() pipe {
				return tryPipe(ctx, safetext.Line(r.Address, 80), func(ctx context.Context) (net.Conn, error) {
					return c.Dial(ctx, "tcp", r.Address)
				})
			}))
		}
		if r.URL != "" {
			waits = append(waits, start(func() pipe {
				return tryPipe(ctx, safetext.Line(r.URL, 80), func(ctx context.Context) (net.Conn, error) { return c.dialPipe(ctx, r.URL) })
			}))
		}
	}
	for _, wait := range waits {
		all = append(all, wait())
	}
	return all
}

// dialPipe opens a WebSocket to a relay.
func (c *Config) dialPipe(ctx context.Context, address string) (net.Conn, error) {
	u, err := url.Parse(address)
	if err != nil {
		return nil, err
	}
	client := &http.Client{
		Transport: &http.Transport{
			DialContext:            func(ctx context.Context, _, addr string) (net.Conn, error) { return c.Dial(ctx, u.Scheme, addr) },
			MaxResponseHeaderBytes: 64 << 10, DisableKeepAlives: true,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	ws, _, err := websocket.Dial(ctx, address, &websocket.DialOptions{
		HTTPClient: client, HTTPHeader: http.Header{"User-Agent": {foreign.Agent}},
	})
	if err != nil {
		return nil, err
	}
	return websocket.NetConn(ctx, ws, websocket.MessageBinary), nil
}

// tryPipe has a relay join two connections of ours, and sends a few bytes there and
// back.
func tryPipe(ctx context.Context, name string, dial func(context.Context) (net.Conn, error)) pipe {
	p := pipe{name: name}
	token := make([]byte, 32)
	rand.Read(token)
	var ends [2]net.Conn
	for i := range ends {
		conn, err := dial(ctx)
		if err != nil {
			p.err = err
			return p
		}
		stop := context.AfterFunc(ctx, func() { conn.Close() })
		defer stop()
		defer conn.Close()
		var side [8]byte
		rand.Read(side[:])
		if _, err := conn.Write(wire.PleaseRelay(token, side)); err != nil {
			p.err = err
			return p
		}
		ends[i] = conn
	}
	for _, conn := range ends {
		if err := expect(conn, []byte(wire.Joined)); err != nil {
			p.err = errors.Join(ctx.Err(), err)
			return p
		}
	}
	there, back := token[:16], token[16:]
	begun := time.Now()
	p.err = errors.Join(pass(ends[0], ends[1], there), pass(ends[1], ends[0], back))
	p.rtt = time.Since(begun)
	if p.err != nil {
		p.err = errors.Join(ctx.Err(), p.err)
	}
	return p
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
	switch {
	case n > 0 && !bytes.Equal(got[:n], want[:n]):
		return fmt.Errorf("it says %q, which no relay does", safetext.Line(string(got[:n]), 40))
	}
	return ended(err)
}

// ended says in one way that a relay has closed a connection: which error that
// is depends on what was under way.
func ended(err error) error {
	if errors.Is(err, io.EOF) || neterr.Is(err, neterr.Reset) {
		return errors.New("it hangs up")
	}
	return err
}
