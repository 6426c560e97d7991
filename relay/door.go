package relay

import (
	"errors"
	"fmt"
	"net"
	"sync"
	"time"

	"sesame/internal/congestion"
	"sesame/relay/source"
)

// A door keeps the listeners and the open connections, and counts the latter
// by their source. The zero value needs init.
type door struct {
	most int

	rate    *source.Limiter[struct{}] // of accepting
	rateFor source.Rate               // of accepting from a source

	mu        sync.Mutex
	closed    bool
	listeners map[net.Listener]struct{}
	clients   map[*client]struct{}
	sources   *source.Tally
}

func (d *door) init(l Limits) {
	d.most = l.Conns
	d.rate = source.NewLimiter[struct{}](4*l.Accepts, time.Second/time.Duration(l.Accepts), 1)
	d.rateFor = source.NewRate(10*l.AcceptsPerSource, time.Second/time.Duration(l.AcceptsPerSource), l.Remembered)
	d.listeners = make(map[net.Listener]struct{})
	d.clients = make(map[*client]struct{})
	d.sources = source.NewTally(l.ConnsPerSource, l.Conns)
}

// A client is an accepted connection. It is a net.Conn that first returns the
// bytes that were read to find out what it is. Closing it gives up its place.
type client struct {
	net.Conn
	source      source.Source
	local       bool // from this machine: from a proxy, perhaps, so no rate fits
	transitOnly bool
	prefix      []byte
	leave       func() // once
}

func (c *client) Read(p []byte) (int, error) {
	if len(c.prefix) > 0 {
		n := copy(p, c.prefix)
		c.prefix = c.prefix[n:]
		return n, nil
	}
	return c.Conn.Read(p)
}

func (c *client) Close() error {
	err := c.Conn.Close()
	c.leave()
	return err
}

// serve accepts connections from l until Shutdown.
func (s *Server) serve(l net.Listener, transitOnly bool) error {
	defer l.Close()
	if !s.door.open(l, &s.wg) {
		return errors.New("relay: the server has been shut down")
	}
	defer s.wg.Done()
	defer s.door.forget(l)
	s.start.Do(func() {
		s.wg.Add(1)
		go s.housekeeping()
		s.wg.Go(func() { s.http.Serve(s.queue) })
		if s.stun != nil {
			s.wg.Go(s.serveSTUN)
		}
	})
	var pause time.Duration
	for {
		conn, err := l.Accept()
		switch {
		case err == nil:
			pause = 0
			s.admit(conn, transitOnly)
			continue
		case s.stopping():
			return nil
		case errors.Is(err, net.ErrClosed):
			return fmt.Errorf("relay: accept: %w", err)
		}
		// Too many open files, for one, is a normal event that passes.
		pause = min(max(2*pause, 5*time.Millisecond), time.Second)
		s.log.Warn("can't accept a connection", "error", err, "pause", pause)
		select {
		case <-time.After(pause):
		case <-s.stop:
			return nil
		}
	}
}

func (s *Server) stopping() bool {
	select {
	case <-s.stop:
		return true
	default:
		return false
	}
}

// admit starts serving a connection, or cuts it if there are too many. A reset
// costs least, and says that it wasn't the client's fault.
func (s *Server) admit(conn net.Conn, transitOnly bool) {
	c := &client{Conn: conn, transitOnly: transitOnly}
	c.source, c.local = source.Of(conn.RemoteAddr(), s.near)
	c.leave = sync.OnceFunc(func() {
		s.door.remove(c)
		s.wg.Done()
	})
	if !s.door.admit(c, &s.wg, time.Now()) {
		if t, ok := conn.(*net.TCPConn); ok {
			t.SetLinger(0)
		}
		conn.Close()
		s.log.Debug("refused a connection: too many are open or came at once")
		return
	}
	if t, ok := conn.(*net.TCPConn); ok {
		t.SetKeepAliveConfig(net.KeepAliveConfig{Enable: true, Idle: 30 * time.Second, Interval: 15 * time.Second, Count: 6})
		congestion.Ask(t) // data leaves by it, and the line to a receiver may lose packets
		tune(t, s.limits.PairStall)
	}
	go func() {
		defer s.wg.Done()
		s.greet(c)
	}()
}

// open counts a listener in, and its Serve in wg, unless the door is shut.
func (d *door) open(l net.Listener, wg *sync.WaitGroup) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if !d.closed {
		wg.Add(1)
		d.listeners[l] = struct{}{}
	}
	return !d.closed
}

func (d *door) forget(l net.Listener) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.listeners, l)
}

// admit counts c in, unless that would be too many. In wg it counts the
// connection and the goroutine that greets it.
func (d *door) admit(c *client, wg *sync.WaitGroup, now time.Time) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed || len(d.clients) >= d.most || !d.sources.Room(c.source) {
		return false
	}
	// The source's own rate comes first: one source can't use up everybody's.
	if !c.local && (!d.rateFor.Allow(c.source, now) || !d.rate.Allow(struct{}{}, now)) {
		return false
	}
	wg.Add(2)
	d.clients[c] = struct{}{}
	d.sources.Add(c.source, 1)
	return true
}

func (d *door) remove(c *client) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.clients, c)
	d.sources.Add(c.source, -1)
}

// shut closes stop and then the listeners, for good. It reports false if it
// had been called.
func (d *door) shut(stop chan struct{}) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed {
		return false
	}
	d.closed = true
	close(stop)
	for l := range d.listeners {
		l.Close()
	}
	return true
}

// killAll closes every connection.
func (d *door) killAll() {
	d.mu.Lock()
	all := make([]*client, 0, len(d.clients))
	for c := range d.clients {
		all = append(all, c)
	}
	d.mu.Unlock()
	for _, c := range all {
		c.Close()
	}
}

// A connQueue is a net.Listener that hands connections to the HTTP server.
type connQueue struct {
	conns chan net.Conn
	done  chan struct{}
	once  sync.Once
}

func newConnQueue() *connQueue {
	return &connQueue{conns: make(chan net.Conn), done: make(chan struct{})}
}

func (q *connQueue) put(c net.Conn) {
	select {
	case q.conns <- c:
	case <-q.done:
		c.Close()
	}
}

func (q *connQueue) Accept() (net.Conn, error) {
	select {
	case c := <-q.conns:
		return c, nil
	case <-q.done:
		return nil, net.ErrClosed
	}
}

func (q *connQueue) Close() error {
	q.once.Do(func() { close(q.done) })
	return nil
}

func (q *connQueue) Addr() net.Addr { return &net.TCPAddr{} }
