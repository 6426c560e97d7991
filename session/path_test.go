package session

import (
	"testing"
	"time"
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
