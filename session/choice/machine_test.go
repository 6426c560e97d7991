package choice

import (
	"slices"
	"testing"
	"time"
)

// A pair is a relay and a direct lane that carry what a test says, in bytes a second, as
// long as they get something.
type pair struct {
	c             Chooser
	relay, direct *Lane
	t             float64
	p             Prospect
	states        []State // each one that relays came to
}

// newPair returns one whose relay doesn't wait in the beginning.
func newPair() *pair {
	p := &pair{p: Prospect{Left: 1 << 40, Waiting: true}}
	p.c.relays.begun = true
	return p
}

// run lets them carry for some seconds. A line that they share, in all, is theirs by equal
// parts; 0 stands for none.
func (p *pair) run(seconds, relay, direct, line float64) {
	for end := p.t + seconds; p.t < end; p.t += 0.05 {
		r, d := p.takes(p.relay, relay), p.takes(p.direct, direct)
		if line > 0 && r+d > line {
			r, d = max(min(r, line/2), line-d), max(min(d, line/2), line-r)
		}
		for l, rate := range map[*Lane]float64{p.relay: r, p.direct: d} {
			if l != nil && rate > 0 {
				l.Sent(int64(rate*0.05), at(p.t))
				l.Acked(int64(rate*0.05), at(p.t))
			}
		}
		if p.c.Look(at(p.t), p.p); len(p.states) == 0 || p.states[len(p.states)-1] != p.c.State() {
			p.states = append(p.states, p.c.State())
		}
	}
}

func (p *pair) takes(l *Lane, rate float64) float64 {
	switch {
	case l == nil || l.Room(at(p.t)) <= 0:
		return 0
	case p.c.State() == Wait && l == p.relay:
		return min(rate, waitRate)
	case (p.c.State() == Yield || p.c.State() == Show) && l == p.relay:
		return min(rate, p.c.relays.guests())
	case p.c.State() == Swap && l == p.direct: // else it has no room
		return p.c.relays.h0 / 2
	}
	return rate
}

// both has the relay come up, and the direct lane some seconds later.
func (p *pair) both(after, relay, direct, line float64) {
	p.relay = p.c.Add(Relay, at(p.t))
	p.run(after, relay, 0, line)
	p.direct = p.c.Add(TCP, at(p.t))
}

func TestRelaysRest(t *testing.T) {
	for _, c := range []struct {
		name                string
		alone               float64 // s
		relay, direct, line float64
		first               []State
	}{
		{"direct does as well", 5, 1e6, 1e6, 0, []State{Work, Rest}},
		{"direct does as well, and the relay was never alone", 0, 1e6, 1e6, 0, []State{Work, Swap, Rest}},
		{"direct does much more", 5, 1e5, 1e6, 0, []State{Work, Rest}},
		{"direct does less", 5, 1e6, 5e5, 0, []State{Work, Yield, Work}},
		{"the relay does more when it is alone", 0, 2e6, 1e6, 2e6, []State{Work, Swap, Work}},
		{"one line, and direct fills it", 5, 2e6, 2e6, 2e6, []State{Work, Yield, Rest}},
		{"one line, and direct doesn't", 5, 2e6, 5e5, 2e6, []State{Work, Yield, Work}},
	} {
		p := newPair()
		p.both(c.alone, c.relay, c.direct, c.line)
		p.run(12, c.relay, c.direct, c.line)
		if n := min(len(c.first), len(p.states)); !slices.Equal(p.states[:n], c.first) {
			t.Errorf("%s: %v, want %v", c.name, p.states, c.first)
		}
	}
}

// waitRate is what a relay's lane carries while it may have hardly anything under way.
const waitRate = 1e5

// Fails if relays take their part before direct lanes are out of slow start, or if what comes
// after it isn't what the lanes show.
func TestRelaysWait(t *testing.T) {
	for _, c := range []struct {
		name                string
		alone               float64 // s
		relay, direct, line float64
		left                int64
		first               []State
	}{
		{"one line, and direct fills it", 0, 2e6, 2e6, 2e6, 1 << 40, []State{Wait, Show, Rest}},
		{"direct does as well", 0, 1e6, 1e6, 0, 1 << 40, []State{Wait, Show, Work}},
		{"one line, and direct doesn't fill it", 0, 2e6, 1e6, 2e6, 1 << 40, []State{Wait, Show, Work}},
		{"nobody knows how much there is", 0, 2e6, 2e6, 2e6, -1, []State{Wait, Show, Rest}},
		{"direct does hardly anything", 0, 1e6, 5e4, 0, 1 << 40, []State{Wait, Work}},
		{"direct carries nothing", 0, 1e6, 0, 0, 1 << 40, []State{Wait, Work}},
		{"little is left", 0, 2e6, 5e5, 0, waitLeft - 1, []State{Work}},
		{"relays carry already", 5, 2e6, 5e5, 0, 1 << 40, []State{Work}},
	} {
		p := newPair()
		p.c.relays.begun, p.p.Left = false, c.left
		p.both(c.alone, c.relay, c.direct, c.line)
		p.direct.SlowStart(true)
		p.run(0.5, c.relay, c.direct, c.line)
		if got := p.c.State(); got != c.first[0] && c.direct > 2*waitRate {
			t.Errorf("%s: %v while it is in slow start", c.name, got)
		}
		p.direct.SlowStart(false)
		p.run(2, c.relay, c.direct, c.line)
		if n := min(len(c.first), len(p.states)); !slices.Equal(p.states[:n], c.first) {
			t.Errorf("%s: %v, want %v", c.name, p.states, c.first)
		}
	}
}

// Fails if relays take what there is before they are looked at for the first time, or if the
// time until there is something to send counts as slow start.
func TestRelaysWaitForContent(t *testing.T) {
	p := newPair()
	p.c.relays.begun, p.p.Waiting = false, false
	p.both(0, 0, 0, 0)
	p.direct.SlowStart(true)
	if p.run(30, 0, 0, 0); !slices.Equal(p.states, []State{Wait}) {
		t.Errorf("before there is anything to send: %v", p.states)
	}
	// What little is said before that doesn't grow, and is no slow start that is over.
	quiet := newPair()
	quiet.c.relays.begun, quiet.p.Waiting = false, false
	quiet.both(0, 0, 0, 0)
	quiet.run(3, 0, 1e3, 0)
	quiet.p.Waiting = true
	if quiet.run(0.3, 1e6, 1e6, 1e6); !slices.Equal(quiet.states, []State{Wait}) {
		t.Errorf("after some words: %v", quiet.states)
	}
	far := newPair()
	far.c.relays.begun = false
	far.both(0, 1e6, 0, 0)
	far.direct.Trip(waitTrip + time.Millisecond)
	if far.run(1, 1e6, 1e6, 0); !slices.Equal(far.states, []State{Work}) {
		t.Errorf("on a long way: %v", far.states)
	}
	p.p.Waiting = true
	if p.run((waitMost - waitSoon).Seconds(), 1e6, 1e6, 1e6); !slices.Equal(p.states, []State{Wait}) {
		t.Errorf("in slow start: %v", p.states)
	}
}

// Fails if relays wait for ever beside lanes that never come out of slow start, that don't
// tell, or that are gone.
func TestRelaysWaitNoLonger(t *testing.T) {
	for _, c := range []struct {
		name  string
		start func(*pair)
	}{
		{"always in slow start", func(p *pair) { p.direct.SlowStart(true) }},
		{"it doesn't tell", func(p *pair) {}},
		{"gone", func(p *pair) { p.run(0.2, 1e6, 1e6, 0); p.c.Remove(p.direct); p.direct = nil }},
	} {
		p := newPair()
		p.c.relays.begun = false
		p.both(0, 1e6, 1e6, 0)
		c.start(p)
		p.run((waitMost+startSpan+showTime).Seconds()+0.5, 1e6, 1e6, 0)
		if got := p.c.State(); p.count(Wait) != 1 || got != Work {
			t.Errorf("%s: %v", c.name, p.states)
		}
	}
}

// Fails if direct lanes pause to see what relays do alone while they still get faster: what
// they did then says nothing, and the pause costs what they have gained.
func TestNoPauseWhileItGrows(t *testing.T) {
	p := newPair()
	p.both(0.5, 2e6, 0, 0)
	for rate := 0.5e6; rate < 20e6; rate *= 1.4 {
		p.run(0.3, 2e6, rate, 0)
	}
	if p.count(Swap) != 0 {
		t.Errorf("states while the direct lane grows: %v", p.states)
	}
	p.run(8, 2e6, 20e6, 0)
	if p.count(Swap) != 1 {
		t.Errorf("states afterwards: %v", p.states)
	}
}

func TestRelaysWorkAgain(t *testing.T) {
	for _, c := range []struct {
		name          string
		relay, direct float64
		within        float64 // s
	}{
		{"direct does half", 1e6, 5e5, 4},
		{"the relay does twice as much", 2e6, 1e6, 12},
		{"direct does nothing", 1e6, 0, 4},
	} {
		p := newPair()
		p.both(5, 1e6, 1e6, 0)
		p.run(8, 1e6, 1e6, 0)
		if p.c.State() != Rest {
			t.Fatalf("%s: %v before", c.name, p.c.State())
		}
		if p.direct.Sent(1, at(p.t)); c.direct > 0 {
			p.direct.Acked(1, at(p.t))
		}
		p.run(c.within, c.relay, c.direct, 0)
		if p.c.State() != Work {
			t.Errorf("%s: %v after %v s, by %v", c.name, p.c.State(), c.within, p.states)
		}
	}
	p := newPair()
	p.both(5, 1e6, 1e6, 0)
	p.run(8, 1e6, 1e6, 0)
	p.c.Remove(p.direct)
	p.direct = nil
	if p.run(0.2, 1e6, 0, 0); p.c.State() != Work {
		t.Errorf("no direct lane: %v", p.c.State())
	}
}

// count returns how often relays came to a state.
func (p *pair) count(s State) (n int) {
	for _, x := range p.states {
		if x == s {
			n++
		}
	}
	return n
}

func TestLooks(t *testing.T) {
	p := newPair()
	p.both(5, 1e6, 1e6, 0)
	p.run(60, 1e6, 1e6, 0)
	if n := p.count(Look); n < 4 || n > 9 {
		t.Errorf("%d looks in a minute", n)
	}
	if n := p.count(Work); n > 1 {
		t.Errorf("worked again %d times, where nothing changes", n-1)
	}
	p = newPair()
	p.p.Battery = true
	p.both(5, 1e6, 1e6, 0)
	if p.run(60, 1e6, 1e6, 0); p.count(Look) > 0 {
		t.Error("looks on battery")
	}
	p = newPair()
	p.p.Left = 5e6
	p.both(5, 1e6, 1e6, 0)
	if p.run(60, 1e6, 1e6, 0); p.count(Look)+p.count(Yield)+p.count(Swap) > 0 {
		t.Errorf("5 s before the end: %v", p.states)
	}
}

// A limit that direct lanes reach has relays rest, one that they don't hasn't.
func TestRelaysRestAtALimit(t *testing.T) {
	for direct, want := range map[float64]State{1e6: Rest, 2e5: Work} {
		p := newPair()
		p.p.Limit = 5e5
		p.both(5, 5e5, 0, 0)
		p.run(40, min(5e5, 5e5-min(direct, 25e4)), min(direct, 25e4), 0)
		if direct == 1e6 {
			p.run(5, 0, 5e5, 0)
		}
		if got := p.c.State(); got != want {
			t.Errorf("direct does %v of 5e5: %v, want %v, by %v", direct, got, want, p.states)
		}
	}
}

// Fails if a rest that can't be judged, since a limit is reached, keeps everybody else from
// resting: UDP lanes beside TCP, and then a relay that comes up.
func TestAllRestAtALimit(t *testing.T) {
	p := newPair()
	p.p.Limit = 1e6
	p.direct = p.c.Add(TCP, at(p.t))
	udp := p.c.Add(UDP, at(p.t))
	play := func(seconds float64) {
		for range int(seconds / 0.05) {
			if udp.Room(at(p.t)) > 0 {
				udp.Sent(1000, at(p.t))
				udp.Acked(1000, at(p.t))
			}
			p.run(0.05, 4e5, 95e4, 0)
		}
	}
	play(10)
	p.relay = p.c.Add(Relay, at(p.t))
	play(20)
	if got := p.c.State(); got != Rest || p.c.udp.state != Rest {
		t.Errorf("relays %v, UDP %v", got, p.c.udp.state)
	}
}

// Fails if UDP lanes get less than half in a yield because there are many TCP lanes.
func TestHalfOfUDP(t *testing.T) {
	var c Chooser
	for range 4 {
		c.Add(TCP, at(0))
	}
	l := c.Add(UDP, at(0))
	l.Trip(halfTime * 4)
	c.udp.state, c.udp.g0 = Yield, 1e6
	if got := c.portion(l); got != 50_000 {
		t.Errorf("%d bytes may be under way, want 50000", got)
	}
}
