package main

import (
	"bytes"
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
	here, pipe := net.Pipe()
	there := buffer(pipe)
	select {
	case n.conns <- there:
		return buffer(here), nil
	case <-n.done:
		there.Close()
		return nil, net.ErrClosed
	case <-ctx.Done():
		there.Close()
		return nil, ctx.Err()
	}
}

// A bufferedConn takes what is written at once: two sides that both write before they
// read don't wait for each other, as on a real network.
type bufferedConn struct {
	net.Conn
	out  chan []byte
	done chan struct{}
	once *sync.Once
}

func buffer(c net.Conn) net.Conn {
	b := bufferedConn{c, make(chan []byte, 1000), make(chan struct{}), new(sync.Once)}
	go func() {
		defer c.Close()
		for {
			select {
			case p := <-b.out:
				c.Write(p)
				continue
			default:
			}
			select {
			case p := <-b.out:
				c.Write(p)
			case <-b.done:
				if len(b.out) == 0 {
					return
				}
			}
		}
	}()
	return b
}

func (b bufferedConn) Write(p []byte) (int, error) {
	select {
	case b.out <- bytes.Clone(p):
		return len(p), nil
	case <-b.done:
		return 0, net.ErrClosed
	}
}

func (b bufferedConn) Close() error {
	b.once.Do(func() { close(b.done) })
	return b.SetReadDeadline(time.Unix(1, 0)) // what was written is still on its way
}

// A sleeper's connections carry nothing while it sleeps, and it makes none.
type sleeper struct {
	mu     sync.Mutex
	awake  chan struct{} // closed while it is
	nights int
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
	s.nights++
}

func (s *sleeper) wake() {
	s.mu.Lock()
	defer s.mu.Unlock()
	select {
	case <-s.awake:
	default:
		close(s.awake)
	}
}

// wait waits until it is awake, or done is closed. It returns how often it has slept.
func (s *sleeper) wait(done <-chan struct{}) (nights int) {
	s.mu.Lock()
	awake, nights := s.awake, s.nights
	s.mu.Unlock()
	select {
	case <-awake:
	case <-done:
	}
	return nights
}

// A sleepingConn is one from before or after a sleep; one from before is good for
// nothing afterwards, as with a program that notices that it has slept.
type sleepingConn struct {
	net.Conn
	*sleeper
	nights int
	done   context.CancelFunc
	ctx    context.Context
}

func (c sleepingConn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if c.wait(c.ctx.Done()) > c.nights {
		return 0, net.ErrClosed // what came meanwhile isn't read
	}
	return n, err
}

func (c sleepingConn) Write(p []byte) (int, error) {
	if c.wait(c.ctx.Done()) > c.nights {
		return 0, net.ErrClosed
	}
	return c.Conn.Write(p)
}

func (c sleepingConn) Close() error {
	c.done()
	return c.Conn.Close()
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
			nights := s.wait(ctx.Done())
			c, err := network.dial(ctx)
			if err != nil {
				return nil, err
			}
			open, done := context.WithCancel(context.Background())
			return sleepingConn{c, s, nights, done, open}, nil
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
	defer bed.wake() // after a failure

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
