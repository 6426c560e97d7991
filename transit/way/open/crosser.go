package open

import (
	"context"
	"net"
	"net/netip"
	"sync"
	"time"

	"sesame/internal/addr"
	"sesame/transit/way"
)

// crossTime is how long one try to connect lasts: its SYN goes out once. What has failed
// is remembered by routers, so nothing is won by another from the same port.
const crossTime = 900 * time.Millisecond

// A crosser is a crossing with sockets and a clock. Its methods may be called from several
// goroutines.
type crosser struct {
	at       *way.Site
	kick     chan struct{}
	accepted chan net.Conn
	ctx      context.Context
	running  *sync.WaitGroup

	mu     sync.Mutex
	meeter meeter
}

// A meeter is what the lock of a crosser guards.
type meeter struct {
	crossing *crossing
	say      func([]byte)
	door     *door // of the try that is under way; nil before it is prepared
}

// newCrosser returns one that ends with ctx; running gets its goroutines.
func newCrosser(ctx context.Context, at *way.Site, running *sync.WaitGroup) *crosser {
	c := &crosser{at: at, kick: make(chan struct{}, 1), accepted: make(chan net.Conn), ctx: ctx, running: running}
	c.meeter = meeter{crossing: newCrossing(at.Leads, time.Now()), say: func([]byte) {}}
	running.Go(c.run)
	return c
}

// run does what is due.
func (c *crosser) run() {
	for {
		wait := time.Hour
		c.with(func(m *crossing) []deed {
			deeds := m.step(time.Now())
			if at := m.wake(); !at.IsZero() {
				wait = time.Until(at)
			}
			return deeds
		})
		timer := time.NewTimer(wait)
		select {
		case <-c.ctx.Done():
			timer.Stop()
			c.with(func(m *crossing) []deed { return m.seek(false, time.Now()) })
			return
		case <-c.kick:
		case <-timer.C:
		}
		timer.Stop()
	}
}

// with lets the machine take something in, and does what it wants.
func (c *crosser) with(take func(*crossing) []deed) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, d := range take(c.meeter.crossing) {
		if c.ctx.Err() != nil && d.kind != doDrop {
			continue
		}
		switch d.kind {
		case doSay:
			c.meeter.say(d.say)
		case doPrepare:
			c.running.Go(func() { c.prepare(d.try) })
		case doConnect:
			if door := c.meeter.door; door != nil {
				c.running.Go(func() { c.connect(door, d.try, d.to, d.at) })
			}
		case doDrop:
			if c.meeter.door != nil {
				c.meeter.door.close()
				c.meeter.door = nil
			}
		}
	}
}

// talk begins anew over a lane.
func (c *crosser) talk(say func([]byte)) {
	c.with(func(m *crossing) []deed {
		c.meeter.say = say
		deeds := m.ended(m.try, time.Now())
		m.begin(time.Now())
		return deeds
	})
	notify(c.kick)
}

// hear takes what the peer's has said.
func (c *crosser) hear(b []byte, at time.Time) {
	c.with(func(m *crossing) []deed { return m.hear(b, at) })
	notify(c.kick)
}

// seek says whether a lane straight to the peer is wanted.
func (c *crosser) seek(on bool) {
	c.with(func(m *crossing) []deed { return m.seek(on, time.Now()) })
	notify(c.kick)
}

// over notes that a try has come to its end.
func (c *crosser) over(try int) {
	c.with(func(m *crossing) []deed { return m.ended(try, time.Now()) })
	notify(c.kick)
}

// settle returns when no more goroutines begin, after the end of ctx.
func (c *crosser) settle() {
	c.mu.Lock()
	defer c.mu.Unlock()
}

// prepare takes a new port, and finds out what it looks like from outside.
func (c *crosser) prepare(try int) {
	d, err := openDoor(c.ctx, c.at, netip.IPv4Unspecified())
	if err != nil {
		c.at.Logger.Debug("no port to connect from at the same moment", "error", err)
		c.over(try)
		return
	}
	taken := false
	c.with(func(m *crossing) []deed {
		if taken = m.try == try && m.stage == preparing && c.meeter.door == nil; !taken {
			return nil
		}
		c.meeter.door = d
		return m.prepared(try, d.outside, time.Now())
	})
	if !taken {
		d.close()
	}
}

// connect connects from the door of a try at a moment.
func (c *crosser) connect(d *door, try int, to netip.AddrPort, at time.Time) {
	defer c.over(try)
	if c.at.Policy().Check(to) != nil {
		return
	}
	d.meet(c.ctx, to, at, crossTime, c.give)
}

// give hands a connection to who takes them.
func (c *crosser) give(conn net.Conn) {
	select {
	case c.accepted <- conn:
	case <-c.ctx.Done():
		conn.Close()
	}
}

// Accept returns a connection that both sides have made at the same moment.
func (c *crosser) Accept() (net.Conn, way.Path, error) {
	select {
	case conn := <-c.accepted:
		return conn, path(addr.Of(conn.RemoteAddr()), c.at.Own()), nil
	case <-c.ctx.Done():
		return nil, way.Path{}, net.ErrClosed
	}
}
