package natkind

import (
	"cmp"
	"net/netip"
	"slices"
	"time"

	"sesame/internal/addr"
	"sesame/internal/stun"
)

const (
	maxServers = 4   // addresses that are asked
	maxAnswer  = 548 // bytes of one; more is nobody's answer to us
	maxValues  = 16  // attributes of one
	fill       = 104 // bytes of padding, so that the answer isn't longer than the question
)

// pauses are the times between one try of a question and the next, the last until
// it is given up.
var pauses = []time.Duration{200 * time.Millisecond, 300 * time.Millisecond, 500 * time.Millisecond, time.Second, time.Second}

// The two sockets.
const (
	socketA = iota
	socketB
	sockets
)

// changePort asks for the answer from the other port (RFC 5780 §7.2).
var changePort = []byte{0, 0, 0, 2}

// A probe asks the servers of one address family. It has no sockets and no clock.
type probe struct {
	newID     func() stun.ID
	questions []*question
}

// A question is asked until it is answered, or often enough.
type question struct {
	server int // that it is about
	socket int
	to     netip.AddrPort
	from   netip.AddrPort // where the answer comes from
	change bool           // asks for the answer from the other port

	id     stun.ID
	tries  int
	due    time.Time
	left   time.Time // when the last try did
	ended  bool
	mapped netip.AddrPort // valid if it was answered
	rtt    time.Duration
}

// A packet leaves by a socket.
type packet struct {
	socket int
	to     netip.AddrPort
	data   []byte
}

func newProbe(servers []netip.AddrPort, newID func() stun.ID, now time.Time) *probe {
	p := &probe{newID: newID}
	for i, s := range servers[:min(len(servers), maxServers)] {
		p.ask(question{server: i, socket: socketA, to: s, from: s}, now)
	}
	return p
}

func (p *probe) ask(q question, now time.Time) {
	q.id, q.due = p.newID(), now
	p.questions = append(p.questions, &q)
}

// step returns what is to be sent now.
func (p *probe) step(now time.Time) (out []packet) {
	for _, q := range p.questions {
		switch {
		case q.ended || now.Before(q.due):
		case q.tries == len(pauses):
			q.ended = true
		default:
			q.left, q.due = now, now.Add(pauses[q.tries])
			q.tries++
			out = append(out, packet{q.socket, q.to, q.bytes()})
		}
	}
	return out
}

// wake returns when step has something to do; the zero time when all is known.
func (p *probe) wake() (at time.Time) {
	for _, q := range p.questions {
		if !q.ended && (at.IsZero() || q.due.Before(at)) {
			at = q.due
		}
	}
	return at
}

func (q *question) bytes() []byte {
	b := stun.New(stun.BindingRequest, q.id)
	if q.change {
		b = stun.Append(b, stun.ChangeRequest, changePort)
	}
	return stun.Append(b, stun.Padding, make([]byte, fill))
}

// receive takes what arrived at a socket.
func (p *probe) receive(socket int, from netip.AddrPort, b []byte, now time.Time) {
	m, ok := parse(b)
	if !ok {
		return
	}
	i := slices.IndexFunc(p.questions, func(q *question) bool {
		refused := q.change && q.to == from && m.Type == stun.BindingError
		return !q.ended && q.socket == socket && (q.from == from || refused) && q.tries > 0 && q.id == m.ID
	})
	if i < 0 {
		return
	}
	q := p.questions[i]
	q.ended = true
	mapped, ok := mappedIn(m)
	if m.Type != stun.BindingSuccess || !ok || mapped.Addr().Is4() != from.Addr().Is4() {
		return // it can't, or won't
	}
	q.mapped, q.rtt = mapped, max(1, now.Sub(q.left))
	if q.server == 0 && q.socket == socketA && q.to == q.from && !p.follows() {
		p.follow(q, m, now)
	}
}

// follows reports whether the second port of the first server is known.
func (p *probe) follows() bool {
	return slices.ContainsFunc(p.questions, func(q *question) bool { return q.change })
}

// follow asks what the second port of a server that has answered is good for.
func (p *probe) follow(q *question, m stun.Message, now time.Time) {
	other, ok := m.Address(stun.OtherAddress)
	if !ok || other.Port() == q.to.Port() {
		return
	}
	second := netip.AddrPortFrom(q.to.Addr(), other.Port())
	p.ask(question{socket: socketA, to: second, from: second}, now)
	p.ask(question{socket: socketB, to: q.to, from: q.to}, now)
	p.ask(question{socket: socketB, to: q.to, from: second, change: true}, now)
}

// result returns what is known. Own says which addresses are this computer's.
func (p *probe) result(own func(netip.Addr) bool) Result {
	var r Result
	var first, second, plain, changed *question
	distinct := map[netip.Addr]*question{} // the first question that each address answered
	for _, q := range p.questions {
		switch {
		case q.change:
			changed = q
		case q.socket == socketB:
			plain = q
		case q.server == 0 && first != nil:
			second = q
		default:
			r.Asked++
			if q.server == 0 {
				first = q
			}
			if q.mapped.IsValid() {
				r.Answered++
				r.RTT = min(cmp.Or(r.RTT, q.rtt), q.rtt)
				r.Mapped = cmp.Or(r.Mapped, q.mapped)
				if distinct[q.to.Addr()] == nil {
					distinct[q.to.Addr()] = q
				}
			}
		}
	}
	if !r.Mapped.IsValid() {
		return r
	}
	r.Translated = !own(r.Mapped.Addr())
	r.Mapping = mapping(r, first, second, distinct)
	r.Filtering = filtering(second, plain, changed)
	return r
}

func mapping(r Result, first, second *question, distinct map[netip.Addr]*question) Behavior {
	if !r.Translated {
		return EndpointIndependent
	}
	ports := second != nil && second.mapped.IsValid()
	for _, q := range distinct {
		if q.mapped != r.Mapped && ports && second.mapped == first.mapped {
			return AddressDependent
		}
		if q.mapped != r.Mapped {
			return AddressAndPortDependent
		}
	}
	switch {
	case ports && second.mapped != first.mapped:
		return AddressAndPortDependent
	case len(distinct) > 1:
		return EndpointIndependent
	case ports:
		return PortIndependent
	}
	return Unknown
}

// filtering needs to know that the server's second port works, and that socket
// B's answers arrive.
func filtering(second, plain, changed *question) Behavior {
	switch {
	case changed == nil || !second.mapped.IsValid() || !plain.mapped.IsValid():
		return Unknown
	case changed.mapped.IsValid():
		return PortIndependent
	case changed.tries < len(pauses): // it was refused
		return Unknown
	}
	return AddressAndPortDependent
}

// parse reads a STUN message. It refers to b.
func parse(b []byte) (stun.Message, bool) {
	if len(b) > maxAnswer {
		return stun.Message{}, false
	}
	m, ok := stun.Parse(b)
	return m, ok && m.Count() <= maxValues
}

// mappedIn returns the address that an answer names.
func mappedIn(m stun.Message) (netip.AddrPort, bool) {
	at, ok := m.Mapped()
	switch addr.KindOf(at.Addr()) {
	case addr.Unspecified, addr.Many:
		return at, false
	}
	return at, ok
}
