// Package level decides how hard a server defends itself, 0 to 3, by what it has seen in
// the last minute. It has no clock, no goroutines and does no locking: calls say when they
// are made.
//
// What a source does within or beyond its own limits harms nobody else, and counts for
// nothing here: otherwise one address could have a server turn away those who come for the
// first time. Pressure is what comes from many.
//
// Source: doc/relay.md §5.5.
package level

import "time"

// Max is the highest level.
const Max = 3

// Seen are sums of what has come since the server began.
type Seen struct {
	Tries   int64 // connections that the limits of their own source allowed
	Rushed  int64 // of them, those refused for want of what all share
	Late    int64 // of those, the ones of sources that had hardly tried
	Claims  int64 // of nameplates
	Strange int64 // of them, those of nameplates that nobody held, that were crowded, or that came to nothing; a few of each source
}

func (s Seen) since(o Seen) Seen {
	return Seen{s.Tries - o.Tries, s.Rushed - o.Rushed, s.Late - o.Late, s.Claims - o.Claims, s.Strange - o.Strange}
}

const (
	// Window is how long what is seen counts.
	Window = time.Minute
	// Calm is how long there must be less pressure until the level goes down by one.
	Calm = 5 * time.Minute

	step = 5 * time.Second
)

// A Why says what has moved a level.
type Why string

const (
	Connections Why = "connections" // too many of them
	Claims      Why = "claims"      // of nameplates that nobody holds, or where two have met
	Quiet       Why = "quiet"       // it has been quiet for a while
)

// A Machine is a level that is moved by what is seen. It rises at once and falls slowly.
// The zero Machine is at 0.
type Machine struct {
	past  []mark // from the last minute, and one from before
	level int
	calm  time.Time // since when there has been less pressure than the level stands for
}

type mark struct {
	at   time.Time
	seen Seen
}

// Level returns the level as of the last Look.
func (m *Machine) Level() int { return m.level }

// Look takes the sums as they are now, and returns the level, and, if that is another one
// than before, why. It is to be called every second or so.
func (m *Machine) Look(sums Seen, now time.Time) (level int, why Why) {
	for len(m.past) > 1 && now.Sub(m.past[1].at) >= Window {
		m.past = m.past[1:]
	}
	if n := len(m.past); n == 0 || now.Sub(m.past[n-1].at) >= step {
		m.past = append(m.past, mark{now, sums})
	}
	wanted, because := pressure(sums.since(m.past[0].seen))
	switch {
	case wanted > m.level:
		m.level, m.calm = wanted, time.Time{}
		return m.level, because
	case wanted == m.level:
		m.calm = time.Time{}
	case m.calm.IsZero():
		m.calm = now
	case now.Sub(m.calm) >= Calm:
		m.level, m.calm = m.level-1, now
		return m.level, Quiet
	}
	return m.level, ""
}

// A stage is from what on a level holds: so many in a minute, which are so large a part of
// all, one of so many.
type stage struct {
	least int64
	oneOf int64
}

// Stages, from level 1 on.
var (
	rushed  = stage{600, 4}
	late    = [...]stage{{300, 10}, {3000, 2}} // of levels 2 and 3
	strange = [...]stage{{60, 4}, {300, 2}, {3000, 2}}
)

func (s stage) reached(n, all int64) bool { return n >= s.least && n*s.oneOf >= all }

// pressure returns the level that suits what was seen in a minute.
func pressure(s Seen) (level int, why Why) {
	if rushed.reached(s.Rushed, s.Tries) {
		level, why = 1, Connections
	}
	for i, st := range late {
		if st.reached(s.Late, s.Tries-s.Rushed+s.Late) {
			level, why = i+2, Connections
		}
	}
	for i, st := range strange {
		if i+1 > level && st.reached(s.Strange, s.Claims) {
			level, why = i+1, Claims
		}
	}
	return level, why
}
