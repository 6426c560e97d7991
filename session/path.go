package session

import (
	"time"

	"sesame/transit"
)

const (
	// measureSoon spaces the first soonPings of a lane. The others leave as signs
	// of life.
	measureSoon = 400 * time.Millisecond
	soonPings   = 3
	// measures is how many round trips are looked at, for about a minute: what is
	// under way makes them longer, so the shortest of them says how long the path
	// is. The longest of the last lately says what may be expected of it now.
	measures = 32
	lately   = 4
	// tellAfter is how long a path may be in use before the user is told of it,
	// measured or not.
	tellAfter = 500 * time.Millisecond
	// retellAfter is how long a round-trip time that was told is left alone.
	retellAfter = 5 * time.Second
)

// A gauge measures the round-trip time of a lane by its pings, of which several
// may be under way.
type gauge struct {
	number int64 // of the last ping
	last   time.Time
	left   [measures]time.Time // when the latest left, by number; zero once they were answered
	took   [measures]time.Duration
	n      int           // how many were measured
	least  time.Duration // the shortest of all; 0 while none was measured
}

// wants reports whether a ping should leave for the sake of measuring.
func (g *gauge) wants(now time.Time) bool {
	return g.number < soonPings && now.Sub(g.last) >= measureSoon
}

// ping notes that a ping leaves now, and returns its number.
func (g *gauge) ping(now time.Time) int64 {
	g.number++
	g.last = now
	g.left[g.number%measures] = now
	return g.number
}

// pong takes an answer. One to a ping that hasn't left, has been answered or left
// long ago means nothing.
func (g *gauge) pong(number int64, now time.Time) {
	if number > g.number || number <= g.number-measures || number < 1 {
		return
	}
	if left := g.left[number%measures]; !left.IsZero() {
		g.note(now.Sub(left))
	}
	for k := number; k > g.number-measures && k > 0; k-- {
		g.left[k%measures] = time.Time{} // of several at once the last is answered
	}
}

// woke forgets pings that were under way while this side didn't run.
func (g *gauge) woke() { clear(g.left[:]) }

// note takes a round-trip time, however it was measured.
func (g *gauge) note(d time.Duration) {
	d = max(d, 1)
	g.took[g.n%measures] = d
	g.n++
	if g.least == 0 || d < g.least {
		g.least = d
	}
}

// recent returns how long round trips take at present, what waits on the way
// included. Silence is how long nothing has come: a ping that wasn't answered
// when something came last tells, too.
func (g *gauge) recent(now time.Time, silence time.Duration) (d time.Duration) {
	for k := range min(g.n, lately) {
		d = max(d, g.took[(g.n-1-k)%measures])
	}
	if g.n == 0 {
		d = unmeasured
	}
	for _, left := range g.left {
		if !left.IsZero() {
			d = max(d, now.Sub(left)-silence)
		}
	}
	return d
}

// rtt returns the round-trip time, 0 while it isn't known.
func (g *gauge) rtt() (d time.Duration) {
	for i := range min(g.n, measures) {
		if d == 0 || g.took[i] < d {
			d = g.took[i]
		}
	}
	return d
}

// A telling is what the user was told of the path. It isn't safe for concurrent use.
type telling struct {
	path transit.Path
	at   time.Time // zero before the first
	cut  bool      // Lost was called, and Connected not since
}

// news reports whether the user should hear of p, which has been there since
// up. Last says that there will be no other time to.
func (t *telling) news(p transit.Path, up, now time.Time, last bool) bool {
	late := p.RTT > 0 || now.Sub(up) >= tellAfter || last
	switch {
	case !t.begun(), t.cut, !same(p, t.path):
		return late
	case p.RTT == 0, last:
		return false
	case t.path.RTT == 0:
		return true
	}
	apart := max(p.RTT, t.path.RTT) - min(p.RTT, t.path.RTT)
	return now.Sub(t.at) >= retellAfter && apart > 5*time.Millisecond && apart > t.path.RTT/2
}

// begun reports whether the user was told of a path.
func (t *telling) begun() bool { return !t.at.IsZero() }

// told notes that the user hears of p now.
func (t *telling) told(p transit.Path, now time.Time) { *t = telling{path: p, at: now} }

// same reports whether two paths are the same for people.
func same(a, b transit.Path) bool { return a.Words() == b.Words() }
