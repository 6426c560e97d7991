//go:build !js

package client

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"testing"
	"time"

	"sesame/relay"
	"sesame/rendezvous"
)

// embedded serves a mailbox of a sender's own for the length of a test.
func embedded(t *testing.T) *localMailbox {
	t.Helper()
	c, err := New(&Config{Embed: func() Mailbox { return relay.NewEmbedded() }, Env: noEnvironment})
	if err != nil {
		t.Fatal(err)
	}
	m, err := (&opening{servers: servers{core: c.core}}).serveMailbox(everybody)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func noEnvironment(string) (string, bool) { return "", false }

// Fails if a sender's own mailbox serves others than the two that share its
// code, or lets one of the network's computers take all connections.
func TestLocalMailboxLimits(t *testing.T) {
	t.Parallel()
	m := embedded(t)
	defer m.close()
	code, err := rendezvous.ParseCode("local-7-galveston-goldfish")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	dial := func() *rendezvous.Client {
		t.Helper()
		c, err := m.dial(ctx)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { c.Close() })
		return c
	}
	sender := dial()
	met := make(chan error, 1)
	meeting, hangUp := context.WithCancel(ctx)
	go func() {
		_, err := sender.Meet(meeting, code)
		met <- err
	}()
	// Until the code's mailbox is there. Who says nothing takes nobody's place.
	silent := newGuest(t, ctx, mailboxURL(m.address()), "lothar.com/wormhole/text-or-file-xfer", "silent")
	silent.enter(code.Nameplate)
	silent.await("message")
	var refused *rendezvous.ServerError
	if _, err := dial().Allocate(ctx, 2); !errors.As(err, &refused) {
		t.Errorf("a stranger gets a mailbox of his own: %v", err)
	}
	hangUp()
	<-met

	const perSource, silence = 16, 5 * time.Second // of relay.NewEmbedded
	const tries = 3 * perSource
	gone := make(chan struct{}, tries)
	began := time.Now()
	for range tries {
		conn, err := net.Dial("tcp", m.address())
		if err != nil {
			gone <- struct{}{}
			continue
		}
		defer conn.Close()
		go func() {
			conn.Read(make([]byte, 1))
			gone <- struct{}{}
		}()
	}
	for left := tries; left > perSource; left-- {
		select {
		case <-gone:
		case <-ctx.Done():
			t.Fatalf("one computer has %d connections, want 1 to %d", left, perSource)
		}
	}
	if time.Since(began) >= silence { // when those go as well that are served
		t.Errorf("one computer has more than %d connections", perSource)
	}
	select {
	case <-time.After(50 * time.Millisecond): // that some stay has no end
	case <-ctx.Done():
	}
	if len(gone) == perSource {
		t.Error("one computer has no connection")
	}
}

// Fails if a sender waits for ever for a receiver that doesn't leave its mailbox.
func TestLocalMailboxClose(t *testing.T) {
	t.Parallel()
	m := embedded(t)
	c, err := m.dial(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Allocate(t.Context(), 2); err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	m.close()
	if d := time.Since(began); d > 2*leaveTime {
		t.Errorf("it took %v", d)
	}
	c.Close()
}

// Fails if a sender that answers at several addresses isn't reached at one that
// works, at first and when that fails later, or is connected to more than once.
func TestAddresses(t *testing.T) {
	t.Parallel()
	listen := func() (addr string, accepted chan net.Conn, stop func()) {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		accepted = make(chan net.Conn, 9)
		go func() {
			for {
				conn, err := l.Accept()
				if err != nil {
					close(accepted)
					return
				}
				accepted <- conn
			}
		}()
		return l.Addr().String(), accepted, func() { l.Close() }
	}
	dead, _, stop := listen()
	stop()
	one, first, stopOne := listen()
	two, second, stopTwo := listen()
	defer stopTwo()

	a := &addresses{all: []string{dead, one}}
	conn, err := a.dial(t.Context(), "tcp", "ignored.example:1")
	if err != nil || a.last() != one || conn.RemoteAddr().String() != one {
		t.Fatalf("it went to %s, %v", a.last(), err)
	}
	defer conn.Close()
	<-first
	a.all = append(a.all, two)
	stopOne()
	again, err := a.dial(t.Context(), "tcp", "ignored.example:1")
	if err != nil || a.last() != two {
		t.Fatalf("it went to %s, %v", a.last(), err)
	}
	defer again.Close()
	<-second

	both, third, stopBoth := listen()
	a = &addresses{all: []string{two, both, two, both}}
	conn, err = a.dial(t.Context(), "tcp", "")
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	kept := map[string]chan net.Conn{two: second, both: third}[conn.RemoteAddr().String()]
	live := <-kept // a listener that is closed resets who waits at it
	stopBoth()
	stopTwo()
	alive := 1
	live.SetReadDeadline(time.Now().Add(200 * time.Millisecond))
	if _, err := live.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) {
		alive = 0
	}
	live.Close()
	for _, all := range []chan net.Conn{second, third} {
		for c := range all {
			c.SetReadDeadline(time.Now().Add(20 * time.Second))
			if _, err := c.Read(make([]byte, 1)); !errors.Is(err, io.EOF) && !isReset(err) {
				alive++
			}
			c.Close()
		}
	}
	if alive != 1 {
		t.Errorf("%d connections were kept, want 1", alive)
	}
}

func isReset(err error) bool {
	var op *net.OpError
	return errors.As(err, &op) && !op.Timeout()
}
