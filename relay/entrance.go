package relay

import (
	"net"
	"net/netip"
	"sync"
	"time"

	"sesame/relay/door"
	"sesame/relay/source"
)

// An entrance keeps the listeners and the open connections, with the rules of the door
// under its lock. It may be used concurrently.
type entrance struct {
	mu        sync.Mutex
	closed    bool
	listeners map[net.Listener]struct{}
	clients   map[*client]struct{}
	door      *door.Door
}

func newEntrance(l Limits) *entrance {
	return &entrance{
		listeners: make(map[net.Listener]struct{}),
		clients:   make(map[*client]struct{}),
		door:      door.New(doorLimits(l)),
	}
}

func doorLimits(l Limits) door.Limits {
	return door.Limits{
		Conns: l.Conns, ConnsPerSource: l.ConnsPerSource,
		Accepts: l.Accepts, AcceptsPerSource: l.AcceptsPerSource,
		Remembered: l.Remembered, IdleTime: l.IdleTime,
	}
}

func (d *entrance) resize(l Limits) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.door.Resize(doorLimits(l))
}

// A client is an accepted connection. It is a net.Conn that first returns the
// bytes that were read to find out what it is. Closing it gives up its place.
type client struct {
	net.Conn
	guest       door.Guest
	used        door.Use // that was said last
	transitOnly bool
	proxy       bool           // a proxy has made it that the operator has listed
	told        bool           // the proxy has said for whom, once and for all
	from        netip.AddrPort // for whom
	prefix      []byte
	at          *entrance
	leave       func() // once
	cork        cork
}

func (c *client) Write(p []byte) (int, error) { return c.cork.write(c.Conn, p) }

// source returns whom the client counts for.
func (c *client) source() source.Source { return c.guest.Source }

// uses says what the client is used for from now on. One goroutine at a time says so.
func (c *client) uses(u door.Use) {
	if c.used != u {
		c.used = u
		c.at.uses(c, u, time.Now())
	}
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

// reset closes a connection at once, which costs least and says that it wasn't the
// client's fault.
func reset(conn net.Conn) {
	if t, ok := conn.(*net.TCPConn); ok {
		t.SetLinger(0)
	}
	conn.Close()
}

// open counts a listener in, and its Serve in wg, unless the door is shut.
func (d *entrance) open(l net.Listener, wg *sync.WaitGroup) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if !d.closed {
		wg.Add(1)
		d.listeners[l] = struct{}{}
	}
	return !d.closed
}

func (d *entrance) forget(l net.Listener) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.listeners, l)
}

// admit counts c in, unless that would be too many. In wg it counts the
// connection and the goroutine that greets it. Who had to make room is cut.
func (d *entrance) admit(c *client, wg *sync.WaitGroup, now time.Time) door.Why {
	why, gone := d.tryAdmit(c, wg, now)
	if gone != nil {
		gone.Cut()
	}
	return why
}

func (d *entrance) tryAdmit(c *client, wg *sync.WaitGroup, now time.Time) (why door.Why, gone *door.Guest) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed {
		return door.Full, nil
	}
	if why, gone = d.door.Admit(&c.guest, now); why == door.Welcome {
		wg.Add(2)
		d.clients[c] = struct{}{}
	}
	return why, gone
}

func (d *entrance) uses(c *client, u door.Use, now time.Time) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.door.Uses(&c.guest, u, now)
}

// identify says for whom c speaks. If it isn't welcome it has lost its place.
func (d *entrance) identify(c *client, s source.Source, now time.Time) door.Why {
	d.mu.Lock()
	why, gone := d.door.Identify(&c.guest, s, now)
	d.mu.Unlock()
	if gone != nil {
		gone.Cut()
	}
	return why
}

func (d *entrance) remove(c *client) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.clients, c)
	d.door.Leave(&c.guest)
}

// sums returns who has come so far.
func (d *entrance) sums() door.Sums {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.door.Sums()
}

// tidy sends clients away that do nothing, if there is need, and returns how many.
func (d *entrance) tidy(now time.Time) int {
	d.mu.Lock()
	gone := d.door.Tick(now)
	d.mu.Unlock()
	for _, g := range gone {
		g.Cut()
	}
	return len(gone)
}

// shut closes stop and then the listeners, for good. It reports false if it
// had been called.
func (d *entrance) shut(stop chan struct{}) bool {
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
func (d *entrance) killAll() {
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
