package main

import (
	"context"
	"errors"
	"net"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"sesame/relay"
	"sesame/rendezvous"
)

// A memoryNet is a listener whose connections are in memory, so that time can be
// virtual.
type memoryNet struct {
	conns chan net.Conn
	done  chan struct{}
	once  sync.Once
}

func newMemoryNet() *memoryNet {
	return &memoryNet{conns: make(chan net.Conn), done: make(chan struct{})}
}

func (n *memoryNet) Accept() (net.Conn, error) {
	select {
	case c := <-n.conns:
		return c, nil
	case <-n.done:
		return nil, net.ErrClosed
	}
}

func (n *memoryNet) Close() error {
	n.once.Do(func() { close(n.done) })
	return nil
}

func (n *memoryNet) Addr() net.Addr { return &net.TCPAddr{} }

func (n *memoryNet) dial(ctx context.Context) (net.Conn, error) {
	here, there := net.Pipe()
	select {
	case n.conns <- there:
		return here, nil
	case <-n.done:
		return nil, net.ErrClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// A sleeper's connections carry nothing while it sleeps, and it makes none.
type sleeper struct {
	mu    sync.Mutex
	awake chan struct{} // closed while it is
}

func newSleeper() *sleeper {
	s := &sleeper{awake: make(chan struct{})}
	close(s.awake)
	return s
}

func (s *sleeper) sleep() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.awake = make(chan struct{})
}

func (s *sleeper) wake() {
	s.mu.Lock()
	defer s.mu.Unlock()
	close(s.awake)
}

func (s *sleeper) wait() {
	s.mu.Lock()
	awake := s.awake
	s.mu.Unlock()
	<-awake
}

type sleepingConn struct {
	net.Conn
	*sleeper
}

func (c sleepingConn) Read(p []byte) (int, error) {
	c.wait()
	n, err := c.Conn.Read(p)
	c.wait()
	return n, err
}

func (c sleepingConn) Write(p []byte) (int, error) {
	c.wait()
	return c.Conn.Write(p)
}

// Fails if a sender that slept while a receiver came, waited and gave up doesn't meet
// the receiver who types the same code again, at our own server; or if it meets it only
// when it has been awake before.
func TestSameCodeAgainAfterSleep(t *testing.T) {
	for _, native := range []*rendezvous.Native{nil, {}} {
		for name, wakes := range map[string]time.Duration{"before the second comes": -20 * time.Second, "after the second came": 20 * time.Second} {
			t.Run(name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) { sleepAndMeet(t, native, wakes) })
			})
		}
	}
}

func sleepAndMeet(t *testing.T, native *rendezvous.Native, wakes time.Duration) {
	ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
	defer cancel()
	network := newMemoryNet()
	server := relay.New(nil)
	served := make(chan error, 1)
	go func() { served <- server.Serve(network) }()
	defer func() {
		server.Shutdown(context.Background())
		<-served
	}()
	client := func(s *sleeper) *rendezvous.Client {
		t.Helper()
		transport := &http.Transport{DisableKeepAlives: true, DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			s.wait()
			c, err := network.dial(ctx)
			return sleepingConn{c, s}, err
		}}
		c, err := rendezvous.Dial(ctx, &rendezvous.Config{URL: "ws://relay.example/v1", Native: native, HTTPClient: &http.Client{Transport: transport}})
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	bed := newSleeper()
	sender := client(bed)
	defer sender.Close()
	code, err := sender.Allocate(ctx, 2)
	if err != nil {
		t.Fatal(err)
	}
	met := make(chan *rendezvous.Channel, 1)
	go func() {
		ch, err := sender.Meet(ctx, code)
		if err != nil {
			t.Errorf("the sender: %v", err)
		}
		met <- ch
	}()
	time.Sleep(time.Minute)
	bed.sleep()

	first := client(newSleeper())
	if _, err := first.Meet(ctx, code); err == nil || errors.Is(err, rendezvous.ErrCrowded) {
		t.Fatalf("the first receiver, while the sender sleeps: %v", err)
	}
	first.Close()
	if wakes < 0 {
		bed.wake()
		time.Sleep(-wakes)
	} else {
		time.AfterFunc(wakes, bed.wake)
	}
	second := client(newSleeper())
	defer second.Close()
	here, err := second.Meet(ctx, code)
	if err != nil {
		t.Fatalf("the second receiver: %v", err)
	}
	there := <-met
	if there == nil {
		return
	}
	if err := there.Send(ctx, []byte("hello")); err != nil {
		t.Fatal(err)
	}
	if got, err := here.Receive(ctx); err != nil || string(got) != "hello" {
		t.Errorf("%q, %v", got, err)
	}
}
