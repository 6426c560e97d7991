package transit

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"sesame/internal/neterr"
	"sesame/internal/segments"
	"sesame/transit/way"
)

// maxAddresses is how many addresses of the peer and of relays are dialled in a
// session, however often the peer sends others.
const maxAddresses = 64

// maxForeign is how many of them may be of relays that only the peer names: as many
// as it can name at once.
const maxForeign = way.MaxRelays * way.MaxInner

// A search does what its ladder says, and tells it what happened. It is for one
// goroutine at a time.
type search struct {
	*ladder
	work    *reach
	ids     map[string]int // numbers of rungs, by address
	foreign int            // of ids, relays that only the peer named
	routes  map[int]planned
	errs    map[int]error // of the last dials
	stop    map[int]context.CancelFunc
	skipped []way.Attempt // what isn't tried of what the peer names last, and why
	size    segments.Size // of what is dialled: smaller when lanes have broken, maybe because large packets vanish
}

func newSearch(l *ladder, work *reach) *search {
	return &search{ladder: l, work: work, ids: map[string]int{}, routes: map[int]planned{}, errs: map[int]error{}, stop: map[int]context.CancelFunc{}}
}

// adopt makes rungs of what is planned, and returns their numbers in order.
func (s *search) adopt(p plan) (order []int, rungs map[int]rung) {
	s.skipped = p.skipped
	numbers := make([]int, len(p.routes))
	rungs = map[int]rung{}
	for i, rt := range p.routes {
		to := rt.Path
		address := fmt.Sprint(rt.by.way.Form().Type, to.Kind == way.RelayWebSocket, strings.ToLower(to.Remote), to.Via)
		id, known := s.ids[address]
		if !known && (len(s.ids) == maxAddresses || to.Foreign && s.foreign == maxForeign) {
			numbers[i] = noFallback
			continue
		}
		if !known {
			id = len(s.ids)
			s.ids[address] = id
			if to.Foreign {
				s.foreign++
			}
		}
		instead := noFallback
		if rt.Instead >= 0 {
			instead = numbers[rt.Instead]
		}
		numbers[i], s.routes[id] = id, rt
		rungs[id] = rung{tier: to.Tier(), both: rt.Both, further: rt.Further, most: holds(rt.Route), instead: instead, wait: rt.Wait}
		order = append(order, id)
	}
	return order, rungs
}

// holds returns how many lanes there may be to where a route leads: a relay's are for
// it to say, and where both dial each needs a port of its own.
func holds(rt way.Route) int {
	if rt.Both || rt.Path.Kind.Relayed() {
		return min(max(rt.Lanes, 1), maxLanes)
	}
	return maxLanes
}

// route returns where a rung leads.
func (s *search) route(id int) planned { return s.routes[id%maxAddresses] }

// replan has the ladder dial what is planned, at once if again is set.
func (s *search) replan(p plan, again bool, now time.Time) {
	order, rungs := s.adopt(p)
	s.do(s.replace(order, rungs, again, now))
}

// do dials, and ends dials. It returns the actions that are somebody else's.
func (s *search) do(actions []action) (rest []action) {
	for _, a := range actions {
		switch a.kind {
		case doDial:
			s.stop[a.id] = s.work.dial(a.id, s.route(a.id), s.size)
		case doStop:
			s.stop[a.id]()
		default:
			rest = append(rest, a)
		}
	}
	return rest
}

// note takes a report, and returns what the ladder is to be told.
func (s *search) note(rep report) event {
	e := rep.event
	if rep.accepted || e.kind != connFailed && e.kind != connStranger {
		return e
	}
	e.kind = s.why(rep)
	if e.kind == connFailed && s.vanished(rep) {
		s.size = s.size.Next()
	}
	s.ended(e.id, rep.err)
	return e
}

// ended notes what became of a dial.
func (s *search) ended(id int, err error) {
	s.errs[id] = err
	s.stop[id]()
}

// why returns what a failure tells about its address.
func (s *search) why(rep report) eventKind {
	var notRelay way.NoRelayError
	switch to := s.route(rep.id).Path; {
	case neterr.Is(rep.err, neterr.Refused):
		return connRefused
	case errors.As(rep.err, &notRelay) && to.Foreign:
		return connBarred
	case rep.kind == connFailed && to.Kind.Relayed() && neterr.Is(rep.err, neterr.Reset):
		return connReset
	}
	return rep.kind
}

// vanished reports whether the reason of a failed dial may be that large packets
// vanish: TLS sends some before there is a lane.
func (s *search) vanished(rep report) bool {
	if rep.accepted || s.route(rep.id).Path.Kind != way.RelayWebSocket || s.best() != none {
		return false
	}
	return neterr.Is(rep.err, neterr.TimedOut)
}

// noPath says why there is no connection: what became of the last dial of each
// address.
func (s *search) noPath() *NoPathError {
	e := new(NoPathError)
	for _, id := range s.order {
		rt, err := s.routes[id], s.errs[id]
		switch s.rungs[id].state {
		case ready:
			err = errNotGo
		case connected:
			err = os.ErrDeadlineExceeded
			if rt.Path.Kind.Relayed() {
				err = way.ErrAlone
			}
		case dialling:
			if err == nil {
				err = os.ErrDeadlineExceeded
			}
		}
		if err != nil {
			e.add(way.Attempt{Path: rt.Path, Err: err})
		}
	}
	for _, a := range s.skipped {
		e.add(a)
	}
	return e
}
