package line

import (
	"crypto/rand"
	"encoding/binary"
	"net/netip"
	"slices"
	"sync"
	"time"
)

// A table is what is known at a socket, by ID: connections, those that have been
// greeted and haven't proven yet that they are there now, and hellos that wait for a
// reply. It may be used by several goroutines.
type table struct {
	mu    sync.Mutex
	key   []byte // nil before there is a session
	conns map[uint32]*Conn
	halfs []*half
	calls map[uint32]*call
	shut  bool
}

// A half is a connection that somebody else has begun. Its hello may be an old one.
type half struct {
	hello hello
	reply reply
	end   end
	at    time.Duration // of the first reply
}

// A call is a hello that waits for its reply.
type call struct {
	nonce nonce
	reply chan answered
}

// An answered call has its reply.
type answered struct {
	reply reply
	at    time.Duration
}

func newTable() *table { return &table{conns: map[uint32]*Conn{}, calls: map[uint32]*call{}} }

// start takes the session's key.
func (t *table) start(key []byte) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.key = slices.Clone(key)
}

// id returns one that isn't in use.
func (t *table) id() uint32 {
	var b [4]byte
	for {
		rand.Read(b[:])
		id := binary.BigEndian.Uint32(b[:])
		taken := func(h *half) bool { return h.reply.from == id }
		if t.conns[id] == nil && t.calls[id] == nil && !slices.ContainsFunc(t.halfs, taken) {
			return id
		}
	}
}

// call begins a call, and returns its hello and the key. It reports false if there is
// no session, or nothing more is to begin.
func (t *table) call() (c *call, h hello, key []byte, ok bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.key == nil || t.shut {
		return nil, h, nil, false
	}
	c = &call{reply: make(chan answered, 1)}
	rand.Read(c.nonce[:])
	h = hello{from: t.id(), nonce: c.nonce}
	t.calls[h.from] = c
	return c, h, slices.Clone(t.key), true
}

// hangUp ends a call that has no connection.
func (t *table) hangUp(id uint32) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.calls, id)
}

// answer takes a reply.
func (t *table) answer(b []byte, now time.Duration) {
	id, _ := addressee(b)
	t.mu.Lock()
	defer t.mu.Unlock()
	c := t.calls[id]
	if c == nil {
		return
	}
	if r, ok := readReply(b, t.key, c.nonce); ok {
		select {
		case c.reply <- answered{r, now}:
		default: // it has one
		}
	}
}

// greet takes a hello, and returns the packet that answers it; nil if it isn't the
// peer's or there are too many. The same hello has the same answer and makes nothing
// new.
func (t *table) greet(b []byte, now time.Duration) []byte {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.key == nil || t.shut {
		return nil
	}
	h, ok := readHello(b, t.key)
	if !ok {
		return nil
	}
	r, known := t.known(h)
	if !known {
		t.halfs = slices.DeleteFunc(t.halfs, func(o *half) bool { return now-o.at > halfTime })
		if len(t.halfs) >= maxHalf {
			t.halfs = t.halfs[1:]
		}
		if len(t.conns)+len(t.halfs) >= maxConns {
			return nil
		}
		r = reply{to: h.from, from: t.id()}
		rand.Read(r.nonce[:])
		t.halfs = append(t.halfs, &half{hello: h, reply: r, end: newEnd(t.key, false, h.nonce, r.nonce), at: now})
	}
	r.try = h.try
	return r.packet(t.key, h.nonce)
}

// known returns the reply to a hello that has come before.
func (t *table) known(h hello) (reply, bool) {
	for _, o := range t.halfs {
		if o.hello.nonce == h.nonce {
			return o.reply, true
		}
	}
	for _, c := range t.conns {
		if c.half != nil && c.half.hello.nonce == h.nonce {
			return c.half.reply, true
		}
	}
	return reply{}, false
}

// find returns the connection, or else what there is of one, that has an ID.
func (t *table) find(id uint32) (*Conn, *half) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if c := t.conns[id]; c != nil {
		return c, nil
	}
	if i := slices.IndexFunc(t.halfs, func(h *half) bool { return h.reply.from == id }); i >= 0 {
		return nil, t.halfs[i]
	}
	return nil, nil
}

// add adds a connection in place of a call or a half, and has it begin before close can
// return. It reports false if nothing more is to begin.
func (t *table) add(c *Conn, begin func()) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.calls, c.id)
	t.halfs = slices.DeleteFunc(t.halfs, func(h *half) bool { return h == c.half })
	if t.shut {
		return false
	}
	t.conns[c.id] = c
	begin()
	return true
}

// remove removes a connection that is over.
func (t *table) remove(c *Conn) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.conns, c.id)
}

// close lets nothing more begin, and returns the connections.
func (t *table) close() (all []*Conn) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.shut = true
	clear(t.key)
	t.halfs = nil
	for _, c := range t.conns {
		all = append(all, c)
	}
	return all
}

// plain returns an address as sockets want it.
func plain(a netip.AddrPort) netip.AddrPort { return netip.AddrPortFrom(a.Addr().Unmap(), a.Port()) }
