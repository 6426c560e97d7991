package pipe

import (
	"time"

	"sesame/relay/source"
)

// An annex is for clients that have no ticket, because they haven't met at this server or know
// of none: a part of the places to wait, and a rate of its own.
type annex struct {
	held *source.Holdings[ID]
	rate source.Rate
}

// classicPart is which part of the places to wait those may take who have no ticket: one in so
// many.
const classicPart = 4

func newAnnex(l Limits) *annex {
	each, all := annexShare(l)
	return &annex{
		held: source.NewHoldings[ID](each, all),
		rate: source.NewRate(l.ClassicPerSource, time.Minute/time.Duration(l.ClassicPerSource), l.Remembered),
	}
}

func annexShare(l Limits) (each, all int) {
	all = max(1, l.Waiting/classicPart)
	return min(l.WaitingPerSource, all), all
}

func (a *annex) resize(to Limits) {
	a.held.Resize(annexShare(to))
	a.rate.Resize(to.ClassicPerSource, time.Minute/time.Duration(to.ClassicPerSource))
}

// open reports whether one more of a source may wait.
func (a *annex) open(s source.Source) bool { return a.held.Len() < a.held.All() && a.held.Room(s) }
