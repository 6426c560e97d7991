package open

import (
	"math/rand/v2"
	"net/netip"
	"slices"
	"testing"
	"time"
)

// These tests play both sides of a crossing, over a lane that delays what is said, in a
// time of its own.

// A meeting is two sides and what lies between them.
type meeting struct {
	rnd    *rand.Rand
	now    time.Time
	c      [2]*crossing
	events []happening
	delay  [2]time.Duration // of what each says, one way
	queue  [2]time.Duration // at most, besides, from when data crosses
	stun   time.Duration
	works  func(try int, skew time.Duration) bool
	dials  [2][]deed
	asked  [2]int // ports that were taken
	met    bool
}

type happening struct {
	at time.Time
	do func()
}

func newMeeting(seed uint64) *meeting {
	m := &meeting{rnd: rand.New(rand.NewPCG(seed, 3)), now: time.Unix(5000, 0), stun: 30 * time.Millisecond}
	m.works = func(int, time.Duration) bool { return false }
	for i := range m.c {
		m.c[i] = newCrossing(i == 0, m.now.Add(-time.Duration(m.rnd.IntN(1e9))*time.Microsecond))
		m.delay[i] = 40 * time.Millisecond
	}
	for _, c := range m.c {
		c.begin(m.now)
	}
	return m
}

func (m *meeting) after(d time.Duration, do func()) {
	m.events = append(m.events, happening{m.now.Add(d), do})
}

func (m *meeting) do(side int, deeds []deed) {
	for _, d := range deeds {
		switch d.kind {
		case doSay:
			late := m.delay[side]
			if q := m.queue[side]; q > 0 && m.rnd.IntN(4) > 0 { // now and then the lane is free
				late += time.Duration(m.rnd.Int64N(int64(q)))
			}
			m.after(late, func() { m.do(1-side, m.c[1-side].hear(slices.Clone(d.say), m.now)) })
		case doPrepare:
			m.asked[side]++
			at := netip.AddrPortFrom(netip.AddrFrom4([4]byte{203, 0, 113, byte(side + 1)}), uint16(1000*d.try))
			m.after(m.stun, func() { m.do(side, m.c[side].prepared(d.try, at, m.now)) })
		case doConnect:
			m.dials[side] = append(m.dials[side], d)
			m.after(max(0, d.at.Sub(m.now))+crossTime, func() { m.do(side, m.c[side].ended(d.try, m.now)) })
			if n := len(m.dials[side]); n <= len(m.dials[1-side]) {
				m.met = m.met || m.works(d.try, m.dials[0][n-1].at.Sub(m.dials[1][n-1].at))
			}
		}
	}
	if m.met {
		m.met = false
		m.works = func(int, time.Duration) bool { return false }
		for i, c := range m.c {
			m.after(50*time.Millisecond, func() { m.do(i, c.seek(false, m.now)) })
		}
	}
}

// run lets time pass.
func (m *meeting) run(d time.Duration) {
	end := m.now.Add(d)
	for {
		next, which := end, -1
		for i, e := range m.events {
			if e.at.Before(next) {
				next, which = e.at, i
			}
		}
		for i, c := range m.c {
			if at := c.wake(); !at.IsZero() && at.Before(next) {
				next, which = at, -2-i
			}
		}
		if next.After(m.now) {
			m.now = next
		}
		switch {
		case which == -1:
			return
		case which >= 0:
			do := m.events[which].do
			m.events = slices.Delete(m.events, which, which+1)
			do()
		default:
			m.do(-2-which, m.c[-2-which].step(m.now))
		}
	}
}

// Fails if the two sides don't connect at the same moment, each at the other's new port,
// though data is under way in one direction; more than three times, or less than 0.5 s
// apart.
func TestSameMoment(t *testing.T) {
	apart := 0
	for seed := range uint64(300) {
		m := newMeeting(seed)
		m.delay[0] = time.Duration(5+m.rnd.IntN(100)) * time.Millisecond
		m.delay[1] = m.delay[0]
		m.queue[seed%2] = 400 * time.Millisecond
		m.run(30 * time.Second)
		if len(m.dials[0]) != crossTries || len(m.dials[1]) > crossTries || m.asked[0] != crossTries {
			t.Fatalf("seed %d: they connect %d and %d times, with %d new ports", seed, len(m.dials[0]), len(m.dials[1]), m.asked[0])
		}
		for i, d := range m.dials[0] {
			if i > 0 && d.at.Sub(m.dials[0][i-1].at) < crossPause {
				t.Errorf("seed %d: two tries within %v", seed, d.at.Sub(m.dials[0][i-1].at))
			}
		}
		best := time.Hour
		for _, d := range m.dials[1] {
			n := slices.IndexFunc(m.dials[0], func(o deed) bool { return o.try == d.try })
			best = min(best, d.at.Sub(m.dials[0][n].at).Abs())
			if d.to.Port() != uint16(1000*d.try) || m.dials[0][n].to.Port() != uint16(1000*d.try) {
				t.Errorf("seed %d: try %d is at %v and %v", seed, d.try, d.to, m.dials[0][n].to)
			}
		}
		if best > m.delay[0] { // then one SYN is there before the other has left
			apart++
		}
	}
	if apart > 3 { // all pings had to wait
		t.Errorf("%d of 300 never connect at the same moment", apart)
	}
	t.Logf("%d of 300 never connect at the same moment", apart)
}

// Fails if anything is tried once there is a lane straight to the peer, or one isn't
// wanted; or if a new lane through a relay doesn't begin anew.
func TestCrossingWanted(t *testing.T) {
	m := newMeeting(1)
	m.works = func(try int, _ time.Duration) bool { return try == 2 }
	m.run(30 * time.Second)
	if len(m.dials[0]) != 2 || len(m.dials[1]) != 2 {
		t.Errorf("they connect %d and %d times", len(m.dials[0]), len(m.dials[1]))
	}
	if !m.c[0].wake().IsZero() || !m.c[1].wake().IsZero() {
		t.Error("something is due for ever")
	}
	m = newMeeting(1)
	for i, c := range m.c {
		m.do(i, c.seek(false, m.now))
	}
	m.run(30 * time.Second)
	if m.asked != [2]int{} {
		t.Error("ports are taken that nobody wants")
	}
	for i, c := range m.c {
		m.do(i, c.seek(true, m.now))
		c.begin(m.now)
	}
	m.run(30 * time.Second)
	if len(m.dials[0]) != crossTries {
		t.Errorf("over a new lane they connect %d times", len(m.dials[0]))
	}
}

// Fails if a peer that never answers, or has no port, makes this side try without end, or
// hold a port.
func TestSilentCrossing(t *testing.T) {
	m := newMeeting(1)
	m.stun = time.Hour
	m.run(5 * time.Minute)
	if m.asked[0] != crossTries || m.asked[1] != 1 || m.c[0].stage != resting {
		t.Errorf("%d and %d ports", m.asked[0], m.asked[1])
	}
}

// Fails if lanes that come and go make two sides connect without end.
func TestManyCrossings(t *testing.T) {
	m := newMeeting(1)
	for range 50 {
		for i, c := range m.c {
			m.do(i, c.ended(c.try, m.now))
			c.begin(m.now)
		}
		m.run(10 * time.Second)
	}
	if m.asked != [2]int{crossTotal, crossTotal} || len(m.dials[0]) > crossTotal || len(m.dials[1]) > crossTotal {
		t.Errorf("%d ports, and they connect %d and %d times", m.asked, len(m.dials[0]), len(m.dials[1]))
	}
}

// Whatever the peer says, this side takes few ports, connects as often as it has agreed,
// and not hours later.
func FuzzHear(f *testing.F) {
	f.Add(true, []byte{sayPong, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1, sayHere, 1, 203, 0, 113, 7, 1, 1})
	f.Add(false, []byte{sayAsk, 1, sayAt, 1, 0, 0, 0, 0, 0, 0, 0, 1, 203, 0, 113, 7, 1, 1, sayAsk, 2, sayAsk, 3})
	f.Fuzz(func(t *testing.T, leads bool, said []byte) {
		now := time.Unix(1000, 0)
		c := newCrossing(leads, now)
		c.begin(now)
		ports, dials := 0, 0
		var take func(deeds []deed)
		take = func(deeds []deed) {
			for _, d := range deeds {
				switch d.kind {
				case doPrepare:
					ports++
					take(c.prepared(d.try, netip.MustParseAddrPort("203.0.113.9:4000"), now))
				case doConnect:
					dials++
					if d.at.Sub(now).Abs() > crossLate {
						t.Fatalf("it connects in %v", d.at.Sub(now))
					}
				case doSay:
					if len(d.say) != sizes[d.say[0]] {
						t.Fatalf("says %x", d.say)
					}
				}
			}
		}
		for len(said) > 0 {
			n := min(max(sizes[said[0]], 1), len(said))
			take(c.hear(said[:n], now))
			said = said[n:]
			now = now.Add(100 * time.Millisecond)
			take(c.step(now))
		}
		if ports > crossTries || dials > crossTries {
			t.Fatalf("%d ports, %d dials", ports, dials)
		}
	})
}
