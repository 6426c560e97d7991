package relayed

import (
	"bufio"
	"errors"
	"io"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"sesame/internal/wire"
	"sesame/transit/way"
)

// Fails when a relay that carries nothing for this side is asked again though nothing has changed, or isn't
// when something has: its day is over, there is another ticket, or this side is elsewhere.
func TestRefusalHolds(t *testing.T) {
	for _, c := range []struct {
		name, said string
		until      time.Duration // 0 for ever
	}{
		{"no ticket", wire.NoTicket, 0},
		{"spent", wire.Spent, unsaidDay},
		{"spent, and told until when", wire.Spent + wire.Over(5*time.Hour), 5 * time.Hour},
		{"spent, and told nonsense", wire.Spent + "over in 99999\n", unsaidDay},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ticket, says := "one", c.said
				f := open(t, Way{TCP: way.Dialer.Dial}, way.Config{Relays: []way.Relay{{Address: "own.example.org:4001", Ticket: func() string { return ticket }}}})
				f.Start(way.Session{Tokens: [][]byte{[]byte(strings.Repeat("k", 32))}})
				closed := func() bool {
					routes, _ := f.Peer(nil) // a new plan each time, as with new hints
					err := routes[0].Closed()
					if no := (*way.Refusal)(nil); err != nil && !errors.As(err, &no) {
						t.Errorf("%v isn't a refusal", err)
					}
					return err != nil
				}
				ask := func() {
					if closed() {
						t.Error("isn't asked though something has changed")
					}
					ours, theirs := net.Pipe()
					go func() {
						bufio.NewReader(theirs).ReadString('\n')
						io.WriteString(theirs, says)
						theirs.Close()
					}()
					routes, _ := f.Peer(nil)
					if err := routes[0].Join(ours, 0); (err == nil) != (says == wire.Joined) {
						t.Error(err)
					}
					ours.Close()
				}
				ask()
				time.Sleep(max(c.until, 100*time.Hour) - time.Second)
				if c.until > 0 {
					if closed() {
						t.Error("for longer than a day")
					}
					ask()
					time.Sleep(c.until - time.Second)
				}
				if !closed() {
					t.Error("asked again too early")
				}
				ticket = "another"
				ask()
				f.Moved(false, true)
				if !closed() {
					t.Error("asked again by who has only looked where it is")
				}
				f.Moved(true, false)
				ask()
				if c.until > 0 {
					time.Sleep(c.until)
				} else {
					ticket = "third"
				}
				says = wire.Joined
				ask()
				if closed() {
					t.Error("isn't asked though it has joined")
				}
			})
		})
	}
}

// Fails when one who was given no ticket by a relay that didn't know of any isn't let in when it does again.
func TestPlainOnlyAsLongAsNeeded(t *testing.T) {
	says := wire.BadHandshake
	f := open(t, Way{TCP: way.Dialer.Dial}, way.Config{Relays: []way.Relay{{Address: "own.example.org:4001", Ticket: func() string { return "one" }}}})
	f.Start(way.Session{Tokens: [][]byte{[]byte(strings.Repeat("k", 32))}})
	routes, _ := f.Peer(nil)
	shows := func() bool {
		ours, theirs := net.Pipe()
		defer ours.Close()
		heard := make(chan string, 1)
		go func() {
			line, _ := bufio.NewReader(theirs).ReadString('\n')
			heard <- line
			io.WriteString(theirs, says)
			theirs.Close()
		}()
		routes[0].Join(ours, 0)
		return strings.HasSuffix(<-heard, " ticket one\n")
	}
	if !shows() || shows() {
		t.Error("not shown, or shown to one that doesn't know of tickets")
	}
	says = wire.NoTicket
	shows()
	if routes[0].Closed() != nil || !shows() {
		t.Error("not shown to one that knows of tickets again")
	}
}

// Fails if a relay that refuses, and then neither says more nor hangs up, is waited for.
func TestRefusalThatDoesNotEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ours, theirs := net.Pipe()
		defer ours.Close()
		defer theirs.Close()
		go func() {
			bufio.NewReader(theirs).ReadString('\n')
			io.WriteString(theirs, wire.Spent)
		}()
		begun := time.Now()
		err := join(ours, []byte("please\n"))
		var no *way.Refusal
		if !errors.As(err, &no) || no.Over != unsaidDay || time.Since(begun) != dayWithin {
			t.Errorf("%v after %v", err, time.Since(begun))
		}
	})
}
