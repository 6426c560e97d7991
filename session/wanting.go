package session

import (
	"time"

	"sesame/session/choice"
	"sesame/transit"
)

const (
	// A relay is wanted beside direct lanes if these have been busy for wantAfter, and
	// need wantLeft more at least: with less, it would be of use to nobody.
	wantAfter = 3 * time.Second
	wantLeft  = 10 * time.Second
)

// A wanting decides whether a lane through a relay is wanted beside direct ones, as they
// may carry less. It isn't safe for concurrent use.
type wanting struct {
	busy  time.Time // since when; zero if they aren't
	wants bool      // once and for all
}

// look takes what lies ahead, and reports whether one is wanted from now on.
func (w *wanting) look(f *fleet, p choice.Prospect, now time.Time) (news bool) {
	if w.wants || !p.Waiting || !f.far() {
		w.busy = time.Time{}
		return false
	}
	if w.busy.IsZero() {
		w.busy = now
	}
	rate := 0.0
	for _, t := range f.all {
		rate += t.lane.Rate(time.Second, now)
	}
	if now.Sub(w.busy) < wantAfter || p.Limit > 0 && rate > 0.9*float64(p.Limit) {
		return false
	}
	w.wants = p.Left < 0 || float64(p.Left) > rate*wantLeft.Seconds()
	return w.wants
}

// far reports whether there are direct lanes and no others, and not in one network: there
// a relay has nothing to add.
func (f *fleet) far() bool {
	for _, t := range f.all {
		if k := t.at.Path().Kind; k == transit.SameMachine || k == transit.SameNetwork || k.Relayed() {
			return false
		}
	}
	return len(f.all) > 0
}
