package session

import "time"

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
