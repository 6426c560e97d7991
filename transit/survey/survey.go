// Package survey looks at the network that this computer is in, and at servers
// from outside, and says in plain sentences what it finds and what that means.
//
//	this computer       addresses, routes, multicast, proxy
//	the router          mapping and filtering behaviour, port mapping
//	the servers         mailbox, relay over TCP and WebSocket, STUN, TLS, clock
//
// All is asked at once, every question has a deadline, and everything together
// takes eight seconds at most. What answers is hostile: bounded, and quoted where
// it is shown. Nothing is kept, and nobody learns more than a transfer would tell.
//
// Source: doc/doctor.md.
package survey

import (
	"context"
	"net"
	"time"

	"sesame/rendezvous"
	"sesame/transit"
)

// A State says what a Finding means.
type State int

const (
	Fine    State = iota + 1 // as it should be
	Remark                   // neither good nor bad, or not known
	Problem                  // somebody should do something
)

// String returns "ok", "note" or "problem".
func (s State) String() string {
	return map[State]string{Fine: "ok", Remark: "note", Problem: "problem"}[s]
}

// A Finding is one thing that was looked at.
type Finding struct {
	Subject string // a word or two: "relay", "clock"
	State   State
	Text    string // a sentence, safe to print
	Advice  string // what to do, or ""
}

// Config says what to look at, and through what.
type Config struct {
	// Mailbox says how to reach the mailbox server.
	Mailbox *rendezvous.Config
	// Relays are looked at instead of those that the mailbox server names.
	Relays []transit.Relay
	// STUN are servers, "host:port", that are asked beside the mailbox server's.
	STUN []string
	// Dial connects to servers, through a proxy where there is one.
	Dial func(ctx context.Context, scheme, addr string) (net.Conn, error)
	// Proxy names the proxies that are in force, "" if there are none.
	Proxy string
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

// milliseconds rounds a time for people.
func milliseconds(d time.Duration) time.Duration {
	if d < 10*time.Millisecond {
		return d.Round(100 * time.Microsecond)
	}
	return d.Round(time.Millisecond)
}
