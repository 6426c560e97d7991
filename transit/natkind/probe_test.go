package natkind

import (
	"fmt"
	"net/netip"
	"testing"
	"time"

	"sesame/internal/stun"
)

var (
	inside   = netip.MustParseAddr("192.168.1.2")
	outside  = netip.MustParseAddr("203.0.113.10")
	server1  = netip.MustParseAddrPort("198.51.100.1:3478")
	server1b = netip.MustParseAddrPort("198.51.100.1:3479")
	server2  = netip.MustParseAddrPort("198.51.100.2:3478")
)

// A nat behaves as RFC 4787 says, in memory.
type nat struct {
	none       bool
	mapping    Behavior
	filtering  Behavior
	noUDP      bool
	noChange   bool // servers refuse CHANGE-REQUEST
	silentPort bool // the second port is closed

	ports map[string]uint16
	sent  map[uint16][]netip.AddrPort // from each external port, to whom
}

// depends returns what of an endpoint a behaviour looks at.
func depends(b Behavior, to netip.AddrPort) string {
	switch b {
	case AddressDependent:
		return to.Addr().String()
	case AddressAndPortDependent:
		return to.String()
	}
	return ""
}

// out translates a packet, and notes it.
func (n *nat) out(socket int, to netip.AddrPort) netip.AddrPort {
	key := fmt.Sprint(socket, depends(n.mapping, to))
	if n.ports == nil {
		n.ports, n.sent = map[string]uint16{}, map[uint16][]netip.AddrPort{}
	}
	if n.ports[key] == 0 {
		n.ports[key] = uint16(40000 + len(n.ports))
	}
	port := n.ports[key]
	n.sent[port] = append(n.sent[port], to)
	if n.none {
		return netip.AddrPortFrom(inside, port)
	}
	return netip.AddrPortFrom(outside, port)
}

// in reports whether a packet from outside comes in.
func (n *nat) in(from netip.AddrPort, port uint16) bool {
	for _, to := range n.sent[port] {
		if depends(n.filtering, to) == depends(n.filtering, from) {
			return true
		}
	}
	return false
}

// answer is what servers do with a packet: from where they answer, and what.
func (n *nat) answer(t *testing.T, to, seen netip.AddrPort, b []byte) (from netip.AddrPort, answer []byte) {
	m, ok := stun.Parse(b)
	if !ok {
		t.Fatal("a question can't be read")
	}
	from = to
	if _, change := m.Get(stun.ChangeRequest); change {
		if n.noChange {
			return to, stun.Append(stun.New(stun.BindingError, m.ID), stun.ErrorCode, []byte{0, 0, 4, 20})
		}
		from = server1b
	}
	answer = stun.AppendAddress(stun.New(stun.BindingSuccess, m.ID), stun.XORMappedAddress, seen)
	if to.Addr() == server1.Addr() {
		answer = stun.AppendAddress(answer, stun.OtherAddress, server1b)
	}
	return from, answer
}

// discover runs a probe behind n, under a clock of its own.
func (n *nat) discover(t *testing.T, servers ...netip.AddrPort) (Result, time.Duration) {
	begun := time.Unix(1000, 0)
	now := begun
	p := newProbe(servers, stun.NewID, now)
	for at := p.wake(); !at.IsZero(); at = p.wake() {
		now = at
		for _, out := range p.step(now) {
			seen := n.out(out.socket, out.to)
			if n.noUDP || n.silentPort && out.to == server1b {
				continue
			}
			from, answer := n.answer(t, out.to, seen, out.data)
			if len(answer) > len(out.data) {
				t.Fatalf("an answer of %d bytes to a question of %d", len(answer), len(out.data))
			}
			if n.in(from, seen.Port()) && !(n.silentPort && from == server1b) {
				p.receive(out.socket, from, answer, now.Add(20*time.Millisecond))
			}
		}
	}
	return p.result(func(a netip.Addr) bool { return a == inside }), now.Sub(begun)
}

// Fails if a NAT is called anything but what it is, or takes longer to know than
// a person waits.
func TestKinds(t *testing.T) {
	for _, c := range []struct {
		name               string
		nat                nat
		servers            []netip.AddrPort
		mapping, filtering Behavior
	}{
		{"no NAT", nat{none: true, mapping: EndpointIndependent, filtering: EndpointIndependent}, []netip.AddrPort{server1}, EndpointIndependent, PortIndependent},
		{"no NAT, firewall", nat{none: true, mapping: EndpointIndependent, filtering: AddressAndPortDependent}, []netip.AddrPort{server1}, EndpointIndependent, AddressAndPortDependent},
		{"full cone", nat{mapping: EndpointIndependent, filtering: EndpointIndependent}, []netip.AddrPort{server1}, PortIndependent, PortIndependent},
		{"restricted", nat{mapping: EndpointIndependent, filtering: AddressDependent}, []netip.AddrPort{server1}, PortIndependent, PortIndependent},
		{"port-restricted", nat{mapping: EndpointIndependent, filtering: AddressAndPortDependent}, []netip.AddrPort{server1}, PortIndependent, AddressAndPortDependent},
		{"symmetric", nat{mapping: AddressAndPortDependent, filtering: AddressAndPortDependent}, []netip.AddrPort{server1}, AddressAndPortDependent, AddressAndPortDependent},
		{"full cone, two servers", nat{mapping: EndpointIndependent, filtering: EndpointIndependent}, []netip.AddrPort{server1, server2}, EndpointIndependent, PortIndependent},
		{"address-dependent mapping, two servers", nat{mapping: AddressDependent, filtering: AddressDependent}, []netip.AddrPort{server1, server2}, AddressDependent, PortIndependent},
		{"symmetric, two servers", nat{mapping: AddressAndPortDependent, filtering: AddressAndPortDependent}, []netip.AddrPort{server1, server2}, AddressAndPortDependent, AddressAndPortDependent},
		{"server with one port", nat{mapping: EndpointIndependent, filtering: EndpointIndependent}, []netip.AddrPort{server2}, Unknown, Unknown},
		{"server that doesn't change ports", nat{mapping: EndpointIndependent, filtering: EndpointIndependent, noChange: true}, []netip.AddrPort{server1}, PortIndependent, Unknown},
		{"second port closed", nat{mapping: EndpointIndependent, filtering: EndpointIndependent, silentPort: true}, []netip.AddrPort{server1}, Unknown, Unknown},
	} {
		r, took := c.nat.discover(t, c.servers...)
		if r.Mapping != c.mapping || r.Filtering != c.filtering || r.Answered != len(c.servers) || r.Translated == c.nat.none {
			t.Errorf("%s: mapping %v, filtering %v, %d answered, translated %v", c.name, r.Mapping, r.Filtering, r.Answered, r.Translated)
		}
		if r.RTT != 20*time.Millisecond {
			t.Errorf("%s: round trip %v", c.name, r.RTT)
		}
		if took > 3500*time.Millisecond {
			t.Errorf("%s: took %v", c.name, took)
		}
	}
	blocked := nat{noUDP: true}
	r, took := blocked.discover(t, server1, server2)
	if r.Asked != 2 || r.Answered != 0 || r.Mapped.IsValid() || took > 3500*time.Millisecond {
		t.Errorf("UDP blocked: %+v after %v", r, took)
	}
}

// asked returns a probe that has asked server1, and its question.
func asked() (*probe, packet) {
	now := time.Unix(1000, 0)
	p := newProbe([]netip.AddrPort{server1}, stun.NewID, now)
	return p, p.step(now)[0]
}

// answerTo builds an answer to a question, of one type and with addresses.
func answerTo(out packet, t stun.Type, at ...netip.AddrPort) []byte {
	b := stun.New(t, stun.ID(out.data[8:stun.HeaderSize]))
	for i, a := range at {
		b = stun.AppendAddress(b, []stun.Attribute{stun.XORMappedAddress, stun.OtherAddress}[i], a)
	}
	return b
}

// Fails if an answer counts that nobody asked for, or that makes no sense.
func TestHostileAnswers(t *testing.T) {
	seen := netip.AddrPortFrom(outside, 40000)
	six := netip.MustParseAddrPort("[2001:db8::1]:40000")
	now := time.Unix(1000, 0).Add(20 * time.Millisecond)
	for _, c := range []struct {
		name   string
		socket int
		from   netip.AddrPort
		answer func(packet) []byte
	}{
		{"another number", socketA, server1, func(packet) []byte {
			return answerTo(packet{data: stun.New(stun.BindingRequest, stun.NewID())}, stun.BindingSuccess, seen)
		}},
		{"from another port", socketA, server1b, func(o packet) []byte { return answerTo(o, stun.BindingSuccess, seen) }},
		{"from another address", socketA, server2, func(o packet) []byte { return answerTo(o, stun.BindingSuccess, seen) }},
		{"to the other socket", socketB, server1, func(o packet) []byte { return answerTo(o, stun.BindingSuccess, seen) }},
		{"of the wrong family", socketA, server1, func(o packet) []byte { return answerTo(o, stun.BindingSuccess, six) }},
		{"a request", socketA, server1, func(o packet) []byte { return answerTo(o, stun.BindingRequest, seen) }},
		{"without an address", socketA, server1, func(o packet) []byte { return answerTo(o, stun.BindingSuccess) }},
		{"port 0", socketA, server1, func(o packet) []byte {
			return answerTo(o, stun.BindingSuccess, netip.AddrPortFrom(outside, 0))
		}},
		{"no address at all", socketA, server1, func(o packet) []byte {
			return answerTo(o, stun.BindingSuccess, netip.AddrPortFrom(netip.IPv4Unspecified(), 1))
		}},
		{"too long", socketA, server1, func(o packet) []byte {
			return stun.Append(answerTo(o, stun.BindingSuccess, seen), stun.Padding, make([]byte, maxAnswer))
		}},
		{"more behind it", socketA, server1, func(o packet) []byte { return append(answerTo(o, stun.BindingSuccess, seen), 0) }},
		{"empty", socketA, server1, func(packet) []byte { return nil }},
	} {
		p, out := asked()
		p.receive(c.socket, c.from, c.answer(out), now)
		if r := p.result(func(netip.Addr) bool { return false }); r.Answered != 0 || r.Mapped.IsValid() {
			t.Errorf("%s: %+v", c.name, r)
		}
		if len(p.questions) != 1 {
			t.Errorf("%s: it asks %d questions now", c.name, len(p.questions))
		}
	}
}

// Fails if a server can have packets sent to anybody else, or a second answer
// changes anything.
func TestOtherAddressOfOthers(t *testing.T) {
	seen := netip.AddrPortFrom(outside, 40000)
	victim := netip.MustParseAddrPort("192.0.2.77:53")
	p, out := asked()
	now := time.Unix(1000, 0).Add(time.Millisecond)
	p.receive(socketA, server1, answerTo(out, stun.BindingSuccess, seen, victim), now)
	before := len(p.questions)
	p.receive(socketA, server1, answerTo(out, stun.BindingSuccess, netip.AddrPortFrom(outside, 9), victim), now)
	if len(p.questions) != before || p.result(func(netip.Addr) bool { return false }).Mapped.Port() != 40000 {
		t.Error("a second answer counts")
	}
	packets := 0
	for at := p.wake(); !at.IsZero(); at = p.wake() {
		for _, out := range p.step(at) {
			packets++
			if out.to.Addr() != server1.Addr() {
				t.Fatalf("a packet to %v", out.to)
			}
		}
	}
	if packets > 4*len(pauses) {
		t.Errorf("%d packets", packets)
	}
}

// Fails if anything that arrives panics, makes the probe ask without end, or ask
// somebody else.
func FuzzReceive(f *testing.F) {
	_, out := asked()
	seen := netip.AddrPortFrom(outside, 40000)
	f.Add(answerTo(out, stun.BindingSuccess, seen)[20:], uint16(0x0101))
	f.Add(answerTo(out, stun.BindingSuccess, seen, netip.AddrPortFrom(server1b.Addr(), 3479))[20:], uint16(0x0101))
	f.Add(stun.Append(answerTo(out, stun.BindingError), stun.ErrorCode, []byte{0, 0, 4, 20})[20:], uint16(0x0111))
	f.Fuzz(func(t *testing.T, body []byte, typ uint16) {
		p, out := asked()
		b := append([]byte{byte(typ >> 8), byte(typ), byte(len(body) >> 8), byte(len(body))}, out.data[4:20]...)
		for range 3 {
			p.receive(socketA, server1, append(b, body...), time.Unix(1000, 1))
		}
		for at := p.wake(); !at.IsZero(); at = p.wake() {
			for _, out := range p.step(at) {
				if out.to.Addr() != server1.Addr() {
					t.Fatalf("a packet to %v", out.to)
				}
			}
		}
		if len(p.questions) > 4 {
			t.Fatalf("%d questions", len(p.questions))
		}
		p.result(func(netip.Addr) bool { return false })
	})
}
