// Package survey finds out what the network that this computer is in lets through,
// and how servers look from here. It tells facts, as values; what they mean is
// for others to say.
//
//	this computer       addresses, routes, multicast, proxy
//	the router          mapping and filtering behaviour, port mapping
//	the servers         mailbox, relay over TCP and WebSocket, STUN, TLS, clock
//
// It goes the ways that transfers go: what reaches a relay, asks a STUN server or
// a router there does so here. All is asked at once, every question has a
// deadline, and everything together takes eight seconds at most. What answers is
// hostile: bounded, and as it came, not safe to print. Nothing is kept, and nobody
// learns more than a transfer would tell.
//
// Source: doc/doctor.md.
package survey

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"net/url"
	"time"

	"sesame/internal/addr"
	"sesame/internal/segments"
	"sesame/transit"
)

// Config says what to look at, and through what. Mailbox, Meet and Via must be set.
type Config struct {
	// Mailbox is the URL of the mailbox server, ws:// or wss://.
	Mailbox string
	// Meet connects to it, hears what it announces, and leaves. It gives up when
	// ctx ends.
	Meet func(ctx context.Context) (Welcome, error)
	// Relays are looked at instead of those that the mailbox server names.
	Relays []transit.Relay
	// STUN are servers, "host:port", that are asked beside the mailbox server's.
	STUN []string
	// Via says how servers are reached, as in transit.Config.
	Via func(scheme, addr string) []transit.Via
	// Roots are who may have signed the certificates of servers. Default: the system's.
	Roots *transit.CertPool
	// Proxy is the one that is in force, nil if there is none.
	Proxy *Proxy
	// NoUDP leaves out what goes beside a proxy: names aren't looked up here, and
	// no UDP is sent. Transfers do the same then.
	NoUDP bool
	// Private leaves out, besides, what has to do with our own addresses.
	Private bool
}

// How long things may take. Some wait for the mailbox server's answer first.
const (
	allTime    = 8 * time.Second
	serverTime = 4 * time.Second
	laterTime  = 3500 * time.Millisecond
)

// dial connects to a server by the first way that leads there.
func (c *Config) dial(ctx context.Context, scheme, at string) (net.Conn, error) {
	var errs []error
	for _, via := range c.Via(scheme, at) {
		dial, ctx := via.Dial, ctx
		if via.Name == "" {
			dial, ctx = segments.Dial, segments.With(ctx, segments.Tiny) // as transfers do it
		}
		conn, err := dial(ctx, "tcp", at)
		if err == nil {
			return conn, nil
		}
		errs = append(errs, err)
	}
	return nil, errors.Join(errs...)
}

// maxHeader is how many bytes of an HTTP answer are read before its body.
const maxHeader = 64 << 10

// web returns what speaks HTTP with a server, the WebSocket's scheme being as given.
// It follows no redirect.
func (c *Config) web(scheme string) *http.Client {
	return &http.Client{
		Transport: &http.Transport{
			DialContext:            func(ctx context.Context, _, at string) (net.Conn, error) { return c.dial(ctx, scheme, at) },
			MaxResponseHeaderBytes: maxHeader, DisableKeepAlives: true,
			TLSClientConfig: &tls.Config{RootCAs: c.Roots},
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// host returns the host and port of the mailbox server.
func (c *Config) host() string {
	u, err := url.Parse(c.Mailbox)
	if err != nil {
		return ""
	}
	return addr.JoinURL(u)
}

// start calls f in the background and returns what waits for its result.
func start[T any](f func() T) func() T {
	done := make(chan struct{})
	var result T
	go func() {
		defer close(done)
		result = f()
	}()
	return func() T {
		<-done
		return result
	}
}
