package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"

	"sesame/rendezvous"
	"sesame/transit"
)

// A senderError says that the sender of a local code can't be reached.
type senderError struct {
	err  error
	hint string
}

func (e *senderError) Error() string { return e.err.Error() }
func (e *senderError) Unwrap() error { return e.err }

// dialSender connects to the mailbox that the sender of a local code serves, and
// arranges that its port serves as a path, too.
func (o *receiveOptions) dialSender(ctx context.Context) (*rendezvous.Client, error) {
	if o.tor {
		return nil, &usageError{text: "--tor leads away from the network that a code beginning with local- is for", hint: "leave it out"}
	}
	if o.to == "" {
		return nil, &senderError{errors.New("can't find the sender"), "its screen shows an address: sesame receive --to HOST:PORT CODE"}
	}
	to := &addresses{all: []string{o.to}}
	client, err := rendezvous.Dial(ctx, &rendezvous.Config{
		URL:        mailboxURL(o.to),
		Native:     o.announcement(),
		HTTPClient: &http.Client{Transport: &http.Transport{DialContext: to.dial}},
	})
	if err != nil {
		return nil, &senderError{
			fmt.Errorf("can't reach the sender: %w", err),
			"its screen shows the address, which is another one each time",
		}
	}
	o.pipe = &transit.Relay{Address: to.last(), Embedded: true}
	return client, nil
}

// fromSender says what a failed meeting means at a sender's own mailbox: the
// only one there belongs to its code.
func (o *receiveOptions) fromSender(err error) error {
	var server *rendezvous.ServerError
	if o.pipe == nil || !errors.As(err, &server) {
		return err
	}
	return &senderError{errors.New("the sender waits for another code"), "compare its number; the sender's screen shows the code"}
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
			conn, err := new(net.Dialer).DialContext(ctx, network, addr)
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
	host, port, err := net.SplitHostPort(to)
	if n, portErr := strconv.ParseUint(port, 10, 16); err != nil || portErr != nil || n == 0 || host == "" ||
		strings.ContainsAny(host, "/@?# \t") {
		return &usageError{
			text: fmt.Sprintf("%q is not the address of a sender", to),
			hint: "it looks like 192.168.1.20:41234, as the sender's screen shows it",
		}
	}
	return nil
}
