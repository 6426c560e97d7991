//go:build !js

package client

import (
	"context"
	"errors"
	"net"
	"net/url"
	"sync"
	"time"

	"sesame/internal/segments"
	"sesame/rendezvous"
	"sesame/rendezvous/local"
	"sesame/transit"
)

// How long the sender is looked for: until the user is told what to do if it
// doesn't come, and until it is given up.
const (
	lookTime = 4 * time.Second
	seekTime = 10 * time.Minute
)

// findSender returns where the sender of a local code is.
func (c seeking) findSender(ctx context.Context, code rendezvous.Code) ([]string, error) {
	if !reachable() {
		return nil, Fail(NoAddress)
	}
	defer c.told.waiting(WaitNear).end()
	notice := time.AfterFunc(lookTime, func() { c.told.note(NoteStillLooking) })
	defer notice.Stop()
	seeking, cancel := context.WithTimeout(ctx, seekTime)
	defer cancel()
	found, err := local.Find(seeking, code.Nameplate)
	var several *local.AmbiguousError
	switch {
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case errors.As(err, &several):
		return nil, err
	case errors.Is(err, context.DeadlineExceeded):
		return nil, Fail(NoSender, seekTime)
	case err != nil:
		return nil, Fail(NoSearch, Connection(err))
	}
	var addrs []string
	for _, a := range found {
		addrs = append(addrs, a.String())
	}
	return addrs, nil
}

var errLeadsAway = errors.New("it hides this computer, and a local code is for computers that know each other's addresses")

// dialSender connects to the mailbox that the sender of a local code serves, whose
// port serves as a path, too.
func (c seeking) dialSender(ctx context.Context, code rendezvous.Code) (*rendezvous.Client, *ownPath, error) {
	switch {
	case c.cfg.Tor:
		return nil, nil, &ConfigError{"Tor", "true", errLeadsAway}
	case c.cfg.Policy.RelayOnly:
		return nil, nil, &ConfigError{"RelayOnly", "true", errLeadsAway}
	}
	addrs := []string{c.from.At}
	if c.from.At == "" {
		var err error
		if addrs, err = c.findSender(ctx, code); err != nil {
			return nil, nil, err
		}
	}
	to := &addresses{all: addrs}
	client, err := rendezvous.Dial(ctx, c.watched(&rendezvous.Config{
		URL:        mailboxURL(addrs[0]),
		Native:     c.cfg.Policy.announcement(),
		HTTPClient: through(to.dial, nil),
	}))
	if err != nil {
		return nil, nil, Fail(SenderLost, Connection(err))
	}
	return client, &ownPath{pipe: transit.Relay{Address: to.last(), Embedded: true}}, nil
}

// fromSender says what a failed meeting means at a sender's own mailbox: the
// only one there belongs to its code.
func fromSender(own *ownPath, err error) error {
	var server *rendezvous.ServerError
	if own == nil || !errors.As(err, &server) {
		return err
	}
	return Fail(SenderOther)
}

// mailboxURL returns the URL of the mailbox server at a host and port.
func mailboxURL(address string) string {
	return (&url.URL{Scheme: "ws", Host: address, Path: "/v1"}).String()
}

// addresses are those of one server. The one that answers first is used.
type addresses struct {
	all []string

	mu  sync.Mutex
	won string
}

// last returns the address that was connected to last.
func (a *addresses) last() string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.won
}

// dial connects to one of the addresses, whatever it is asked for.
func (a *addresses) dial(ctx context.Context, network, _ string) (net.Conn, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	type result struct {
		conn net.Conn
		addr string
		err  error
	}
	results := make(chan result, len(a.all))
	for _, addr := range a.all {
		go func() {
			conn, err := segments.Dial(segments.With(ctx, segments.Tiny), network, addr)
			results <- result{conn, addr, err}
		}()
	}
	var first result
	var errs []error
	for range a.all {
		switch r := <-results; {
		case r.err != nil:
			errs = append(errs, r.err)
		case first.conn != nil:
			r.conn.Close()
		default:
			first = r
			cancel() // the others end at once
		}
	}
	if first.conn == nil {
		return nil, errors.Join(errs...)
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.won = first.addr
	return first.conn, nil
}

// browse calls saw with the nameplates of senders on this network, until ctx ends.
func browse(ctx context.Context, saw func(nameplate string)) { local.Browse(ctx, saw) }
