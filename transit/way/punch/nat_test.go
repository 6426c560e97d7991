package punch

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"slices"
	"testing"
	"time"
)

// These tests play two sides against each other in a network of their own, with
// NATs as RFC 4787 describes them, in a time of its own.

// A behavior says on what a NAT's choice depends besides the inner address.
type behavior int

const (
	independent behavior = iota
	onAddress
	onBoth
)

// part returns as much of an address as counts.
func (b behavior) part(a netip.AddrPort) netip.AddrPort {
	switch b {
	case independent:
		return netip.AddrPort{}
	case onAddress:
		return netip.AddrPortFrom(a.Addr(), 0)
	}
	return a
}

// A kind is a kind of NAT. Open has none.
type kind struct {
	name               string
	mapping, filtering behavior
	open, dead         bool
}

var (
	openNet           = kind{name: "open", open: true}
	fullCone          = kind{name: "full cone"}
	addressRestricted = kind{name: "address-restricted", filtering: onAddress}
	portRestricted    = kind{name: "port-restricted", filtering: onBoth}
	symmetric         = kind{name: "symmetric", mapping: onBoth, filtering: onBoth}
	blocked           = kind{name: "UDP blocked", dead: true}
)

type flow struct{ inside, to netip.AddrPort }

// A nat has one address outside. What it maps it never forgets.
type nat struct {
	kind
	address netip.Addr
	mapped  map[flow]uint16
	ports   map[uint16]netip.AddrPort // who is behind each
	sent    map[uint16]map[netip.AddrPort]bool
}

// out translates the source of a packet.
func (n *nat) out(from, to netip.AddrPort) netip.AddrPort {
	key := flow{from, n.mapping.part(to)}
	port, ok := n.mapped[key]
	if !ok {
		port = uint16(20000 + len(n.mapped)*7)
		n.mapped[key], n.ports[port], n.sent[port] = port, from, map[netip.AddrPort]bool{}
	}
	n.sent[port][n.filtering.part(to)] = true
	return netip.AddrPortFrom(n.address, port)
}

// in returns who inside gets a packet.
func (n *nat) in(from netip.AddrPort, port uint16) (netip.AddrPort, bool) {
	inside, ok := n.ports[port]
	return inside, ok && n.sent[port][n.filtering.part(from)]
}

// A side is a computer with the two machines.
type side struct {
	at      netip.AddrPort
	nat     *nat // nil if there is none
	c       *checker
	r       *reflex
	openAt  time.Duration // when the first address opened, 0 for never
	packets int
	told    []netip.AddrPort // what the peer was told last
}

// A network is what lies in between.
type network struct {
	rnd    *rand.Rand
	start  time.Time
	now    time.Time
	events []happening
	sides  [2]*side
	delay  time.Duration
	loss   float64
	mail   time.Duration // that a message takes by another way
}

type happening struct {
	at time.Time
	do func()
}

var stunServer = netip.MustParseAddrPort("198.51.100.1:3478")

func newNet(seed uint64, kinds [2]kind) *network {
	w := &network{rnd: rand.New(rand.NewPCG(seed, 1)), start: time.Unix(1000, 0), delay: 30 * time.Millisecond, mail: 60 * time.Millisecond}
	w.now = w.start
	newID := func() (n id) {
		binary.LittleEndian.PutUint64(n[:], w.rnd.Uint64())
		return n
	}
	keys := [2][]byte{[]byte("key of the sender's checks"), []byte("key of the receiver's checks")}
	for i, k := range kinds {
		s := &side{at: netip.AddrPortFrom(netip.AddrFrom4([4]byte{192, 168, byte(i), 2}), 5000), r: &reflex{newID: newID}}
		if k.open {
			s.at = netip.AddrPortFrom(netip.AddrFrom4([4]byte{203, 0, 113, byte(i + 1)}), 5000)
		} else {
			s.nat = &nat{kind: k, address: netip.AddrFrom4([4]byte{203, 0, 113, byte(i + 1)}),
				mapped: map[flow]uint16{}, ports: map[uint16]netip.AddrPort{}, sent: map[uint16]map[netip.AddrPort]bool{}}
		}
		s.c = newChecker(keys[i], keys[1-i], func(a netip.AddrPort) bool { return !a.Addr().IsPrivate() }, newID)
		s.r.ask([]netip.AddrPort{stunServer}, w.now)
		w.sides[i] = s
	}
	return w
}

func (w *network) after(d time.Duration, do func()) {
	w.events = append(w.events, happening{w.now.Add(d), do})
}

// send takes packets from a side to where they go.
func (w *network) send(s *side, out []packet) {
	for _, p := range out {
		s.packets++
		from := s.at
		if s.nat != nil {
			if s.nat.dead {
				continue
			}
			from = s.nat.out(from, p.to)
		}
		if w.rnd.Float64() < w.loss {
			continue
		}
		w.after(w.delay+time.Duration(w.rnd.IntN(5))*time.Millisecond, func() { w.arrive(from, p.to, p.data) })
	}
}

func (w *network) arrive(from, to netip.AddrPort, data []byte) {
	if to == stunServer {
		m, _ := parse(data)
		w.answer(from, newAnswer(m.ID, from, nil))
		return
	}
	w.deliver(from, to, data)
}

// answer sends what the STUN server says.
func (w *network) answer(to netip.AddrPort, data []byte) {
	if w.rnd.Float64() >= w.loss {
		w.after(w.delay, func() { w.deliver(stunServer, to, data) })
	}
}

func (w *network) deliver(from, to netip.AddrPort, data []byte) {
	for _, s := range w.sides {
		if s.nat == nil && s.at != to || s.nat != nil && s.nat.address != to.Addr() {
			continue
		}
		if s.nat != nil {
			if _, ok := s.nat.in(from, to.Port()); !ok {
				return
			}
		}
		m, ok := parse(data)
		if !ok {
			panic("a message of ours can't be read")
		}
		if ours, _ := s.r.receive(from, m, w.now); ours {
			w.tell(s)
			return
		}
		out, opened := s.c.receive(from, m, w.now)
		if opened && s.openAt == 0 {
			s.openAt = w.now.Sub(w.start)
		}
		w.send(s, out)
	}
}

// tell lets the peer know of a side's addresses, if there are others.
func (w *network) tell(s *side) {
	addrs := append(s.r.addrs(), s.at)
	if slices.Equal(addrs, s.told) {
		return
	}
	s.told = addrs
	peer := w.sides[0]
	if s == peer {
		peer = w.sides[1]
	}
	w.after(w.mail, func() { peer.c.name(addrs, w.now) })
}

// run lets time pass.
func (w *network) run(end time.Duration) {
	for _, s := range w.sides {
		w.tell(s)
	}
	for {
		next, which := w.start.Add(end), -1
		for i, e := range w.events {
			if e.at.Before(next) {
				next, which = e.at, i
			}
		}
		woken := false
		for _, s := range w.sides {
			for _, at := range []time.Time{s.r.wake(w.now), s.c.wake(w.now)} {
				if !at.After(next) && at.Before(w.start.Add(end)) {
					next, woken = at, true
				}
			}
		}
		if !woken && which < 0 {
			return
		}
		if next.After(w.now) {
			w.now = next
		}
		if !woken {
			do := w.events[which].do
			w.events = slices.Delete(w.events, which, which+1)
			do()
			continue
		}
		for _, s := range w.sides {
			w.send(s, s.r.tick(w.now))
			w.send(s, s.c.tick(w.now))
		}
	}
}

// Fails if a way isn't found where theory has one: everywhere but between a
// symmetric NAT and one that lets in only what comes from the very port it sent
// to. Or if it is found late, or something is sent where there is none as if there
// were no end.
func TestNATs(t *testing.T) {
	kinds := []kind{openNet, fullCone, addressRestricted, portRestricted, symmetric, blocked}
	for i, a := range kinds {
		for j, b := range kinds {
			works := a.filtering != onBoth || b.filtering != onBoth || a.mapping == independent && b.mapping == independent
			works = works && !a.dead && !b.dead
			t.Run(fmt.Sprintf("%s to %s", a.name, b.name), func(t *testing.T) {
				w := newNet(uint64(i*10+j), [2]kind{a, b})
				w.run(60 * time.Second)
				for n, s := range w.sides {
					if works != (s.openAt > 0) || s.openAt > 500*time.Millisecond {
						t.Errorf("side %d opened after %v", n, s.openAt)
					}
					if s.packets > 300 {
						t.Errorf("side %d sent %d packets in a minute", n, s.packets)
					}
				}
			})
		}
	}
}

// Fails if less than 99 of 100 tries succeed within 3 s on a bad path: one packet
// in five is lost, and a round trip takes 300 ms.
func TestLossyNATs(t *testing.T) {
	for _, kinds := range [][2]kind{{portRestricted, portRestricted}, {symmetric, addressRestricted}, {openNet, symmetric}} {
		late := 0
		for seed := range uint64(300) {
			w := newNet(seed, kinds)
			w.delay, w.loss = 150*time.Millisecond, 0.2
			w.run(10 * time.Second)
			if at := w.sides[0].openAt; at == 0 || at > 3*time.Second {
				late++
			}
		}
		if late > 3 {
			t.Errorf("%s to %s: %d of 300 tries took longer than 3 s", kinds[0].name, kinds[1].name, late)
		}
	}
}

// Fails if a side that has not looked for long can't connect where it is open,
// because the peer has forgotten it.
func TestKnock(t *testing.T) {
	w := newNet(1, [2]kind{portRestricted, portRestricted})
	w.run(5 * time.Second)
	a, b := w.sides[0], w.sides[1]
	seen := netip.AddrPortFrom(a.nat.address, 20000) // of a, at b
	if !b.c.known(seen, w.now) {
		t.Fatal("the peer isn't known")
	}
	a.c.seek(false, w.now)
	b.c.seek(false, w.now)
	w.run(10 * time.Minute)
	w.now = w.start.Add(10 * time.Minute)
	if b.c.known(seen, w.now) {
		t.Error("the peer is known for ever")
	}
	w.send(a, a.c.knock(a.c.opened()[0], w.now))
	w.run(11 * time.Minute)
	if !b.c.known(seen, w.now) {
		t.Error("the peer isn't known again")
	}
	if out := a.c.knock(netip.MustParseAddrPort("203.0.113.77:4000"), w.now); len(out) > 0 {
		t.Error("a check to anywhere")
	}
}

// Fails if a side that stops looking still sends by itself, if it can't be woken,
// or if what was open isn't checked again after everything has broken.
func TestSeekAndRestart(t *testing.T) {
	w := newNet(1, [2]kind{portRestricted, portRestricted})
	w.run(5 * time.Second)
	for _, s := range w.sides {
		s.c.seek(false, w.now)
		s.packets = 0
	}
	w.run(20 * time.Second)
	for _, s := range w.sides {
		if s.packets > 0 {
			t.Errorf("%d packets while nothing is wanted", s.packets)
		}
		if len(s.c.opened()) != 1 {
			t.Errorf("open are %v", s.c.opened())
		}
		s.openAt = 0
		s.c.restart(w.now)
		if len(s.c.opened()) != 0 {
			t.Error("an address is open after everything broke")
		}
	}
	w.run(21 * time.Second)
	for _, s := range w.sides {
		if s.openAt == 0 {
			t.Error("it wasn't found again")
		}
	}
}
