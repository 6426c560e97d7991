package transit

import (
	"net/netip"
	"slices"
	"time"

	"sesame/internal/addr"
)

// Times of a survey (doc/native.md §3.5).
const (
	surveyEvery = time.Second            // while nothing changes
	surveySoon  = 100 * time.Millisecond // while something does
	surveyCalm  = 250 * time.Millisecond // without a change, until the change is over
	surveyMost  = 2 * time.Second        // of changes, until they count all the same
)

// A survey notices that this computer has other addresses than before. An
// interface that comes up gets its addresses one after another, and those
// should make one change, not many. It has no sockets and no clock.
type survey struct {
	known []netip.Prefix // what was reported last
	seen  []netip.Prefix // what was there last
	began time.Time      // when what is there began to differ from known; else zero
	last  time.Time      // when it last changed
}

func newSurvey(own []netip.Prefix) *survey {
	own = reachable(own)
	return &survey{known: own, seen: own}
}

// look takes the addresses that there are now. It returns whether they have
// changed since it last said so, and which have gone; and when to look again.
func (s *survey) look(own []netip.Prefix, now time.Time) (changed bool, gone []netip.Addr, again time.Duration) {
	own = reachable(own)
	if !slices.Equal(own, s.seen) {
		s.seen, s.last = own, now
	}
	if slices.Equal(own, s.known) {
		s.began = time.Time{}
		return false, nil, surveyEvery
	}
	if s.began.IsZero() {
		s.began = now
	}
	if now.Sub(s.last) < surveyCalm && now.Sub(s.began) < surveyMost {
		return false, nil, surveySoon
	}
	for _, p := range s.known {
		if !slices.ContainsFunc(own, func(o netip.Prefix) bool { return o.Addr() == p.Addr() }) {
			gone = append(gone, p.Addr())
		}
	}
	s.known, s.began = own, time.Time{}
	return true, gone, surveyEvery
}

// reachable returns those addresses that others can use, in a fixed order.
// Link-local ones come and go with every interface, and mean nothing elsewhere.
func reachable(own []netip.Prefix) []netip.Prefix {
	var out []netip.Prefix
	for _, p := range own {
		if addr.Tellable(p.Addr()) {
			out = append(out, p)
		}
	}
	slices.SortFunc(out, func(a, b netip.Prefix) int { return a.Compare(b) })
	return slices.Compact(out)
}
