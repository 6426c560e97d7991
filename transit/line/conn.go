package line

import (
	"errors"
	"net"
	"net/netip"
	"os"
	"sync"
	"time"
)

// A Conn is an ordered stream of bytes in each direction. One goroutine may read, one
// may write, and all other methods may be called at any time.
type Conn struct {
	port *Port
	id   uint32
	half *half // nil if this side has dialled
	out  sender
	in   *direction // used by who receives
	own  []byte     // see Binding
	over chan struct{}
	kick chan struct{} // capacity 1: the sender has to look

	mu      sync.Mutex
	state   state
	changed sync.Cond // something in state that a caller may wait for
}

// A state is what a Conn's lock guards.
type state struct {
	machine *machine
	to      netip.AddrPort // where the peer is
	aside   netip.AddrPort // where it may be
	asleep  time.Duration  // until when the sender doesn't look
	read    time.Time      // deadlines; zero is none
	write   time.Time
	closed  bool // by Close
}

func newConn(p *Port, o opening) *Conn {
	now := p.now()
	c := &Conn{
		port: p, id: o.id, half: o.half, out: sender{peer: o.peer, keys: o.end.out}, in: o.end.in, own: o.end.binding,
		over: make(chan struct{}), kick: make(chan struct{}, 1),
		state: state{to: o.to, machine: newMachine(setting{now: now, rtt: max(o.rtt, time.Microsecond), seed: seed(), larger: p.socket.whole})},
	}
	c.changed.L = &c.mu
	if o.half == nil {
		c.state.machine.urgent = 1 // the acceptor waits for a word
	}
	return c
}

// receive takes a packet. The Conn is locked.
func (c *Conn) receive(now time.Duration, b []byte, from netip.AddrPort) {
	number, plaintext, ok := c.in.open(b)
	if !ok {
		return
	}
	s := &c.state
	from = plain(from)
	if newest, err := s.machine.handle(now, number, plaintext); err == nil && newest {
		if from != s.to && c.port.cfg.Allow(from) {
			s.follow(now, from)
		}
	}
	if s.machine.moved() && from == s.aside { // else somebody has passed the question on
		if s.aside.Addr() != s.to.Addr() {
			s.machine.elsewhere(now, seed())
		}
		s.to = s.aside
	}
}

// follow asks the peer whether it is at another address, once in a while.
func (s *state) follow(now time.Duration, to netip.AddrPort) {
	if s.machine.ask(now, newToken()) {
		s.aside = to
	}
}

// release unlocks the Conn after receive, and wakes who waits for what has come.
func (c *Conn) release(now time.Duration) {
	s := &c.state
	look := s.machine.wake(now) < s.asleep
	if s.machine.readable() || s.machine.roomy() || s.machine.flushed() {
		c.changed.Broadcast()
	}
	c.mu.Unlock()
	if look {
		c.look()
	}
}

// look has the sender look whether there is something to send.
func (c *Conn) look() {
	select {
	case c.kick <- struct{}{}:
	default:
	}
}

// SlowStart reports whether it still finds out how much the line carries.
func (c *Conn) SlowStart() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return !c.state.machine.ctl.start.filled
}

// Read reads what the peer has written. It returns io.EOF when the peer has finished.
func (c *Conn) Read(p []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for {
		m := c.state.machine
		if c.state.closed {
			return 0, net.ErrClosed
		}
		n, err := m.read(p)
		if n > 0 && m.acks.must {
			c.look()
		}
		if n > 0 || err != nil || len(p) == 0 {
			return n, err
		}
		if passed(c.state.read) {
			return 0, os.ErrDeadlineExceeded
		}
		c.changed.Wait()
	}
}

// Write returns when all was taken over, which isn't when it has arrived.
func (c *Conn) Write(p []byte) (n int, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for len(p) > 0 {
		switch m := c.state.machine; {
		case c.state.closed || m.out.ended:
			return n, net.ErrClosed
		case m.err != nil:
			return n, m.err
		case passed(c.state.write):
			return n, os.ErrDeadlineExceeded
		default:
			k := m.write(p)
			n, p = n+k, p[k:]
			if k > 0 {
				c.look()
			} else {
				c.changed.Wait()
			}
		}
	}
	return n, nil
}

// finishTime bounds how long Finish waits for the other end.
const finishTime = 2 * time.Second

// Finish ends the connection when both ends have all that was written, or after two
// seconds. No Write may be under way, and none may follow; what comes is thrown away.
func (c *Conn) Finish() {
	end := time.Now().Add(finishTime)
	defer time.AfterFunc(finishTime, c.wake).Stop()
	c.mu.Lock()
	m := c.state.machine
	m.finish()
	c.look()
	for !c.state.closed && m.err == nil && !passed(end) {
		if m.drop(); m.flushed() && m.in.complete() {
			break
		}
		c.look() // there may be a window to tell
		c.changed.Wait()
	}
	if m.in.complete() {
		m.close(closeDone)
	}
	c.mu.Unlock()
	c.Close()
}

// Close ends the connection at once. What was written last may be lost.
func (c *Conn) Close() error {
	c.mu.Lock()
	c.state.closed = true
	c.state.machine.close(closeAbort)
	c.changed.Broadcast()
	c.mu.Unlock()
	c.look()
	return nil
}

// Over returns a channel that is closed when the connection is over, whoever has ended
// it.
func (c *Conn) Over() <-chan struct{} { return c.over }

// Binding returns 32 bytes that both ends know and nobody else. They mustn't be changed.
func (c *Conn) Binding() []byte { return c.own }

// LocalAddr returns the address of the socket.
func (c *Conn) LocalAddr() net.Addr { return c.port.socket.udp.LocalAddr() }

// RemoteAddr returns where the peer is now.
func (c *Conn) RemoteAddr() net.Addr {
	c.mu.Lock()
	defer c.mu.Unlock()
	return net.UDPAddrFromAddrPort(c.state.to)
}

// SetDeadline is SetReadDeadline and SetWriteDeadline.
func (c *Conn) SetDeadline(t time.Time) error {
	return errors.Join(c.SetReadDeadline(t), c.SetWriteDeadline(t))
}

// SetReadDeadline has calls of Read fail with os.ErrDeadlineExceeded after t; never if t
// is zero.
func (c *Conn) SetReadDeadline(t time.Time) error { return c.deadline(&c.state.read, t) }

// SetWriteDeadline is the same for Write.
func (c *Conn) SetWriteDeadline(t time.Time) error { return c.deadline(&c.state.write, t) }

func (c *Conn) deadline(at *time.Time, t time.Time) error {
	c.mu.Lock()
	*at = t
	c.mu.Unlock()
	if c.wake(); !t.IsZero() {
		time.AfterFunc(time.Until(t), c.wake)
	}
	return nil
}

// wake has calls that wait look again.
func (c *Conn) wake() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.changed.Broadcast()
}

func passed(deadline time.Time) bool { return !deadline.IsZero() && !time.Now().Before(deadline) }
