package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"sesame/client"
	"sesame/internal/addr"
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
func (o *receiveOptions) findSender(ctx context.Context, ui *terminal, code rendezvous.Code) ([]string, error) {
	if o.to != "" {
		return []string{o.to}, nil
	}
	seen := ui.waiting(wait(client.WaitNear))
	defer seen()
	notice := time.AfterFunc(lookTime, func() {
		ui.note(client.NoteStillLooking)
	})
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
		return nil, client.Fail(client.NoSender, seekTime)
	case err != nil:
		return nil, client.Fail(client.NoSearch, err)
	}
	var addrs []string
	for _, a := range found {
		addrs = append(addrs, a.String())
	}
	return addrs, nil
}

// dialSender connects to the mailbox that the sender of a local code serves, and
// arranges that its port serves as a path, too.
func (o *receiveOptions) dialSender(ctx context.Context, ui *terminal, code rendezvous.Code) (*rendezvous.Client, error) {
	if o.tor {
		return nil, &usageError{text: "--tor leads away from the network that a code beginning with local- is for", hint: "leave it out"}
	}
	if o.relayOnly {
		return nil, &usageError{text: "--relay-only hides this computer's address, and a code beginning with local- is for computers that tell each other theirs", hint: "leave it out"}
	}
	addrs, err := o.findSender(ctx, ui, code)
	if err != nil {
		return nil, err
	}
	to := &addresses{all: addrs}
	mailbox, err := rendezvous.Dial(ctx, watched(&rendezvous.Config{
		URL:        mailboxURL(addrs[0]),
		Native:     o.announcement(),
		HTTPClient: through(to.dial),
	}, ui))
	if err != nil {
		return nil, client.Fail(client.SenderLost, err)
	}
	o.pipe = &transit.Relay{Address: to.last(), Embedded: true}
	return mailbox, nil
}

// through returns a client that connects with dial, and through no proxy.
func through(dial func(ctx context.Context, network, addr string) (net.Conn, error)) *http.Client {
	return &http.Client{Transport: &http.Transport{
		DialContext: dial, MaxResponseHeaderBytes: maxHeader, DisableKeepAlives: true,
	}}
}

// fromSender says what a failed meeting means at a sender's own mailbox: the
// only one there belongs to its code.
func (o *receiveOptions) fromSender(err error) error {
	var server *rendezvous.ServerError
	if o.pipe == nil || !errors.As(err, &server) {
		return err
	}
	return client.Fail(client.SenderOther)
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

// checkTo refuses a --to that can't be an address.
func checkTo(to string) error {
	if host, _, err := addr.Split(to); err != nil || strings.ContainsAny(host, "/@?# \t") {
		return &usageError{
			text: fmt.Sprintf("%q is not the address of a sender", to),
			hint: "it looks like 192.168.1.20:41234, as the sender's screen shows it",
		}
	}
	return nil
}
