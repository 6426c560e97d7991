package punch

import (
	"encoding/binary"
	"math/rand/v2"
	"net/netip"
	"slices"
	"testing"
	"time"
)

// These tests play two sides, as all that an Agent knows, against each other past routers
// that are like Linux: they keep ports, translate flow by flow, and may remember what
// they have answered. Packets have a TTL.

// memory is how long a router remembers a flow of UDP.
const memory = 30 * time.Second

// A habit is a sort of router.
type habit struct {
	name    string
	filter  behavior
	answers bool // what is for nobody, and remembers that
	draws   bool // its ports
}

var (
	drops      = habit{name: "drops", filter: onBoth}
	answers    = habit{name: "answers", filter: onBoth, answers: true}
	coarse     = habit{name: "address-restricted", filter: onAddress}
	cone       = habit{name: "full cone", filter: independent}
	random     = habit{name: "draws", filter: onBoth, draws: true}
	randomToo  = habit{name: "draws and answers", filter: onBoth, answers: true, draws: true}
	everywhere = netip.AddrPort{}
)

// A linux is such a router.
type linux struct {
	habit
	address netip.Addr
	flows   []*track
	rnd     *rand.Rand
}

// A track is a flow.
type track struct {
	inside netip.AddrPort // not valid for the router itself
	port   uint16
	to     netip.AddrPort
	last   time.Time
}

func (r *linux) find(is func(*track) bool, now time.Time) *track {
	r.flows = slices.DeleteFunc(r.flows, func(f *track) bool { return now.Sub(f.last) >= memory })
	for _, f := range slices.Backward(r.flows) { // the latest
		if is(f) {
			return f
		}
	}
	return nil
}

func (r *linux) add(f track) *track {
	r.flows = append(r.flows, &f)
	return &f
}

// out translates the source of a packet.
func (r *linux) out(from, to netip.AddrPort, now time.Time) netip.AddrPort {
	f := r.find(func(f *track) bool { return f.inside == from && f.to == to }, now)
	if f == nil {
		port := from.Port()
		if before := r.find(func(f *track) bool { return f.inside == from }, now); before != nil {
			port = before.port
		}
		if taken := r.find(func(f *track) bool { return f.port == port && f.to == to }, now); taken != nil || r.draws {
			port = uint16(10000 + r.rnd.IntN(50000))
		}
		f = r.add(track{inside: from, port: port, to: to})
	}
	f.last = now
	return netip.AddrPortFrom(r.address, f.port)
}

// in returns who inside gets a packet.
func (r *linux) in(from netip.AddrPort, port uint16, now time.Time) (netip.AddrPort, bool) {
	if f := r.find(func(f *track) bool { return f.port == port && f.to == from }, now); f != nil {
		f.last = now
		return f.inside, f.inside.IsValid()
	}
	known := r.find(func(f *track) bool {
		return f.port == port && f.inside.IsValid() && !r.draws && r.filter.part(f.to) == r.filter.part(from)
	}, now)
	if r.filter != onBoth && known != nil {
		return r.add(track{inside: known.inside, port: port, to: from, last: now}).inside, true
	}
	if r.answers {
		r.add(track{port: port, to: from, last: now})
	}
	return everywhere, false
}

// An inmate is a computer behind such routers.
type inmate struct {
	h       *hunt
	at      netip.AddrPort
	routers []*linux // from it to the Internet
	mail    time.Duration
	sent    int // messages with addresses
	told    []netip.AddrPort
	seen    int
	openAt  time.Duration
	renewed int
	near    map[netip.AddrPort]time.Time // when the first near check to an address left
	signed  map[netip.AddrPort]bool      // whether checks may go all the way there
}

// A prison is two of them, and what lies in between.
type prison struct {
	t      *testing.T
	rnd    *rand.Rand
	start  time.Time
	now    time.Time
	events []happening
	in     [2]*inmate
	delay  time.Duration
	loss   float64
	clumsy bool // checks go all the way at once, before there are other ports
}

// newPrison makes one of routers, for each side from the Internet inwards.
func newPrison(t *testing.T, seed uint64, routers [2][]habit) *prison {
	w := &prison{t: t, rnd: rand.New(rand.NewPCG(seed, 2)), start: time.Unix(1000, 0), delay: 10 * time.Millisecond}
	w.now = w.start
	newID := func() (n id) {
		binary.LittleEndian.PutUint64(n[:], w.rnd.Uint64())
		return n
	}
	keys := [2][]byte{[]byte("key of the leader's checks"), []byte("key of the follower's checks")}
	for i, list := range routers {
		m := &inmate{at: netip.AddrPortFrom(netip.AddrFrom4([4]byte{192, 168, byte(i), 2}), 5000), mail: 60 * time.Millisecond,
			near: map[netip.AddrPort]time.Time{}, signed: map[netip.AddrPort]bool{}}
		drawn := false
		for n, h := range list {
			a := netip.AddrFrom4([4]byte{203, 0, 113, byte(i + 1)})
			if n > 0 {
				a = netip.AddrFrom4([4]byte{100, 64, byte(i), byte(n)})
			}
			m.routers = append([]*linux{{habit: h, address: a, rnd: w.rnd}}, m.routers...)
			drawn = drawn || h.draws
		}
		c := newChecker(keys[i], keys[1-i], anyAddress, newID)
		shy := &shyness{applies: anyAddress, time: []time.Duration{leadTime, shyTime}[i], ttl: len(list) + 1, found: !drawn}
		if drawn {
			shy.ttl = 2
		}
		m.h = &hunt{seeking: true, reflex: &reflex{newID: newID}, shy: shy}
		m.h.start(c, nil, w.now)
		m.h.reflex.ask([]netip.AddrPort{stunServer}, w.now)
		w.in[i] = m
	}
	return w
}

func (w *prison) after(d time.Duration, do func()) {
	w.events = append(w.events, happening{w.now.Add(d), do})
}

// send takes packets to where they go.
func (w *prison) send(m *inmate, out []packet) {
	for _, p := range out {
		w.watch(m, p)
		from, ttl := m.at, p.ttl
		if ttl == 0 {
			ttl = 64
		}
		if w.rnd.Float64() < w.loss {
			continue // before it comes to a router: nothing is opened
		}
		for _, r := range m.routers {
			if ttl--; ttl == 0 { // before it is translated
				break
			}
			from = r.out(from, p.to, w.now)
		}
		if ttl < 2 { // the Internet's own router is the next
			continue
		}
		w.after(w.delay, func() { w.arrive(from, p.to, p.data) })
	}
}

// watch fails the test if a check goes all the way before there is a sign.
func (w *prison) watch(m *inmate, p packet) {
	msg, _ := parse(p.data)
	if p.to == stunServer || !msg.isRequest() {
		return
	}
	first, known := m.near[p.to]
	if p.ttl > 0 && !known {
		m.near[p.to] = w.now
	}
	if p.ttl == 0 && !w.clumsy && !m.signed[p.to] && (!known || w.now.Sub(first) < m.h.shy.time) {
		w.t.Errorf("a check goes all the way after %v, without a sign", w.now.Sub(w.start))
	}
}

func (w *prison) arrive(from, to netip.AddrPort, data []byte) {
	if to == stunServer {
		m, _ := parse(data)
		w.after(w.delay, func() { w.deliver(stunServer, from, newAnswer(m.ID, from, nil)) })
		return
	}
	w.deliver(from, to, data)
}

func (w *prison) deliver(from, to netip.AddrPort, data []byte) {
	for _, m := range w.in {
		if m.routers[len(m.routers)-1].address != to.Addr() {
			continue
		}
		for _, r := range slices.Backward(m.routers) {
			var ok bool
			if to, ok = r.in(from, to.Port(), w.now); !ok {
				return
			}
		}
		if to != m.at || w.rnd.Float64() < w.loss {
			continue // to a socket that is closed
		}
		msg, _ := parse(data)
		if from != stunServer && msg.isRequest() {
			m.signed[from] = true
		}
		out, news := m.h.receive(from, msg, w.now)
		if news && len(m.h.opened()) > 0 && m.openAt == 0 {
			m.openAt = w.now.Sub(w.start)
		}
		w.send(m, out)
	}
}

// tell sends the peer what it doesn't know.
func (w *prison) tell(m *inmate) {
	addrs, seen := m.h.candidates(), m.h.ledger.acted
	if m.sent > 0 && slices.Equal(addrs, m.told) && seen == m.seen {
		return
	}
	m.told, m.seen = addrs, seen
	m.sent++
	n, peer := m.sent, w.in[0]
	m.h.tell(n, addrs, w.now)
	if m == peer {
		peer = w.in[1]
	}
	w.after(m.mail, func() {
		peer.h.name(addrs, w.now)
		peer.h.hear(n, seen, w.now)
		if w.clumsy && peer.renewed == 0 {
			peer.h.checker.release(w.now)
		}
		if peer.h.ledger.open(peer.h.candidates()) {
			for _, a := range addrs {
				peer.signed[a] = true
			}
		}
	})
}

// step lets a side do what is due, and returns when there is more.
func (w *prison) step(m *inmate) time.Time {
	out, urge, at := m.h.due(w.now)
	w.send(m, out)
	if urge.reopen {
		m.at = netip.AddrPortFrom(m.at.Addr(), m.at.Port()+1)
		m.h.reopen(nil)
		m.h.renew(true, w.now)
		m.h.fresh = true
		clear(m.near)
		clear(m.signed)
		m.renewed++
		at = w.now
	}
	w.tell(m)
	return at
}

// run lets time pass until both sides are open, or the end has come.
func (w *prison) run(end time.Duration) {
	for w.in[0].openAt == 0 || w.in[1].openAt == 0 {
		next := w.start.Add(end)
		for _, m := range w.in {
			if at := w.step(m); at.Before(next) {
				next = at
			}
		}
		which := -1
		for i, e := range w.events {
			if e.at.Before(next) {
				next, which = e.at, i
			}
		}
		if !next.Before(w.start.Add(end)) {
			return
		}
		if next.After(w.now) {
			w.now = next
		}
		if which >= 0 {
			do := w.events[which].do
			w.events = slices.Delete(w.events, which, which+1)
			do()
		}
	}
}

// pairs are those of networks that theory has a way between.
var pairs = [][2][]habit{
	{{drops}, {drops}}, {{drops}, {answers}}, {{answers}, {drops}}, {{answers}, {answers}},
	{{answers}, {coarse}}, {{cone}, {answers}}, {{answers}, {drops, answers}}, {{answers, answers}, {answers}},
	{{answers, answers}, {answers, answers}}, {{drops, answers}, {answers, drops}}, {{random}, {coarse}}, {{cone}, {randomToo}},
}

// Fails if two sides don't find a way that theory has, past routers that answer too: with
// up to 300 ms between what each learns of the other, and one packet in five lost. Or if
// a check goes all the way before the peer may have opened its NATs, or without loss it
// takes long.
func TestAnsweringNATs(t *testing.T) {
	for _, routers := range pairs {
		name := routers[0][0].name + " to " + routers[1][0].name
		late, renewed := 0, 0
		for seed := range uint64(300) {
			w := newPrison(t, seed, routers)
			w.in[seed%2].mail += time.Duration(w.rnd.IntN(301)) * time.Millisecond
			if seed >= 150 {
				w.loss = 0.2
			}
			w.run(20 * time.Second)
			for i, m := range w.in {
				if m.openAt == 0 {
					t.Fatalf("%s, seed %d: side %d isn't open", name, seed, i)
				}
				if w.loss == 0 && m.openAt > 1200*time.Millisecond {
					t.Errorf("%s, seed %d: side %d opened after %v", name, seed, i, m.openAt)
				}
				if m.openAt > 3*time.Second {
					late++
				}
				renewed += m.renewed
			}
		}
		t.Logf("%v to %v: of 300, %d sides open after 3 s, %d times other ports", routers[0], routers[1], late, renewed)
	}
}

// Fails if routers that have taken the first checks for their own, and given what left
// later other ports, keep two sides apart for good: or if one takes other ports more than
// once for that, or where ports are drawn.
func TestOtherPorts(t *testing.T) {
	for seed := range uint64(100) {
		w := newPrison(t, seed, [2][]habit{{answers}, {answers}})
		w.in[1].mail += time.Duration(100+w.rnd.IntN(200)) * time.Millisecond
		w.clumsy = true
		w.run(20 * time.Second)
		for i, m := range w.in {
			if m.openAt == 0 || m.openAt < staleTime || m.openAt > staleTime+2*time.Second || m.renewed != 1 {
				t.Errorf("seed %d: side %d opened after %v, with other ports %d times", seed, i, m.openAt, m.renewed)
			}
		}
	}
	w := newPrison(t, 1, [2][]habit{{randomToo}, {answers}})
	w.run(time.Minute)
	if w.in[0].renewed != 0 || w.in[1].renewed != 1 || w.in[0].openAt != 0 {
		t.Errorf("other ports %d and %d times, open after %v", w.in[0].renewed, w.in[1].renewed, w.in[0].openAt)
	}
}
