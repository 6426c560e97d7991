package line

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/netip"
	"runtime"
	"sync"
	"testing"
	"time"
)

// FuzzHandle fails if what a peer that has the keys puts into a packet makes a panic,
// or has us keep more than we may.
func FuzzHandle(f *testing.F) {
	f.Add(uint64(1), ackOf(ack{top: 3, window: 1 << 20}, 2, 0))
	f.Add(uint64(9), []byte{frameData, 0, 0, 0, 0, 0, 1, 0, 1, 9, frameFin, 0, 0, 0, 0, 0, 2, framePing})
	f.Add(uint64(1<<48-1), []byte{frameChallenge, 1, 2, 3, 4, 5, 6, 7, 8, frameResponse, 1, 2, 3, 4, 5, 6, 7, 8})
	f.Add(uint64(2), []byte{frameClose, 0})
	f.Fuzz(func(t *testing.T, number uint64, b []byte) {
		m := sentBy(5)
		buf := make([]byte, largest)
		for i := range 3 {
			now := time.Duration(i+2) * time.Millisecond
			m.handle(now, (number+uint64(i))&(1<<48-1), b)
			m.next(now, 0, buf)
			m.tick(m.wake(now))
			m.read(buf)
		}
		if len(m.in.ring.b) > window || m.out.held() > maxHeld || m.flight.flying < 0 {
			t.Fatalf("%d bytes of the peer, %d of ours, %d under way", len(m.in.ring.b), m.out.held(), m.flight.flying)
		}
	})
}

// FuzzPacket fails if bytes from the network make a panic, or count without the key.
func FuzzPacket(f *testing.F) {
	f.Add(hello{from: 1, nonce: nonce{2}}.packet([]byte("another key")))
	f.Add(reply{to: 1, from: 2}.packet([]byte("another key"), nonce{2}))
	f.Add(append([]byte{typeData, 0, 0, 0, 1, 0, 0, 0, 0, 0, 1}, make([]byte, 40)...))
	f.Fuzz(func(t *testing.T, b []byte) {
		table := newTable()
		table.start(sessionKey)
		if table.greet(b, 1) != nil || len(table.halfs) > 0 {
			t.Fatal("a hello without the key is answered")
		}
		if _, ok := readReply(b, sessionKey, nonce{2}); ok {
			t.Fatal("a reply without the key is taken")
		}
		table.answer(b, 1)
		addressee(b)
		e := newEnd(sessionKey, true, nonce{1}, nonce{2})
		if _, _, ok := e.in.open(bytes.Clone(b)); ok {
			t.Fatal("a packet without the key is opened")
		}
	})
}

// FuzzACK fails if what is read of an ACK isn't what was written.
func FuzzACK(f *testing.F) {
	f.Add(uint64(100), []byte{1, 2, 3, 4})
	f.Add(uint64(70000), []byte{0, 0, 0, 9, 9, 9})
	f.Fuzz(func(t *testing.T, from uint64, gaps []byte) {
		a := newAcker()
		from &= 1<<40 - 1
		n := from
		var all []uint64
		for _, gap := range gaps[:min(len(gaps), 200)] {
			n += 1 + uint64(gap)
			a.note(1, n)
			all = append(all, n)
		}
		buf := make([]byte, largest)
		size := a.put(2, 77, buf)
		if len(all) == 0 {
			return
		}
		fr, rest, err := cut(buf[:size])
		if err != nil || len(rest) > 0 || fr.ack.window != 77 || fr.ack.top != n {
			t.Fatalf("%+v, %v", fr.ack, err)
		}
		var got set
		fr.ack.each(func(s span) { got.add(s.lo, s.hi) })
		count := uint64(0)
		for _, s := range got {
			count += s.hi - s.lo
		}
		for _, n := range all {
			if !got.has(n, n+1) {
				t.Fatalf("%d is missing", n)
			}
		}
		if count != uint64(len(all)) {
			t.Fatalf("%d numbers, want %d", count, len(all))
		}
	})
}

// Fails if hellos, of strangers or heard before, have us answer more than we are sent,
// make connections, or keep the peer out.
func TestHellos(t *testing.T) {
	a, b := pair(t)
	c, _ := connect(t, a, b)
	c.Close()
	mouth, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	defer mouth.Close()
	before, sent := runtime.NumGoroutine(), 0
	for n := range 500 {
		h := hello{from: 1, nonce: nonce{byte(n), byte(n >> 8)}, try: byte(n)}
		key := []byte("another key")
		if n%2 == 0 {
			key = sessionKey // as if it were heard and said again
		}
		p := h.packet(key)
		if n%5 == 0 {
			p = p[:700]
		}
		k, err := mouth.WriteToUDPAddrPort(p, b.address())
		if err != nil {
			t.Fatal(err)
		}
		sent += k
	}
	got, buf := 0, make([]byte, 2000)
	for {
		mouth.SetReadDeadline(time.Now().Add(300 * time.Millisecond))
		n, err := mouth.Read(buf)
		if err != nil {
			break
		}
		if n > replySize {
			t.Errorf("an answer of %d bytes", n)
		}
		got += n
	}
	if got == 0 || got > sent/20 {
		t.Errorf("%d bytes came back for %d", got, sent)
	}
	b.table.mu.Lock()
	halfs, conns := len(b.table.halfs), len(b.table.conns)
	b.table.mu.Unlock()
	if halfs > maxHalf || conns > 1 || runtime.NumGoroutine() > before+5 {
		t.Errorf("%d greeted, %d connections, %d goroutines of %d", halfs, conns, runtime.NumGoroutine(), before)
	}
	select {
	case c := <-b.accepted:
		if c.half == nil || c.half.hello.nonce[2] == 0 {
			t.Error("a connection of somebody who wasn't heard of again")
		}
	default:
	}
	d, e := connect(t, a, b)
	d.Write([]byte("hello"))
	if _, err := io.ReadFull(e, make([]byte, 5)); err != nil {
		t.Error(err)
	}
}

// Fails if the same hello, said twice, makes two connections.
func TestSameHello(t *testing.T) {
	table := newTable()
	table.start(sessionKey)
	h := hello{from: 1, nonce: nonce{1}}
	first, again := table.greet(h.packet(sessionKey), 1), table.greet(h.packet(sessionKey), 2)
	if !bytes.Equal(first, again) || len(table.halfs) != 1 {
		t.Errorf("%d connections of one hello", len(table.halfs))
	}
	h.try = 3
	r, ok := readReply(table.greet(h.packet(sessionKey), 3), sessionKey, h.nonce)
	if !ok || r.try != 3 || len(table.halfs) != 1 {
		t.Errorf("another try: %+v, %d connections", r, len(table.halfs))
	}
}

// Fails if a connection breaks when one end gets another address in the middle of it,
// as by a NAT that forgets; or if who sends its packets on from elsewhere gets what is
// meant for the peer.
func TestMoves(t *testing.T) {
	a, b := pair(t)
	n := newTranslator(t, b.address())
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	d, err := a.Dial(ctx, n.inside())
	if err != nil {
		t.Fatal(err)
	}
	c, err := b.Accept()
	if err != nil {
		t.Fatal(err)
	}
	content := random(8<<20, 1)
	got := make(chan []byte, 1)
	go func() {
		all, _ := io.ReadAll(io.LimitReader(d, int64(len(content))))
		got <- all
	}()
	go func() { // the end that isn't translated sends; what moves says little
		c.Write(content[:2<<20])
		n.forget(t)
		d.Write([]byte("x"))
		c.Write(content[2<<20:])
	}()
	select {
	case all := <-got:
		if !bytes.Equal(all, content) {
			t.Errorf("%d bytes arrived", len(all))
		}
	case <-time.After(30 * time.Second):
		t.Fatal("it stands still")
	}
	if at := addrOf(c.RemoteAddr()); at != n.outside() {
		t.Errorf("the peer is at %v, want %v", at, n.outside())
	}

	before := addrOf(c.RemoteAddr())
	elsewhere, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	defer elsewhere.Close()
	n.divert(elsewhere) // the next packet comes from there, and no answer returns
	d.Write([]byte("y"))
	io.ReadFull(c, make([]byte, 2))
	c.Write(make([]byte, 1<<20))
	if _, err := io.ReadFull(d, make([]byte, 1<<20)); err != nil || addrOf(c.RemoteAddr()) != before {
		t.Errorf("a packet that was sent on moves the peer to %v, %v", c.RemoteAddr(), err)
	}

	asked := make(chan struct{}, 1)
	go func() { // what asks there is passed on to the peer, which answers it
		b := make([]byte, 1<<16)
		for {
			k, _, err := elsewhere.ReadFromUDPAddrPort(b)
			if err != nil {
				return
			}
			n.divert(nil) // the answer goes its own way
			n.in.WriteToUDPAddrPort(b[:k], n.peer())
			select {
			case asked <- struct{}{}:
			default:
			}
		}
	}()
	for waiting := true; waiting; { // until it may ask again
		n.divert(elsewhere)
		d.Write([]byte("z"))
		select {
		case <-asked:
			waiting = false
		case <-time.After(5 * challengePause):
		}
	}
	for range 100 { // in which the answer comes
		d.Write([]byte("z"))
		if _, err := io.ReadFull(c, make([]byte, 1)); err != nil || addrOf(c.RemoteAddr()) != before {
			t.Fatalf("a question that was passed on moves the peer to %v, %v", c.RemoteAddr(), err)
		}
	}
}

func addrOf(a net.Addr) netip.AddrPort { return a.(*net.UDPAddr).AddrPort() }

// A translator is a NAT for one flow.
type translator struct {
	in  *net.UDPConn
	to  netip.AddrPort
	mu  sync.Mutex
	out *net.UDPConn
	via *net.UDPConn // for one packet
	us  netip.AddrPort
}

func newTranslator(t *testing.T, to netip.AddrPort) *translator {
	n := &translator{to: to}
	var err error
	if n.in, err = net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { n.in.Close() })
	n.forget(t)
	go func() {
		b := make([]byte, 1<<16)
		for {
			k, from, err := n.in.ReadFromUDPAddrPort(b)
			if err != nil {
				return
			}
			n.mu.Lock()
			out := n.out
			if n.us = from; n.via != nil {
				out, n.via = n.via, nil
			}
			n.mu.Unlock()
			out.WriteToUDPAddrPort(b[:k], n.to)
		}
	}()
	return n
}

func (n *translator) inside() netip.AddrPort { return addrOf(n.in.LocalAddr()) }

func (n *translator) outside() netip.AddrPort {
	n.mu.Lock()
	defer n.mu.Unlock()
	return addrOf(n.out.LocalAddr())
}

// peer returns where the end that is translated is.
func (n *translator) peer() netip.AddrPort {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.us
}

func (n *translator) divert(via *net.UDPConn) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.via = via
}

// forget gives the flow another port outside. What comes to the old one is lost.
func (n *translator) forget(t *testing.T) {
	out, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Error(err)
		return
	}
	t.Cleanup(func() { out.Close() })
	n.mu.Lock()
	old := n.out
	n.out = out
	n.mu.Unlock()
	if old != nil {
		old.Close()
	}
	go func() {
		b := make([]byte, 1<<16)
		for {
			k, _, err := out.ReadFromUDPAddrPort(b)
			if err != nil {
				return
			}
			n.mu.Lock()
			us := n.us
			n.mu.Unlock()
			n.in.WriteToUDPAddrPort(b[:k], us)
		}
	}()
}
