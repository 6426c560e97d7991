package transit

import (
	"log/slog"
	"net/netip"
	"time"

	"sesame/transit/way"
)

// A hunt is what Lanes know of the peer and of their lanes. It is for one goroutine
// at a time: the lock of Lanes guards it.
type hunt struct {
	*search // nil before the key is known
	at      *station
	hints   []Hint         // the peer's, latest first
	held    map[*Lane]bool // by their users or waiting for them; true while they work
	crop    crop
	closed  bool
}

// begun reports whether there is a search.
func (h *hunt) begun() bool { return h.search != nil }

// on reports whether there is one that goes on.
func (h *hunt) on() bool { return h.begun() && !h.closed }

// tell takes hints of the peer, the latest, and what it says of our messages.
func (h *hunt) tell(peer []Hint, seen int, log *slog.Logger) {
	h.hints = mergeHints(h.at.ways, peer, h.hints)
	h.crop.theirs = way.AsksOf(h.hints)
	if h.begun() {
		h.wants.direct = h.at.hopes(h.hints)
		h.ask(time.Now())
	}
	log.Debug("the other side says where it is", "addresses", hintAddresses(peer))
	h.replan(true, time.Now())
	h.at.came(seen)
}

// replan has all addresses dialled that may be. With again, they are dialled at once.
func (h *hunt) replan(again bool, now time.Time) {
	if h.on() {
		h.search.replan(h.at.plan(h.hints), again, now)
		h.seek()
	}
}

// step lets the ladder decide.
func (h *hunt) step(e event, now time.Time) {
	if h.on() {
		h.do(h.ladder.step(e, now))
		h.seek()
	}
}

// seek has ways looked for while there is none that leads straight to the peer, and while
// one over UDP is wanted beside TCP.
func (h *hunt) seek() {
	h.at.seek(h.best() > way.Punched, h.wants.udp && h.lanes[way.Punched] == 0)
}

// note takes a report. A lane that has come up is held already.
func (h *hunt) note(rep report, now time.Time) {
	e := h.search.note(rep)
	if e.kind == connReady && !rep.accepted {
		h.ended(e.id, nil)
	}
	h.step(e, now)
}

// hold keeps a lane that has come up.
func (h *hunt) hold(l *Lane) {
	l.size = h.size
	h.held[l], h.crop.lanes = true, true
}

// relayed returns a lane that leads through a relay, nil if there is none.
func (h *hunt) relayed() *Lane {
	for l, works := range h.held {
		if works && l.path.Kind.Relayed() {
			return l
		}
	}
	return nil
}

// end notes that a lane is of no use any more.
func (h *hunt) end(l *Lane, id int, orderly bool, now time.Time) {
	h.held[l] = false
	h.crop.gone[l.path.Tier()] += l.moved()
	if orderly {
		h.step(event{laneLeft, id}, now)
		return
	}
	h.shrink(l)
	h.step(event{laneLost, id}, now)
	if h.on() && h.best() == none {
		h.at.lost()
	}
}

// idle reports whether no lane of a tier is there.
func (h *hunt) idle(t way.Tier) bool { return !h.begun() || h.lanes[t] == 0 }

// refresh takes the addresses that we have, as somebody has seen who looked again.
func (h *hunt) refresh(own []netip.Prefix, now time.Time) {
	h.at.moved(own, false, h.idle)
	h.replan(true, now)
}

// moved takes the addresses that we have now, of which some may be gone.
func (h *hunt) moved(own []netip.Prefix, gone bool, now time.Time) {
	if h.on() {
		h.do(h.ladder.moved(gone, now))
	}
	h.at.moved(own, true, func(t way.Tier) bool { return gone || h.idle(t) })
	h.replan(true, now)
}

// shrink makes what is dialled from now on use smaller segments, since l has
// broken: maybe large packets vanish on its way. If they were small on l already,
// that is only believed where l has carried nothing large, as far as its user
// knows.
func (s *search) shrink(l *Lane) {
	if l.size == s.size && (s.size == 0 || !l.carried.Load()) {
		s.size = s.size.Next()
		s.work.log.Debug("segments are smaller from now on", "size", int(s.size))
	}
}
