package survey

import (
	"context"
	"crypto/rand"
	"errors"
	"io"
	"net"
	"time"

	"sesame/internal/neterr"
	"sesame/internal/segments"
	"sesame/transit"
	"sesame/transit/way"
)

// ErrHungUp says that a relay has closed a connection that it should have joined.
var ErrHungUp = errors.New("the relay hangs up")

// ErrTickets says that a relay joins those alone who have met at its own server. It isn't
// asked further: nobody meets here.
var ErrTickets error = way.ErrNoTicket

// A NoRelayError says how something answered that doesn't act as a relay.
type NoRelayError = way.NoRelayError

// errNoWay says that this program has no way to such a relay.
var errNoWay = errors.New("there is no way to relays")

// relays tries all addresses of relays at once.
func relays(ctx context.Context, c *Config, list []transit.Relay) (all []Relay) {
	ctx, cancel := context.WithTimeout(ctx, laterTime)
	defer cancel()
	var waits []func() Relay
	for _, r := range list {
		if r.Address != "" {
			waits = append(waits, start(func() Relay { return try(ctx, c, r.Address, transit.Relay{Address: r.Address}) }))
		}
		if r.URL != "" {
			waits = append(waits, start(func() Relay { return try(ctx, c, r.URL, transit.Relay{URL: r.URL}) }))
		}
	}
	for _, wait := range waits {
		all = append(all, wait())
	}
	return all
}

// try has a relay join two connections of ours, as it would join two computers, and
// sends a few bytes there and back.
func try(ctx context.Context, c *Config, at string, relay transit.Relay) Relay {
	r := Relay{At: at}
	token := make([]byte, 32)
	rand.Read(token)
	var ends [2]end
	for i := range ends {
		e, err := openEnd(ctx, c, relay, token)
		if err != nil {
			r.Err = err
			return r
		}
		defer e.Close()
		ends[i] = e
	}
	var errs []error
	for i := range min(len(ends[0].routes), len(ends[1].routes)) {
		if r.RTT, r.Err = joined(ctx, [2]way.Route{ends[0].routes[i], ends[1].routes[i]}); r.Err == nil {
			return r
		}
		errs = append(errs, r.Err)
	}
	r.Err = errors.Join(errs...)
	return r
}

// An end is one of two who go through a relay. It must be closed.
type end struct {
	way.Finder
	routes []way.Route // to the relay, best first; at least one
}

// openEnd finds the ways to a relay, for one of those who share a token.
func openEnd(ctx context.Context, c *Config, relay transit.Relay, token []byte) (end, error) {
	site := way.NewSite(way.Config{Relays: []way.Relay{relay}, Via: c.Via, Roots: c.Roots}, false, nil)
	for w := range transit.Ways().All() {
		if w.Tier() != way.Relayed {
			continue
		}
		f, err := w.Open(ctx, site)
		if err != nil {
			return end{}, err
		}
		f.Start(way.Session{Tokens: [][]byte{token}})
		routes, skipped := f.Peer(nil)
		if len(routes) > 0 {
			return end{f, routes}, nil
		}
		f.Close()
		for _, s := range skipped {
			return end{}, s.Err
		}
	}
	return end{}, errNoWay
}

// joined reaches a relay by two routes, waits until it has joined the two, and returns
// how long a few bytes take there and back.
func joined(ctx context.Context, routes [2]way.Route) (rtt time.Duration, err error) {
	var conns [2]net.Conn
	for i, r := range routes {
		conn, err := r.Dial(segments.With(ctx, segments.Tiny))
		if err != nil {
			return 0, err
		}
		stop := context.AfterFunc(ctx, func() { conn.Close() })
		defer stop()
		defer conn.Close()
		conns[i] = conn
	}
	var waits []func() error
	for i, r := range routes {
		waits = append(waits, start(func() error {
			err := r.Join(conns[i], 0)
			if err != nil {
				conns[1-i].Close() // which nobody will be joined with
			}
			return err
		}))
	}
	for _, wait := range waits {
		if got := wait(); err == nil || errors.Is(err, net.ErrClosed) {
			err = got
		}
	}
	if err == nil {
		begun := time.Now()
		err = errors.Join(pass(conns[0], conns[1]), pass(conns[1], conns[0]))
		rtt = time.Since(begun)
	}
	return rtt, errors.Join(ctx.Err(), ended(err))
}

// pass sends a few bytes from one to the other.
func pass(from, to net.Conn) error {
	sent, got := make([]byte, 16), make([]byte, 16)
	rand.Read(sent)
	if _, err := from.Write(sent); err != nil {
		return err
	}
	n, err := io.ReadFull(to, got)
	if n > 0 && string(got[:n]) != string(sent[:n]) {
		return NoRelayError{Said: string(got[:n])}
	}
	return err
}

// ended says in one way that a relay has closed a connection: which error that
// is depends on what was under way.
func ended(err error) error {
	if errors.Is(err, way.ErrAlone) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || neterr.Is(err, neterr.Reset) {
		return ErrHungUp
	}
	return err
}
