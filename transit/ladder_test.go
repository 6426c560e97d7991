package transit

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"sesame/transit/way"
)

// climb plays a ladder against a world in which things happen at given times,
// and returns what it did when, in milliseconds.
type climb struct {
	l     *ladder
	start time.Time
	now   time.Duration
	log   []string
	fate  map[int]pending // what becomes of each dial, and after what time
	due   []pending
}

type pending struct {
	at time.Duration
	e  event
}

func (c *climb) do(actions []action) {
	for _, a := range actions {
		switch a.kind {
		case doDial:
			c.log = append(c.log, fmt.Sprintf("%d dial %d", c.now.Milliseconds(), a.id))
			if f, ok := c.fate[a.id]; ok {
				c.due = append(c.due, pending{c.now + f.at, event{f.e.kind, a.id}})
			}
		case doStop:
			c.log = append(c.log, fmt.Sprintf("%d stop %d", c.now.Milliseconds(), a.id))
			c.due = slices.DeleteFunc(c.due, func(p pending) bool { return p.e.id == a.id })
			c.due = append(c.due, pending{c.now, event{connFailed, a.id}})
		}
	}
}

// until lets time pass.
func (c *climb) until(end time.Duration) {
	for range 10000 {
		next := c.l.wake(c.start.Add(c.now)).Sub(c.start)
		which := -1
		for i, p := range c.due {
			if p.at <= next && (which < 0 || p.at < c.due[which].at) {
				which = i
			}
		}
		e := event{kind: tick}
		if which >= 0 {
			next, e = c.due[which].at, c.due[which].e
			c.due = append(c.due[:which:which], c.due[which+1:]...)
		}
		if next > end {
			if which >= 0 {
				c.due = append(c.due, pending{next, e})
			}
			c.now = end
			return
		}
		c.now = next
		c.do(c.l.step(e, c.start.Add(c.now)))
	}
	panic("the ladder spins")
}

// tell lets something happen now.
func (c *climb) tell(kind eventKind, id int) {
	c.do(c.l.step(event{kind, id}, c.start.Add(c.now)))
}

// newClimb begins with rungs as in replace. What isn't in fate takes for ever.
func newClimb(kinds string, fate map[int]pending) *climb {
	c := &climb{start: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), fate: fate}
	c.l = newLadder(2, c.start)
	c.replace(kinds)
	return c
}

// replace gives the ladder rungs that are numbered as in the list: "d" direct,
// "r" a relay, "w" what stands in for the relay before it, "p" what punching has
// opened, "b" what both sides dial, "f" a further port of the peer's for that, "-" none. A further lane to where rung 1 leads is 65.
func (c *climb) replace(kinds string) {
	rungs, order := map[int]rung{}, []int(nil)
	for id, k := range kinds {
		if k == '-' {
			continue
		}
		c.l.wants.direct = c.l.wants.direct || k == 'd'
		r := rung{most: map[rune]int{'d': maxLanes, 'p': maxLanes, 'b': 1, 'f': 1, 'r': 2, 'w': 2}[k], tier: map[rune]way.Tier{'d': way.Straight, 'b': way.Straight, 'f': way.Straight, 'p': way.Punched, 'r': way.Relayed, 'w': way.Relayed}[k], both: k == 'b' || k == 'f', further: k == 'f', instead: noFallback}
		if k == 'w' {
			r.instead, r.wait = id-1, way.NextDelay
		}
		rungs[id] = r
		order = append(order, id)
	}
	c.do(c.l.replace(order, rungs, true, c.start.Add(c.now)))
}

func (c *climb) expect(t *testing.T, want string) {
	t.Helper()
	if got := strings.Join(c.log, ", "); got != want {
		t.Errorf("did\n\t%s\nwant\n\t%s", got, want)
	}
	c.log = nil
}

const ms = time.Millisecond

func TestLadderBegins(t *testing.T) {
	never := map[int]pending{}
	for _, c := range []struct {
		name, rungs string
		fate        map[int]pending
		until       time.Duration
		want        string
	}{
		{"nothing to dial", "", never, time.Hour, ""},
		{"direct at once, relay later, its second address after that", "ddrw", never, time.Minute,
			"0 dial 0, 10 dial 1, 100 dial 2, 600 dial 3"},
		{"only a relay", "rw", never, time.Minute, "0 dial 0, 500 dial 1"},
		{"only a relay, with nobody there", "rw", map[int]pending{0: {400 * ms, event{kind: connMade}}}, time.Minute, "0 dial 0, 2000 dial 1"},
		{"relay no sooner when our dials have failed: the peer may reach us", "dr", map[int]pending{0: {5 * ms, event{kind: connFailed}}}, 400 * ms,
			"0 dial 0, 100 dial 1"},
		{"second address when the first fails", "rw", map[int]pending{0: {50 * ms, event{kind: connFailed}}}, 400 * ms,
			"0 dial 0, 50 dial 1"},
		{"eight direct dials at once", "dddddddddd", never, 1900 * ms,
			"0 dial 0, 10 dial 1, 20 dial 2, 30 dial 3, 40 dial 4, 50 dial 5, 60 dial 6, 70 dial 7"},
		{"those that are silent for 2 s make room", "dddddddddd", never, 10 * time.Second,
			"0 dial 0, 10 dial 1, 20 dial 2, 30 dial 3, 40 dial 4, 50 dial 5, 60 dial 6, 70 dial 7, " +
				"2000 stop 0, 2000 dial 8, 2010 stop 1, 2010 dial 9"},
		{"nobody makes room for one that has failed", "dddddddd", map[int]pending{7: {0, event{kind: connFailed}}}, 2500 * ms,
			"0 dial 0, 10 dial 1, 20 dial 2, 30 dial 3, 40 dial 4, 50 dial 5, 60 dial 6, 70 dial 7, 570 dial 7, 1570 dial 7"},
		{"what both sides dial comes later", "dbr", map[int]pending{2: {0, event{kind: connReady}}}, 3 * time.Second,
			"0 dial 0, 100 dial 2, 1000 dial 1"},
		{"and again and again", "b", map[int]pending{0: {0, event{kind: connRefused}}}, 1410 * ms,
			"1000 dial 0, 1097 dial 0, 1231 dial 0, 1402 dial 0"},
		{"but not if there is another way past NATs", "pb", map[int]pending{0: {0, event{kind: connReady}}}, time.Minute,
			"0 dial 0"},
		{"nor twice", "b", map[int]pending{0: {0, event{kind: connReady}}}, time.Minute, "1000 dial 0"},
		{"the near one is there first", "dd", map[int]pending{0: {3 * ms, event{kind: connReady}}, 1: {3 * ms, event{kind: connReady}}}, time.Hour,
			"0 dial 0, 53 dial 64"},
		{"direct before the relay's turn", "dr", map[int]pending{0: {90 * ms, event{kind: connReady}}}, time.Hour,
			"0 dial 0, 140 dial 64"},
		{"direct while waiting at relays", "drwr", map[int]pending{0: {2500 * ms, event{kind: connReady}}}, 2530 * ms,
			"0 dial 0, 100 dial 1, 100 dial 3, 600 dial 2, 2500 stop 1, 2500 stop 2, 2500 stop 3"},
		{"relay first, direct replaces it", "ddr", map[int]pending{0: {time.Second, event{kind: connReady}}, 2: {10 * ms, event{kind: connReady}}}, time.Hour,
			"0 dial 0, 10 dial 1, 100 dial 2, 1000 stop 1, 1050 dial 64"},
		{"one relay is enough", "rr", map[int]pending{0: {10 * ms, event{kind: connReady}}}, time.Hour,
			"0 dial 0, 0 dial 1, 10 stop 1"},
		{"direct is tried on while there is a relay", "dr", map[int]pending{0: {10 * time.Second, event{kind: connFailed}}, 1: {0, event{kind: connReady}}}, 100 * time.Second,
			"0 dial 0, 100 dial 1, 40000 dial 0, 80000 dial 0"},
		{"a punched lane replaces the relay, direct replaces both", "drp", map[int]pending{
			0: {400 * ms, event{kind: connReady}}, 1: {10 * ms, event{kind: connReady}}, 2: {330 * ms, event{kind: connReady}}}, time.Hour,
			"0 dial 0, 0 dial 2, 100 dial 1, 450 dial 64"},
		{"a punched lane ends the wait at relays, and is enough", "rp", map[int]pending{1: {40 * ms, event{kind: connReady}}}, time.Hour,
			"0 dial 0, 0 dial 1, 40 stop 0"},
		{"direct goes on while there is a punched lane", "dp", map[int]pending{
			0: {time.Second, event{kind: connFailed}}, 1: {10 * ms, event{kind: connReady}}}, 40 * time.Second,
			"0 dial 0, 0 dial 1, 31000 dial 0"},
		{"two of those that are open at once", "pppp", never, time.Minute, "0 dial 0, 10 dial 1"},
		{"an open address is tried soon again, for all a relay does", "rp", map[int]pending{
			0: {0, event{kind: connReady}}, 1: {2 * time.Second, event{kind: connFailed}}}, 10 * time.Second,
			"0 dial 0, 0 dial 1, 2500 dial 1, 5500 dial 1, 9500 dial 1"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newClimb(c.rungs, c.fate)
			w.until(c.until)
			w.expect(t, c.want)
		})
	}
}

func TestLadderBacksOff(t *testing.T) {
	c := newClimb("d", map[int]pending{0: {0, event{kind: connRefused}}})
	c.until(20 * time.Second)
	c.expect(t, "0 dial 0, 500 dial 0, 1500 dial 0, 3500 dial 0, 7500 dial 0, 12500 dial 0, 17500 dial 0")
}

// A lane that breaks is replaced at once. If it was closed on purpose, that
// takes a moment, since the session may end with it.
func TestLadderReplacesLanes(t *testing.T) {
	for _, c := range []struct {
		name string
		end  eventKind
		one  string // what happens when one of two has ended
		both string // and a minute later the other
	}{
		{"broken", laneLost, "60050 dial 0", "120000 dial 0, 120100 dial 1"},
		{"closed", laneLeft, "90000 dial 0", "121000 dial 0, 121100 dial 1"},
	} {
		w := newClimb("dr", nil)
		w.tell(connReady, 0)
		w.tell(connReady, acceptedID(way.Straight))
		w.until(time.Minute)
		w.expect(t, "0 dial 0")
		w.tell(c.end, 0)
		w.until(2 * time.Minute)
		w.expect(t, c.one)
		w.tell(connFailed, 0)
		w.log = nil
		w.tell(c.end, acceptedID(way.Straight))
		w.until(122 * time.Second)
		w.expect(t, c.both)
	}
}

// Fails if a peer that sends hints all the time can have us dial an address that
// both sides dial without end.
func TestLadderBothIsBounded(t *testing.T) {
	fate := map[int]pending{}
	for id := range 4 {
		fate[id] = pending{0, event{kind: connRefused}}
	}
	c := newClimb("bbbb", fate)
	for c.now < 10*time.Minute {
		c.until(c.now + renewPause)
		c.replace("bbbb")
	}
	// Each address once for each of the hints, which isn't more than for others.
	if most := openTotal + 4*int(10*time.Minute/renewPause) + 4; c.l.opens > most {
		t.Errorf("%d dials in ten minutes, more than %d", c.l.opens, most)
	}
	c = newClimb("b", map[int]pending{0: {0, event{kind: connRefused}}})
	c.until(10 * time.Minute)
	if c.l.opens > openTries+2+int(10*time.Minute/slowPause) {
		t.Errorf("%d dials of one address in ten minutes", c.l.opens)
	}
}

// Fails if both sides begin at the same time with what both dial: their SYNs would cross.
func TestLadderOpensOneAfterTheOther(t *testing.T) {
	c := newClimb("b", map[int]pending{0: {0, event{kind: connRefused}}})
	c.l.second = true
	c.until(1900 * ms)
	c.expect(t, "1600 dial 0, 1697 dial 0, 1831 dial 0")
}

// An address that opens is dialled at once, and doesn't make others due.
func TestLadderOpens(t *testing.T) {
	c := newClimb("dr", map[int]pending{0: {0, event{kind: connFailed}}, 1: {0, event{kind: connReady}}})
	c.until(9 * time.Second)
	c.log = nil
	rungs := map[int]rung{0: {instead: noFallback}, 1: {tier: way.Relayed, instead: noFallback}, 2: {tier: way.Punched, instead: noFallback}}
	c.do(c.l.replace([]int{0, 2, 1}, rungs, false, c.start.Add(c.now)))
	c.until(29 * time.Second)
	c.expect(t, "9000 dial 2")
}

// Whoever was dialled doesn't dial back for a second lane.
func TestLadderLeavesMoreToTheDialler(t *testing.T) {
	c := newClimb("d", map[int]pending{0: {time.Second, event{kind: connFailed}}})
	c.tell(connReady, acceptedID(way.Straight))
	c.until(time.Hour)
	c.expect(t, "0 dial 0, 0 stop 0")
}

// What a relay has joined isn't ended: where two relays' connections, or two addresses
// of one, come up crosswise, each side would end the one that the other has counted on.
func TestLadderLeavesWhatIsJoined(t *testing.T) {
	c := newClimb("rw", nil)
	c.until(600 * ms)
	c.tell(connMade, 0)
	c.tell(connMade, 1)
	c.tell(connJoined, 0)
	c.tell(connReady, 1)
	c.expect(t, "0 dial 0, 500 dial 1")
	c.tell(connReady, 0)
	if n := c.l.lanes[way.Relayed]; n != 2 {
		t.Errorf("%d lanes of two", n)
	}
	c = newClimb("rw", nil)
	c.until(600 * ms)
	c.tell(connJoined, 0)
	c.tell(connStranger, 0) // the next one may be nobody
	c.tell(connMade, 0)
	c.tell(connReady, 1)
	c.expect(t, "0 dial 0, 500 dial 1, 600 dial 0, 600 stop 0")
}

func TestLadderStrangers(t *testing.T) {
	c := newClimb("r", map[int]pending{0: {100 * ms, event{kind: connStranger}}})
	c.until(3 * time.Second)
	c.expect(t, "0 dial 0, 100 dial 0, 200 dial 0, 800 dial 0, 900 dial 0, 1000 dial 0, 2100 dial 0, 2200 dial 0, 2300 dial 0")
}

// Hints make everything due, but a peer that repeats them doesn't make us a
// hammer.
func TestLadderHints(t *testing.T) {
	c := newClimb("d", map[int]pending{0: {0, event{kind: connFailed}}, 1: {0, event{kind: connFailed}}})
	c.until(9 * time.Second)
	c.log = nil
	for range 1000 {
		c.replace("d")
		c.until(c.now + ms)
	}
	c.expect(t, "9000 dial 0, 9500 dial 0")
	c.replace("dd")
	c.until(10100 * ms)
	c.expect(t, "10000 dial 1")
	c.replace("-d")
	c.until(10600 * ms)
	c.expect(t, "10500 dial 1")
}

// What is no longer hinted at is not dialled again, and its end is understood.
func TestLadderForgetsAddresses(t *testing.T) {
	c := newClimb("dr", nil)
	c.tell(connReady, 0)
	c.until(time.Second)
	c.log = nil
	c.replace("--d")
	c.tell(connFailed, 0) // the second lane
	c.until(10 * time.Second)
	c.expect(t, "")
	c.tell(laneLost, 0)
	c.until(time.Minute)
	c.expect(t, "10000 dial 2")
}

func TestLadderRefused(t *testing.T) {
	refuse, other := event{kind: connRefused}, event{kind: connFailed}
	for _, c := range []struct {
		name, rungs string
		fate        map[int]pending
		before      func(*climb)
		from        time.Duration // on it is refused; 0 for never
	}{
		{"nothing to dial", "", nil, nil, 0},
		{"only relays", "r", map[int]pending{0: {0, other}}, nil, 0},
		{"all refused", "dd", map[int]pending{0: {0, refuse}, 1: {0, refuse}}, nil, 20010 * ms},
		{"one times out", "dd", map[int]pending{0: {0, refuse}, 1: {10 * time.Second, other}}, nil, 0},
		{"a relay has somebody", "dr", map[int]pending{0: {0, refuse}, 1: {time.Second, event{kind: connStranger}}}, nil, 0},
		{"refused where the peer was", "dd", map[int]pending{0: {0, refuse}, 1: {10 * time.Second, other}}, func(c *climb) {
			c.tell(connReady, 0)
			c.until(time.Minute)
			c.tell(laneLost, 0)
		}, 80 * time.Second},
		{"refused where others live, with the peer behind a NAT", "dp", map[int]pending{0: {0, refuse}, 1: {10 * time.Second, other}}, func(c *climb) {
			c.tell(connReady, 1)
			c.until(time.Minute)
			c.tell(laneLost, 1)
			c.replace("d")
		}, 0},
		{"while a lane lives", "d", map[int]pending{0: {0, refuse}}, func(c *climb) { c.tell(connReady, acceptedID(way.Straight)) }, 0},
	} {
		w := newClimb(c.rungs, c.fate)
		if c.before != nil {
			c.before(w)
		}
		for w.now < 100*time.Second {
			w.until(w.now + 5*ms)
			if got, want := w.l.refused(w.start.Add(w.now)), c.from != 0 && w.now >= c.from; got != want {
				t.Errorf("%s: refused is %v after %v", c.name, got, w.now)
				break
			}
		}
	}
}

// However events fall, lanes are counted right, nothing spins, and there are
// never more than eight direct dials.
func FuzzLadder(f *testing.F) {
	f.Add([]byte{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10})
	f.Add([]byte{16, 17, 18, 40, 41, 42, 80, 81, 82, 200})
	f.Fuzz(func(t *testing.T, script []byte) {
		c := newClimb("dddddddddpbrwp", nil)
		var living []int
		for _, b := range script {
			id := int(b>>4) % 14
			r := c.l.rungs[id]
			switch kind := b & 15; {
			case kind < 4 && r.state != waiting:
				c.tell([]eventKind{connMade, connFailed, connRefused, connStranger}[kind], id)
			case kind == 4 && r.state != waiting:
				c.tell(connReady, id)
				living = append(living, id)
			case kind == 5 && len(living) < 16:
				accepted := acceptedID(way.Tier(id % 2))
				c.tell(connReady, accepted)
				living = append(living, accepted)
			case kind == 8 && r.state == connected:
				c.tell(connJoined, id)
			case kind < 8 && len(living) > 0:
				c.tell([]eventKind{laneLost, laneLeft}[kind&1], living[0])
				living = living[1:]
			default:
				c.until(c.now + time.Duration(b)*37*ms)
			}
			if n := c.l.lanes; n[way.Straight]+n[way.Punched]+n[way.Relayed] != len(living) {
				t.Fatalf("counts %v lanes of %d", n, len(living))
			}
			for i, most := range lanePace.parallel {
				if n := c.l.dialling(way.Tier(i)); n > most {
					t.Fatalf("%d dials at once", n)
				}
			}
		}
		// Once nothing answers any more, everything is tried again in time.
		for len(living) > 0 {
			c.tell(laneLost, living[0])
			living = living[1:]
		}
		for id, r := range c.l.rungs {
			if r.state != waiting {
				c.tell(connFailed, id)
			}
		}
		c.log = nil
		c.until(c.now + 10*time.Second)
		if len(c.log) == 0 {
			t.Fatal("nothing is dialled any more")
		}
	})
}
