package transit_test

import (
	"context"
	"errors"
	"net"
	"sync"
	"testing"
	"time"

	"sesame/relay"
	"sesame/transit"
	"sesame/transit/record"
)

// A cutter dials, and cuts what it has dialled.
type cutter struct {
	mu    sync.Mutex
	conns []net.Conn
}

func (c *cutter) dial(ctx context.Context, network, addr string) (net.Conn, error) {
	conn, err := new(net.Dialer).DialContext(ctx, network, addr)
	if err == nil {
		c.mu.Lock()
		c.conns = append(c.conns, conn)
		c.mu.Unlock()
	}
	return conn, err
}

func (c *cutter) cut() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, conn := range c.conns {
		conn.(*net.TCPConn).SetLinger(0)
		conn.Close()
	}
	c.conns = nil
}

// Lanes that break are replaced, however often.
func TestLanesReturn(t *testing.T) {
	var wires cutter
	cut := loopback
	cut.Dialer = wires.dial
	s, r := openLanes(t, transit.Leader, cut), openLanes(t, transit.Follower, cut)
	p := newParty(r)
	defer p.close(s)
	startBoth(t, s, r)
	// Others may have come before a cut: the first that works counts.
	works := func() *transit.Lane {
		for {
			l := next(t, s)
			if write(l, 7, "here") == nil {
				if typ, _, err := l.Read(); err == nil && typ == 7 {
					return l
				}
			}
			l.Close()
		}
	}
	l := works()
	for range 5 {
		begun := time.Now()
		wires.cut()
		if _, _, err := l.Read(); err == nil {
			t.Fatal("read from a lane that was cut")
		}
		l.Close()
		if took := time.Since(begun); took > time.Second {
			t.Errorf("noticed after %v", took)
		}
		l = works()
		if took := time.Since(begun); took > 5*time.Second {
			t.Errorf("back after %v", took)
		}
	}
}

// One side has no direct path at all.
func TestLanesOneSideHidden(t *testing.T) {
	_, at, _ := startRelay(t)
	hidden := transit.Config{NoDirect: true, Relays: []transit.Relay{at}}
	open := transit.Config{AllowLoopback: true, Relays: []transit.Relay{at}}
	for _, c := range []struct{ s, r transit.Config }{{hidden, open}, {open, hidden}} {
		s, r := openLanes(t, transit.Leader, c.s), openLanes(t, transit.Follower, c.r)
		p := newParty(r)
		startBoth(t, s, r)
		l := next(t, s)
		if l.Path().Kind != transit.RelayTCP {
			t.Errorf("path %v", l.Path())
		}
		echo(t, l, large)
		p.close(s)
	}
}

// A transfer that began over a relay gets a direct lane when there is one.
func TestLanesLateHints(t *testing.T) {
	_, at, _ := startRelay(t)
	both := transit.Config{AllowLoopback: true, Relays: []transit.Relay{at}}
	s, r := openLanes(t, transit.Leader, both), openLanes(t, transit.Follower, both)
	p := newParty(r)
	defer p.close(s)
	s.Start(sessionKey("session"), nil)
	r.Start(sessionKey("session"), nil)
	first := next(t, s)
	if first.Path().Kind != transit.RelayTCP {
		t.Fatalf("path %v", first.Path())
	}
	echo(t, first, "by relay")
	again, seen := r.Refresh()
	s.AddHints(hintsOverWire(t, again), seen)
	second := next(t, s)
	if second.Path().Kind != transit.SameMachine {
		t.Errorf("path %v", second.Path())
	}
	echo(t, second, "directly")
	first.Close()
	echo(t, second, "still")
}

// The relay dies and comes back at the same port.
func TestLanesRelayRestarts(t *testing.T) {
	_, at, stop := startRelay(t)
	cfg := transit.Config{NoDirect: true, Relays: []transit.Relay{{Address: at.Address}}}
	s, r := openLanes(t, transit.Leader, cfg), openLanes(t, transit.Follower, cfg)
	p := newParty(r)
	defer p.close(s)
	startBoth(t, s, r)
	l := next(t, s)
	echo(t, l, "before")
	stop()
	if _, _, err := l.Read(); err == nil {
		t.Error("read from a dead relay")
	}
	l.Close()
	listener, err := net.Listen("tcp", at.Address)
	if err != nil {
		t.Skip("the port was taken: ", err)
	}
	server := relay.New(nil)
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	defer func() {
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		server.Shutdown(ctx)
		<-served
	}()
	echo(t, next(t, s), "after")
}

// The other side's key is another one: no lane, and nothing breaks.
func TestLanesOtherSession(t *testing.T) {
	s, r := openLanes(t, transit.Leader, loopback), openLanes(t, transit.Follower, loopback)
	s.Start(sessionKey("one"), hintsOverWire(t, r.Hints()))
	r.Start(sessionKey("other"), hintsOverWire(t, s.Hints()))
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	if l, err := s.Next(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("%v, %v; want no lane", l, err)
	}
}

func TestLanesClose(t *testing.T) {
	s, r := openLanes(t, transit.Leader, loopback), openLanes(t, transit.Follower, loopback)
	startBoth(t, s, r)
	a := next(t, s)
	waiting := make(chan error, 1)
	go func() {
		for {
			if _, err := s.Next(context.Background()); err != nil {
				waiting <- err
				return
			}
		}
	}()
	var both sync.WaitGroup
	both.Go(func() { s.Close() })
	both.Go(func() { r.Close() })
	both.Wait()
	if err := <-waiting; !errors.Is(err, net.ErrClosed) {
		t.Errorf("Next: %v, want net.ErrClosed", err)
	}
	if typ, _, err := a.Read(); err == nil && typ != record.Final {
		t.Errorf("read %d after Close", typ)
	}
	if err := write(a, 7, "x"); err == nil {
		t.Error("wrote after Close")
	}
	s.AddHints(nil, 0)
	s.Refresh()
	s.Close()
}
