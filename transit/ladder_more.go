package transit

import (
	"time"

	"sesame/transit/way"
)

// This file is which lanes are wanted besides the first: several of a sort, and of
// another sort beside it (doc/native.md §3.4, §3.6).

// maxLanes is how many lanes of a sort there may be with one peer.
const maxLanes = way.MaxLanes

// wants are the lanes that a ladder is to hold.
type wants struct {
	lanes  [way.Tiers]int // of each tier, once there is one
	direct bool           // the peer can be reached directly, as far as one can tell, so that the first may be such a one
	relay  bool           // one through a relay beside direct ones,
	since  time.Time      // since then
	udp    bool           // one over UDP beside TCP
}

// A further rung is another lane to where one rung leads, and has a number from 1 on:
// rung id + number · maxAddresses. At relays both sides have to come with the same.

// aim sets how many lanes of a tier are wanted. What was closed because there were too
// many is due again if there are more.
func (l *ladder) aim(t way.Tier, n int) {
	if n > l.wants.lanes[t] {
		for id, r := range l.rungs {
			if id >= maxAddresses && r.tier == t {
				r.failed = time.Time{}
			}
		}
	}
	l.wants.lanes[t] = n
}

// beside sets whether a relay's lane is wanted beside direct ones, and one over UDP
// beside TCP.
func (l *ladder) beside(relay, udp bool, now time.Time) {
	if relay && !l.wants.relay {
		l.wants.since = now
	}
	l.wants.relay, l.wants.udp = relay, udp
}

// extra reports whether a tier is wanted beside better ones.
func (w *wants) extra(t way.Tier) bool {
	return t == way.Relayed && w.relay || t == way.Punched && w.udp
}

// lacks reports whether one of a tier is wanted beside better ones, and isn't there.
func (l *ladder) lacks(t way.Tier) bool { return l.lanes[t] == 0 && l.wants.extra(t) }

// wanted reports whether a dial of r is of use beside the lanes that there are: for one
// more of the same, or for one beside better ones. Relays' lanes may carry more than
// direct ones, and be there for that.
func (l *ladder) wanted(r *rung) bool {
	return l.lacks(r.tier) || r.further || r.proven && l.lanes[r.tier] > 0 && r.tier != way.Punched
}

// branches are the further rungs of a ladder.
type branches struct{ *ladder }

// rung returns a further rung, or the first of its address.
func (l branches) rung(id int) *rung {
	if l.rungs[id] == nil {
		first := l.rungs[id%maxAddresses]
		l.rungs[id] = &rung{tier: first.tier, most: first.most, instead: noFallback, proven: true}
	}
	return l.rungs[id]
}

// A branch is a rung that is to be dialled for a further lane, and when.
type branch struct {
	id  int
	due time.Time
}

// all returns the rungs that are to be dialled for further lanes. Whoever has dialled the
// first dials them.
func (l branches) all() (all []branch) {
	for t, want := range l.wants.lanes {
		t := way.Tier(t)
		missing := min(want-l.lanes[t], l.parallel[t]) - l.dialling(t)
		if l.lanes[t] == 0 || missing <= 0 {
			continue
		}
		stem := l.stem(t)
		for n := 0; stem != noFallback && n < l.rungs[stem].most && missing > 0; n++ {
			b := branch{stem + n*maxAddresses, l.last.Add(moreDelay)}
			if r := l.rungs[b.id]; r != nil {
				if r.held || r.state != waiting {
					continue
				}
				if !r.failed.IsZero() {
					b.due = latest(b.due, r.failed.Add(slowPause))
				}
			}
			all = append(all, b)
			missing--
		}
	}
	return all
}

// stem returns the address to which further lanes of a tier lead: the one of most lanes,
// of those that are proven.
func (l branches) stem(t way.Tier) int {
	stem, most := noFallback, -1
	for _, id := range l.order {
		r := l.rungs[id]
		if r.tier != t || !r.proven || r.further || !l.wanted(r) {
			continue
		}
		held := 0
		for n := range r.most {
			if f := l.rungs[id+n*maxAddresses]; f != nil && f.held {
				held++
			}
		}
		if held > most {
			stem, most = id, held
		}
	}
	return stem
}
