package line

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"net"
	"net/netip"
	"sync"
	"time"

	"sesame/internal/tokens"
)

// Config says what a Port may do. Its functions are called by the Port's goroutine, and
// must return soon.
type Config struct {
	// Known reports whether the peer was at an address lately: hellos from elsewhere
	// aren't looked at.
	Known func(netip.AddrPort) bool
	// Allow reports whether packets may be sent to an address at which the peer seems to
	// be after it has moved.
	Allow func(netip.AddrPort) bool
}

// A Port is connections over one UDP socket, which others use as well: packets that
// aren't its own are for ReadFrom. Its methods may be called from several goroutines.
type Port struct {
	cfg    Config
	socket *socket
	table  *table
	begun  time.Time
	hellos tokens.Shared

	accepted chan *Conn
	others   chan stray
	closing  chan struct{}
	once     sync.Once
	reading  sync.WaitGroup
	running  sync.WaitGroup
	failed   chan struct{} // closed when nothing is received any more
}

// A stray is a packet that isn't ours.
type stray struct {
	b    []byte
	from netip.AddrPort
}

const (
	// maxStrays is how many such packets wait to be read, and maxStray how long one
	// may be: what else uses the socket, STUN, has 548 bytes.
	maxStrays = 64
	maxStray  = 2048
	// maxFailures is how many reads in a row may fail.
	maxFailures = 100
)

// New returns a Port that begins to receive at once, and takes connections after Start.
// The socket belongs to it.
func New(udp *net.UDPConn, cfg Config) *Port {
	p := &Port{
		cfg: cfg, socket: newSocket(udp), table: newTable(), begun: time.Now(),
		accepted: make(chan *Conn, maxConns), others: make(chan stray, maxStrays),
		closing: make(chan struct{}), failed: make(chan struct{}),
	}
	p.reading.Go(p.read)
	return p
}

// now is the time that machines have. It is never zero.
func (p *Port) now() time.Duration { return time.Since(p.begun) + 1 }

// Start takes the key that both sides of the session have, 32 bytes, the same at both.
func (p *Port) Start(key []byte) { p.table.start(key) }

// Dial makes a connection to whoever is at an address and has the key. ctx bounds the
// call only.
func (p *Port) Dial(ctx context.Context, to netip.AddrPort) (*Conn, error) {
	call, h, key, ok := p.table.call()
	if !ok {
		return nil, net.ErrClosed
	}
	defer p.table.hangUp(h.from)
	defer clear(key)
	var sent [helloTries]time.Duration
	again := time.NewTicker(helloPause)
	defer again.Stop()
	for h.try = range byte(helloTries) {
		sent[h.try] = p.now()
		p.WriteTo(h.packet(key), to)
		select {
		case a := <-call.reply:
			rtt := a.at - sent[0]
			if int(a.reply.try) <= int(h.try) {
				rtt = a.at - sent[a.reply.try]
			}
			return p.begin(opening{id: h.from, peer: a.reply.from, to: plain(to), rtt: rtt, end: newEnd(key, true, h.nonce, a.reply.nonce)})
		case <-again.C:
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-p.closing:
			return nil, net.ErrClosed
		}
	}
	return nil, errNobody
}

var errNobody = errors.New("line: nobody answers")

// An opening is what a connection begins with.
type opening struct {
	id, peer uint32
	to       netip.AddrPort
	rtt      time.Duration
	end      end
	half     *half // if the peer has dialled
}

// begin starts a connection.
func (p *Port) begin(o opening) (*Conn, error) {
	c := newConn(p, o)
	if !p.table.add(c, func() { p.running.Go(c.run) }) {
		return nil, net.ErrClosed
	}
	return c, nil
}

// seed returns one for chance that matters little.
func seed() uint64 {
	var b [8]byte
	rand.Read(b[:])
	return binary.BigEndian.Uint64(b[:])
}

// Accept returns the next connection that the peer has made and that was heard of
// since. It fails with net.ErrClosed after Close.
func (p *Port) Accept() (*Conn, error) {
	select {
	case c := <-p.accepted:
		return c, nil
	case <-p.closing:
		return nil, net.ErrClosed
	}
}

// ReadFrom returns the next packet that isn't the Port's, as long as ctx lives. After
// another error nothing is received any more.
func (p *Port) ReadFrom(ctx context.Context, b []byte) (n int, from netip.AddrPort, err error) {
	select {
	case s := <-p.others:
		return copy(b, s.b), s.from, nil
	case <-ctx.Done():
		return 0, from, ctx.Err()
	case <-p.failed:
		return 0, from, net.ErrClosed
	}
}

// WriteTo sends a packet that isn't the Port's. One that can't be sent is like one that
// got lost.
func (p *Port) WriteTo(b []byte, to netip.AddrPort) { p.socket.send(b, len(b), plain(to)) }

// Close ends all connections, and returns when nothing is left running.
func (p *Port) Close() error {
	p.once.Do(func() { close(p.closing) })
	for _, c := range p.table.close() {
		c.Close()
	}
	p.running.Wait()
	err := p.socket.close()
	p.reading.Wait()
	return err
}

// read takes what comes, until the socket is closed. Other errors are of one packet on
// some systems, and pass; not if there are many of them.
func (p *Port) read() {
	defer close(p.failed)
	for failures := 0; ; {
		got, err := p.socket.receive()
		if failures++; errors.Is(err, net.ErrClosed) || err != nil && failures > maxFailures {
			return
		} else if err != nil {
			continue
		}
		failures = 0
		now := p.now()
		var c *Conn // that is locked
		for b := range got.packets {
			c = p.take(now, c, b, got.from)
		}
		if c != nil {
			c.release(now)
		}
	}
}

// take takes one packet. Held is the connection that is locked, or nil; so is what it
// returns.
func (p *Port) take(now time.Duration, held *Conn, b []byte, from netip.AddrPort) *Conn {
	if len(b) == 0 {
		return held
	}
	switch b[0] {
	case typeData:
		id, ok := addressee(b)
		if !ok {
			return held
		}
		if held == nil || held.id != id {
			if held != nil {
				held.release(now)
			}
			if held = p.lock(now, id, b, from); held == nil {
				return nil
			}
		}
		held.receive(now, b, from)
	case typeHello:
		if len(b) == helloSize && p.cfg.Known(from) && p.hellos.Allow(time.Second/helloRate, time.Second, now) {
			if reply := p.table.greet(b, now); reply != nil {
				p.WriteTo(reply, from)
			}
		}
	case typeReply:
		p.table.answer(b, now)
	default:
		if len(b) <= maxStray {
			select {
			case p.others <- stray{append([]byte(nil), b...), from}:
			default: // who reads is too slow
			}
		}
	}
	return held
}

// lock returns the connection with an ID, locked; nil if there is none. It makes one of
// what was only greeted, if the packet shows that the peer is there.
func (p *Port) lock(now time.Duration, id uint32, b []byte, from netip.AddrPort) *Conn {
	c, h := p.table.find(id)
	if h != nil {
		if _, _, ok := h.end.in.open(append([]byte(nil), b...)); !ok {
			return nil
		}
		var err error
		o := opening{id: id, peer: h.hello.from, to: plain(from), rtt: now - h.at, end: h.end, half: h}
		if c, err = p.begin(o); err != nil {
			return nil
		}
		select {
		case p.accepted <- c:
		default: // nobody takes them
			c.Close()
		}
	}
	if c != nil {
		c.mu.Lock()
	}
	return c
}
