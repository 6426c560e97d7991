package choice

import "time"

// A Why is the reason for which a way carries most.
type Why int

const (
	Only   Why = iota // there is no other
	Faster            // it carries more than the others
	Nearer            // it does as well as a relay, which rests
)

// String returns the word for programs: "only", "faster" or "nearer".
func (w Why) String() string { return [...]string{"only", "faster", "nearer"}[w] }

// A Carrier is a way that has lanes, and what it carries.
type Carrier struct {
	Way   string // what tells it from others for people
	Relay bool
	Rate  float64 // bytes a second, of all its lanes together, over about 2 s
}

// A Line is what people are told: which way carries most, and why.
type Line struct {
	Way     string
	Why     Why
	Carries float64 // bytes a second
	Share   float64 // part of what all ways carry, 0 to 1
}

// A Telling decides what people are told, and when: what carries, without flicker. The
// zero value has told nothing. It isn't safe for concurrent use.
type Telling struct {
	told    Line
	begun   bool
	moved   bool      // something has been carried
	changed time.Time // when another line was told than before; zero if that never was
	rival   Line      // what would be told instead,
	since   time.Time // and since when
}

// Look takes the ways that there are, the nearest first, and returns what is to be told of
// them, and whether it is to be told now: the first line at once, another one if it has
// held for leadTime, and no two such changes within changeGap.
func (t *Telling) Look(now time.Time, ways []Carrier) (Line, bool) {
	lead, there := t.lead(ways)
	same := lead.Way == t.told.Way && lead.Why == t.told.Why
	switch {
	case len(ways) == 0, same && t.begun:
		if same {
			t.told = lead
		}
		t.rival = Line{}
		return t.told, false
	case !t.begun:
		t.told, t.begun = lead, true
		return lead, true
	case lead.Way != t.rival.Way || lead.Why != t.rival.Why:
		t.rival, t.since = lead, now
	}
	hold := leadTime
	if lead.Way == t.told.Way { // one that has just come up hasn't shown yet what it can do
		hold = reasonTime
	}
	if there && now.Sub(t.since) < hold || !t.changed.IsZero() && now.Sub(t.changed) < changeGap {
		return t.told, false
	}
	t.told, t.changed = lead, now
	return lead, true
}

// Cut notes that no way was left, of which people know: the next line is a first one.
func (t *Telling) Cut() { *t = Telling{} }

// lead returns the line of the way that carries most, and whether the one is there that
// was told: another one must carry leadBy times as much.
func (t *Telling) lead(ways []Carrier) (l Line, there bool) {
	best, sum := -1, 0.0
	for i, w := range ways {
		sum += w.Rate
		t.moved = t.moved || w.Rate > 0
		if there = there || t.begun && w.Way == t.told.Way; best < 0 || t.weight(w) > t.weight(ways[best]) {
			best = i
		}
	}
	if best < 0 {
		return l, false
	}
	w := ways[best]
	l = Line{Way: w.Way, Carries: w.Rate, Share: 1}
	if sum > 0 {
		l.Share = w.Rate / sum
	}
	if len(ways) > 1 {
		l.Why = Faster
		if !w.Relay && nearer(ways, best, sum) {
			l.Why = Nearer
		}
	}
	return l, there
}

// weight is what a way carries, and more for the one that was told.
func (t *Telling) weight(w Carrier) float64 {
	if t.begun && t.moved && w.Way == t.told.Way {
		return leadBy*w.Rate + 1
	}
	return w.Rate
}

// nearer reports whether all ways but one are relays, and rest.
func nearer(ways []Carrier, but int, sum float64) bool {
	for i, w := range ways {
		if i != but && (!w.Relay || w.Rate > restShare*sum) {
			return false
		}
	}
	return true
}
