package session

import (
	"testing"
	"time"

	"sesame/transit"
)

// Fails if a round trip is taken from anything but the answer to a ping, or if one
// that was slow makes a path longer than it was found to be in the last minute.
func TestGauge(t *testing.T) {
	now := time.Unix(1000, 0)
	var g gauge
	if !g.wants(now) || g.rtt() != 0 {
		t.Fatal("a new lane isn't measured")
	}
	g.pong(0, now) // nobody asked
	first := g.ping(now)
	if g.wants(now) || !g.wants(now.Add(measureSoon)) {
		t.Error("the second ping isn't due when it should be")
	}
	g.pong(first+1, now.Add(time.Millisecond)) // to a ping that hasn't left
	g.pong(first, now.Add(40*time.Millisecond))
	g.pong(first, now.Add(50*time.Millisecond)) // again
	if g.rtt() != 40*time.Millisecond || g.n != 1 {
		t.Errorf("%v after %d round trips", g.rtt(), g.n)
	}
	for i := range measures {
		d := 30 * time.Millisecond
		if i > 0 {
			d = time.Duration(600+i) * time.Millisecond
		}
		if g.rtt() > 40*time.Millisecond {
			t.Errorf("%v is said to be the shortest of the last round trips", g.rtt())
		}
		sent := now.Add(time.Duration(i+1) * pingEvery)
		g.pong(g.ping(sent), sent.Add(d))
	}
	g.pong(g.ping(now), now.Add(650*time.Millisecond))
	if g.rtt() != 601*time.Millisecond || g.least != 30*time.Millisecond {
		t.Errorf("%v is said to be the shortest of the last round trips, which a longer way has; and %v of all", g.rtt(), g.least)
	}
}

// Fails if pings that overtake their answers aren't measured, which happens where
// a round trip takes longer than from one ping to the next; or if one that is
// overdue isn't noticed while other things come in.
func TestGaugeOfSlowLine(t *testing.T) {
	now := time.Unix(1000, 0)
	var g gauge
	for range 3 {
		g.ping(now)
		now = now.Add(pingEvery)
	}
	if d := g.recent(now, 0); d != 3*pingEvery {
		t.Errorf("nothing answered for %v, and round trips take %v", 3*pingEvery, d)
	}
	if d := g.recent(now, 3*pingEvery); d != unmeasured {
		t.Errorf("nothing has come at all, and round trips take %v", d)
	}
	g.pong(1, now)
	if g.rtt() != 3*pingEvery {
		t.Errorf("round trip of %v", g.rtt())
	}
	g.pong(3, now) // the second was never answered
	if d := g.recent(now.Add(time.Hour), 0); g.rtt() != pingEvery || d != 3*pingEvery {
		t.Errorf("round trips of %v at least, %v now", g.rtt(), d)
	}
	g.ping(now)
	g.woke()
	if d := g.recent(now.Add(time.Hour), 0); d != 3*pingEvery {
		t.Errorf("round trips of %v after this side slept", d)
	}
}

// Fails if the user isn't told of a path when there is news of it, or is told
// of what is none.
func TestNewsOfAPath(t *testing.T) {
	up := time.Unix(1000, 0)
	at := func(d time.Duration) time.Time { return up.Add(d) }
	path := func(k transit.Kind, ms int) transit.Path {
		return transit.Path{Kind: k, RTT: time.Duration(ms) * time.Millisecond}
	}
	direct := telling{path: path(transit.ThroughNAT, 30), at: up}
	cut := direct
	cut.cut = true
	for _, c := range []struct {
		name string
		old  telling
		p    transit.Path
		now  time.Time
		last bool
		want bool
	}{
		{"the first, measured", telling{}, path(transit.ThroughNAT, 30), up, false, true},
		{"the first, not measured", telling{}, path(transit.ThroughNAT, 0), up, false, false},
		{"the first, not measured for long", telling{}, path(transit.ThroughNAT, 0), at(tellAfter), false, true},
		{"the first, at the end", telling{}, path(transit.ThroughNAT, 0), up, true, true},
		{"another sort", direct, path(transit.RelayTCP, 48), at(1), false, true},
		{"another sort, not measured", direct, path(transit.RelayTCP, 0), at(1), false, false},
		{"a way after none", cut, path(transit.ThroughNAT, 30), at(1), false, true},
		{"the same", direct, path(transit.ThroughNAT, 30), at(time.Hour), false, false},
		{"a little further", direct, path(transit.ThroughNAT, 44), at(time.Hour), false, false},
		{"much further", direct, path(transit.ThroughNAT, 46), at(time.Hour), false, true},
		{"much further, just after the last news", direct, path(transit.ThroughNAT, 90), at(time.Second), false, false},
		{"much nearer", direct, path(transit.ThroughNAT, 10), at(time.Hour), false, true},
		{"much further, at the end", direct, path(transit.ThroughNAT, 90), at(time.Hour), true, false},
	} {
		if got := c.old.news(c.p, up, c.now, c.last); got != c.want {
			t.Errorf("%s: news %v, want %v", c.name, got, c.want)
		}
	}
}
