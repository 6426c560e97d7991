package open

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"sync"
	"time"

	"sesame/internal/addr"
	"sesame/internal/sharedport"
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

// A door is a port that is used for one try.
type door struct {
	try    int
	l      *net.TCPListener
	mirror *Mirror // keeps the NAT's port as it is; nil if that was guessed
	ctx    context.Context
	cancel context.CancelFunc
}

func (d *door) port() uint16 { return addr.Of(d.l.Addr()).Port() }

func (d *door) close() {
	d.cancel()
	d.l.Close()
	if d.mirror != nil {
		d.mirror.Close()
	}
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
				c.running.Go(func() { c.connect(door, d.to, d.at) })
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
	config := net.ListenConfig{Control: sharedport.Share}
	config.SetMultipathTCP(false)
	l, err := config.Listen(c.ctx, "tcp4", ":0")
	if err != nil {
		c.over(try)
		return
	}
	d := &door{try: try, l: l.(*net.TCPListener)}
	d.ctx, d.cancel = context.WithCancel(c.ctx)
	outside, err := c.outside(d)
	if err != nil {
		d.close()
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
		return m.prepared(try, outside, time.Now())
	})
	if !taken {
		d.close()
	}
}

var errNotSeen = errors.New("nobody tells what it looks like from outside")

// outside returns what a door looks like from outside.
func (c *crosser) outside(d *door) (netip.AddrPort, error) {
	for _, server := range c.at.STUN[:min(len(c.at.STUN), maxAsked)] {
		m, err := Ask(d.ctx, d.port(), server)
		if err != nil {
			continue
		}
		seen, err := m.Look()
		if err == nil {
			d.mirror = m
			return seen, nil
		}
		m.Close()
	}
	if guess := c.at.Guess(d.port()); guess.IsValid() {
		return guess, nil
	}
	return netip.AddrPort{}, errNotSeen
}

// connect connects from a door at a moment.
func (c *crosser) connect(d *door, to netip.AddrPort, at time.Time) {
	defer c.over(d.try)
	if c.at.Policy().Check(to) != nil {
		return
	}
	ctx, cancel := context.WithDeadline(d.ctx, at.Add(crossTime))
	defer cancel()
	var taking sync.WaitGroup
	defer taking.Wait()
	stop := context.AfterFunc(ctx, func() { d.l.SetDeadline(time.Unix(1, 0)) })
	defer stop()
	taking.Go(func() { // where our NAT lets everybody in
		defer cancel()
		for {
			conn, err := d.l.Accept()
			if err != nil {
				return
			}
			if addr.Of(conn.RemoteAddr()).Addr() == to.Addr() {
				c.give(conn)
				return
			}
			conn.Close()
		}
	})
	timer := time.NewTimer(time.Until(at))
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
		return
	}
	conn, err := Dial(ctx, d.port(), to)
	c.at.Logger.Debug("connecting at the same moment as the other side", "try", d.try, "late", time.Since(at), "error", err)
	if err == nil {
		c.give(conn)
		cancel()
		return
	}
	<-ctx.Done() // the other side's may come in yet
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
