package transit

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"sesame/transit/way"
)

// A moment of a search: what happens when, and the actions that must follow.
type moment struct {
	at   time.Duration
	what event
	want string // actions, as doString writes them
}

func doString(actions []action) string {
	names := map[actionKind]string{doDial: "dial", doChoose: "choose", doAdopt: "adopt", doGiveUp: "give up"}
	var all []string
	for _, a := range actions {
		if a.kind == doGiveUp {
			all = append(all, names[a.kind])
			continue
		}
		all = append(all, fmt.Sprint(names[a.kind], " ", a.id))
	}
	return strings.Join(all, ", ")
}

var (
	toPeer    = rung{instead: noFallback}
	toRelay   = rung{tier: way.Relayed, instead: noFallback}
	insteadOf = func(id int) rung { return rung{tier: way.Relayed, instead: id, wait: way.NextDelay} }
)

// newFirstChoice returns a ladder of the classic protocol with rungs that are numbered as in
// the list.
func newFirstChoice(role Role, list []rung, listening bool, now time.Time) *ladder {
	l := newClassicLadder(role, listening, now)
	rungs, order := map[int]rung{}, []int(nil)
	for id, r := range list {
		rungs[id] = r
		order = append(order, id)
	}
	l.set(order, rungs)
	return l
}

func TestFirstChoice(t *testing.T) {
	const accepted = 100 // a number beyond all rungs
	ms := time.Millisecond
	for _, c := range []struct {
		name      string
		role      Role
		listening bool
		rungs     []rung
		moments   []moment
	}{
		{"direct wins at once", Leader, true, []rung{toPeer, toRelay}, []moment{
			{0, event{tick, 0}, "dial 0"},
			{5 * ms, event{connMade, 0}, ""},
			{9 * ms, event{connReady, 0}, "choose 0"},
		}},
		{"an accepted connection wins at once", Leader, true, []rung{toPeer, toRelay}, []moment{
			{0, event{tick, 0}, "dial 0"},
			{9 * ms, event{connReady, accepted}, "choose 100"},
		}},
		{"relays get a head start taken from them", Leader, true, []rung{toPeer, toRelay}, []moment{
			{0, event{tick, 0}, "dial 0"},
			{999 * ms, event{tick, 0}, ""},
			{1000 * ms, event{tick, 0}, "dial 1"},
		}},
		{"relay at once when there is nothing direct", Follower, true, []rung{toRelay, toRelay}, []moment{
			{0, event{tick, 0}, "dial 0, dial 1"},
		}},
		{"relay at once when all direct dials have failed", Leader, true, []rung{toPeer, toPeer, toRelay}, []moment{
			{0, event{tick, 0}, "dial 0, dial 1"},
			{10 * ms, event{connFailed, 0}, ""},
			{20 * ms, event{connFailed, 1}, "dial 2"},
		}},
		{"a relay waits for the direct dial that is under way", Leader, false, []rung{toPeer, toRelay}, []moment{
			{0, event{tick, 0}, "dial 0"},
			{1000 * ms, event{tick, 0}, "dial 1"},
			{1100 * ms, event{connReady, 1}, ""},
			{2599 * ms, event{tick, 0}, ""},
			{2600 * ms, event{tick, 0}, "choose 1"},
		}},
		{"direct overtakes the relay in its grace", Leader, false, []rung{toPeer, toRelay}, []moment{
			{0, event{tick, 0}, "dial 0"},
			{1000 * ms, event{tick, 0}, "dial 1"},
			{1100 * ms, event{connReady, 1}, ""},
			{1500 * ms, event{connReady, 0}, "choose 0"},
		}},
		{"the grace ends with the last direct dial", Leader, false, []rung{toPeer, toRelay}, []moment{
			{0, event{tick, 0}, "dial 0"},
			{1000 * ms, event{tick, 0}, "dial 1"},
			{1100 * ms, event{connReady, 1}, ""},
			{1200 * ms, event{connFailed, 0}, "choose 1"},
		}},
		{"the peer gets time to dial us", Leader, true, []rung{toRelay}, []moment{
			{0, event{tick, 0}, "dial 0"},
			{50 * ms, event{connReady, 0}, ""},
			{499 * ms, event{tick, 0}, ""},
			{500 * ms, event{tick, 0}, "choose 0"},
		}},
		{"no grace without a direct way", Leader, false, []rung{toRelay}, []moment{
			{0, event{tick, 0}, "dial 0"},
			{50 * ms, event{connReady, 0}, "choose 0"},
		}},
		{"a relay that breaks in its grace isn't chosen", Leader, true, []rung{toRelay}, []moment{
			{0, event{tick, 0}, "dial 0"},
			{50 * ms, event{connReady, 0}, ""},
			{60 * ms, event{connFailed, 0}, ""},
			{500 * ms, event{tick, 0}, ""},
		}},
		{"a relay that resets the connection, for 10 s", Follower, false, []rung{toRelay}, []moment{
			{0, event{tick, 0}, "dial 0"},
			{10 * ms, event{connReset, 0}, ""},
			{1009 * ms, event{tick, 0}, ""},
			{1010 * ms, event{tick, 0}, "dial 0"},
			{9000 * ms, event{connReset, 0}, ""},
			{10000 * ms, event{tick, 0}, "dial 0"},
			{10001 * ms, event{connReset, 0}, "give up"},
		}},
		{"a relay that resets the connection once, then strangers", Follower, false, []rung{toRelay}, []moment{
			{0, event{tick, 0}, "dial 0"},
			{0, event{connReset, 0}, ""},
			{1000 * ms, event{tick, 0}, "dial 0"},
			{1100 * ms, event{connStranger, 0}, "dial 0"},
			{1200 * ms, event{connStranger, 0}, "dial 0"},
			{1300 * ms, event{connStranger, 0}, "give up"},
		}},
		{"WebSocket when the relay's TCP address fails", Leader, false, []rung{toRelay, insteadOf(0)}, []moment{
			{0, event{tick, 0}, "dial 0"},
			{10 * ms, event{connFailed, 0}, "dial 1"},
		}},
		{"WebSocket when the relay's TCP address is silent", Leader, false, []rung{toRelay, insteadOf(0)}, []moment{
			{0, event{tick, 0}, "dial 0"},
			{499 * ms, event{tick, 0}, ""},
			{500 * ms, event{tick, 0}, "dial 1"},
		}},
		{"WebSocket when there is TCP on which nobody comes", Leader, false, []rung{toRelay, insteadOf(0)}, []moment{
			{0, event{tick, 0}, "dial 0"},
			{400 * ms, event{connMade, 0}, ""},
			{1999 * ms, event{tick, 0}, ""},
			{2000 * ms, event{tick, 0}, "dial 1"},
		}},
		{"no WebSocket when TCP is ready", Follower, false, []rung{toRelay, insteadOf(0)}, []moment{
			{0, event{tick, 0}, "dial 0"},
			{100 * ms, event{connReady, 0}, ""},
			{5000 * ms, event{tick, 0}, ""},
		}},
		{"a stranger at the relay: three tries", Leader, false, []rung{toRelay}, []moment{
			{0, event{tick, 0}, "dial 0"},
			{10 * ms, event{connStranger, 0}, "dial 0"},
			{20 * ms, event{connStranger, 0}, "dial 0"},
			{30 * ms, event{connStranger, 0}, "give up"},
		}},
		{"the peer comes after a stranger", Leader, false, []rung{toRelay}, []moment{
			{0, event{tick, 0}, "dial 0"},
			{10 * ms, event{connStranger, 0}, "dial 0"},
			{20 * ms, event{connReady, 0}, "choose 0"},
		}},
		{"a stranger at a direct address isn't asked again", Leader, true, []rung{toPeer}, []moment{
			{0, event{tick, 0}, "dial 0"},
			{10 * ms, event{connStranger, 0}, ""},
		}},
		{"eight direct dials at once", Follower, true, []rung{toPeer, toPeer, toPeer, toPeer, toPeer, toPeer, toPeer, toPeer, toPeer, toPeer, toRelay}, []moment{
			{0, event{tick, 0}, "dial 0, dial 1, dial 2, dial 3, dial 4, dial 5, dial 6, dial 7"},
			{10 * ms, event{connFailed, 3}, "dial 8"},
			{20 * ms, event{connMade, 0}, ""},
			{30 * ms, event{connFailed, 0}, "dial 9"},
		}},
		{"two finish at once: one go", Leader, true, []rung{toPeer, toPeer}, []moment{
			{0, event{tick, 0}, "dial 0, dial 1"},
			{10 * ms, event{connReady, 1}, "choose 1"},
			{10 * ms, event{connReady, 0}, ""},
			{10 * ms, event{connReady, accepted}, ""},
			{60 * time.Second, event{tick, 0}, ""},
		}},
		{"a receiver chooses nothing", Follower, true, []rung{toPeer, toRelay}, []moment{
			{0, event{tick, 0}, "dial 0"},
			{10 * ms, event{connReady, 0}, ""},
			{20 * ms, event{connReady, accepted}, ""},
			{1000 * ms, event{tick, 0}, "dial 1"},
			{1100 * ms, event{connReady, 1}, ""},
			{1200 * ms, event{connChosen, 1}, "adopt 1"},
			{1300 * ms, event{connChosen, 0}, ""},
		}},
		{"a receiver adopts an accepted one", Follower, true, nil, []moment{
			{0, event{tick, 0}, ""},
			{10 * ms, event{connReady, accepted}, ""},
			{20 * ms, event{connChosen, accepted}, "adopt 100"},
		}},
		{"nothing to try and nobody can come", Leader, false, nil, []moment{
			{0, event{tick, 0}, "give up"},
		}},
		{"all failed and nobody can come", Follower, false, []rung{toPeer, toRelay}, []moment{
			{0, event{tick, 0}, "dial 0"},
			{10 * ms, event{connFailed, 0}, "dial 1"},
			{20 * ms, event{connFailed, 1}, "give up"},
		}},
		{"all failed but somebody may come", Follower, true, []rung{toPeer}, []moment{
			{0, event{tick, 0}, "dial 0"},
			{10 * ms, event{connFailed, 0}, ""},
			{59999 * ms, event{tick, 0}, ""},
			{60 * time.Second, event{tick, 0}, "give up"},
		}},
		{"progress puts off the end", Follower, true, []rung{toRelay}, []moment{
			{0, event{tick, 0}, "dial 0"},
			{9 * time.Second, event{connMade, 0}, ""},
			{68 * time.Second, event{tick, 0}, ""},
			{69 * time.Second, event{tick, 0}, "give up"},
		}},
		{"but not for ever", Follower, true, []rung{toRelay}, []moment{
			{0, event{tick, 0}, "dial 0"},
			{50 * time.Second, event{connReady, accepted}, ""},
			{100 * time.Second, event{connReady, accepted + 1}, ""},
			{119 * time.Second, event{tick, 0}, ""},
			{120 * time.Second, event{tick, 0}, "give up"},
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			start := time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC)
			r := newFirstChoice(c.role, c.rungs, c.listening, start)
			for i, m := range c.moments {
				if i > 0 {
					before := start.Add(c.moments[i-1].at)
					if wake := r.wake(before); m.what.kind == tick && m.want != "" && !wake.Equal(start.Add(m.at)) {
						t.Errorf("after %v wakes at %v, want %v", c.moments[i-1].at, wake.Sub(start), m.at)
					}
				}
				if got := doString(r.step(m.what, start.Add(m.at))); got != m.want {
					t.Fatalf("%v %v: %q, want %q", m.at, m.what, got, m.want)
				}
			}
		})
	}
}

func TestFirstChoiceLimitsDials(t *testing.T) {
	rungs := make([]rung, 50)
	for i := range rungs {
		rungs[i] = toPeer
		if i%2 == 0 {
			rungs[i] = toRelay
		}
	}
	dials, now := 0, time.Time{}.Add(time.Hour)
	r := newFirstChoice(Leader, rungs, true, now)
	queue := r.step(event{tick, 0}, now)
	for len(queue) > 0 {
		a := queue[0]
		queue = queue[1:]
		if a.kind == doDial {
			dials++
		}
		now = now.Add(100 * time.Millisecond)
		queue = append(queue, r.step(event{connStranger, a.id}, now)...)
	}
	if dials != maxDials {
		t.Errorf("%d dials, want %d", dials, maxDials)
	}
}

// A chosen connection that was dead before anything was said doesn't end the
// search.
func TestFirstChoiceReopens(t *testing.T) {
	start := time.Now()
	r := newFirstChoice(Leader, []rung{toPeer, toPeer}, true, start)
	r.step(event{tick, 0}, start)
	if got := doString(r.step(event{connReady, 7}, start)); got != "choose 7" {
		t.Fatal(got)
	}
	if got := doString(r.end.reopen(7, start)); got != "" {
		t.Errorf("reopened: %q", got)
	}
	if got := doString(r.step(event{connReady, 1}, start)); got != "choose 1" {
		t.Errorf("then: %q", got)
	}
}

// Fails if a search is given up because this process didn't run for a while.
func TestFirstChoiceSleeps(t *testing.T) {
	start := time.Unix(1, 0)
	r := newFirstChoice(Follower, []rung{toPeer, toRelay}, true, start)
	r.step(event{tick, 0}, start)
	r.step(event{tick, 0}, start.Add(30*time.Second))
	const gap = 10 * time.Minute
	r.end.slept(gap)
	if got := doString(r.step(event{tick, 0}, start.Add(gap+stallTime-time.Second))); got != "" {
		t.Errorf("after waking up: %s", got)
	}
	if got := doString(r.step(event{tick, 0}, start.Add(gap+stallTime))); got != "give up" {
		t.Errorf("at the end: %q", got)
	}
}
