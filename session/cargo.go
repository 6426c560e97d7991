package session

import "slices"

// A cargo is the content of one record: pieces of one exchange. It may be under way on
// two lanes, when one of them is slow; the first that brings it settles it. It isn't
// safe for concurrent use.
type cargo struct {
	of     turn
	pieces []Piece
	cost   int64
	lanes  [2]int  // numbers of those that it is under way on, 0 for none
	held   [2]bool // one of these has held it up: what it brings comes when it comes
	counts bool    // in the window: a lane that works has it
	due    bool    // it waits for a lane that takes it again
	again  bool    // it was sent on a second lane, where it has cost something
	over   bool    // it has arrived, or is the exchange's own again
}

// on reports whether the cargo is under way on a lane.
func (l *cargo) on(lane int) bool { return l.lanes[0] == lane || l.lanes[1] == lane }

// alone reports whether it is under way on one lane at most.
func (l *cargo) alone() bool { return l.lanes[0] == 0 || l.lanes[1] == 0 }

// off notes that it isn't under way on a lane any more.
func (l *cargo) off(lane int) {
	for i, on := range l.lanes {
		if on == lane {
			l.lanes[i], l.held[i] = 0, false
		}
	}
}

// hold notes that a lane holds it up.
func (l *cargo) hold(lane int) {
	for i, on := range l.lanes {
		l.held[i] = l.held[i] || on == lane
	}
}

// moves reports whether it is under way on a lane that hasn't held it up.
func (l *cargo) moves() bool {
	return l.lanes[0] != 0 && !l.held[0] || l.lanes[1] != 0 && !l.held[1]
}

// copies reports whether it may be sent on a second lane, with at most so many bytes in a
// record: as it is. A hole may be longer than its bytes could be, if there were some.
func (l *cargo) copies(most int64) bool {
	return !l.over && l.alone() && !l.of.x.Over() && l.cost <= most &&
		!slices.ContainsFunc(l.pieces, func(p Piece) bool { return p.N > MaxChunk })
}

// doubles reports whether it may be sent on a second lane though it is under way, in a
// record with at most so many bytes.
func (l *cargo) doubles(most int64) bool {
	return !l.again && !l.due && l.of.x.twice+l.cost <= MaxWindow && l.copies(most)
}

// A freight is all cargoes that a side has under way, and those that wait to be sent
// again. It isn't safe for concurrent use.
type freight struct {
	bytes int64    // of cargoes that count in the window
	due   []*cargo // some of which may have arrived meanwhile
}

// put notes that a cargo leaves on a lane.
func (f *freight) put(l *cargo, lane int) {
	free := 0
	if l.lanes[0] != 0 {
		free = 1
	}
	if l.lanes[1-free] != 0 && !l.again {
		l.again = true
		l.of.x.twice += l.cost
	}
	l.lanes[free], l.due = lane, false
	f.count(l)
}

func (f *freight) count(l *cargo) {
	if !l.counts {
		l.counts = true
		f.bytes += l.cost
	}
}

func (f *freight) discount(l *cargo) {
	if l.counts {
		l.counts = false
		f.bytes -= l.cost
	}
}

// arrived notes that a lane has brought a cargo, and reports whether it was the first.
func (f *freight) arrived(l *cargo, lane int) (first bool) {
	l.off(lane)
	first = !l.over
	f.close(l)
	return first
}

// close ends what is awaited of a cargo.
func (f *freight) close(l *cargo) {
	f.discount(l)
	l.over, l.due = true, false
}

// gone notes that a lane is lost that had a cargo. It reports whether it has to be sent
// again, in whatever records.
func (f *freight) gone(l *cargo, lane int) (lost bool) {
	l.off(lane)
	if l.again {
		l.again = false
		l.of.x.twice -= l.cost
	}
	switch {
	case l.over || l.moves():
		return false
	case l.lanes != [2]int{}: // the other lane holds it up, and may do so for ever
		return !l.due && f.resend(l)
	}
	f.close(l)
	return true
}

// recall has a cargo sent again that is held up on a lane, which may bring it still. It
// reports whether it can't be sent as it is: then it has to be in other records.
func (f *freight) recall(l *cargo, lane int) (lost bool) {
	if l.over || l.due || !l.on(lane) {
		return false
	}
	l.hold(lane)
	if !l.alone() { // one of the two is enough to know of
		l.off(lane)
	}
	if l.moves() {
		return false
	}
	return f.resend(l)
}

// resend has a cargo sent again that no lane brings for now. It reports whether it can't be
// sent as it is: then it has to be in other records.
func (f *freight) resend(l *cargo) (lost bool) {
	f.discount(l)
	if l.copies(MaxChunk) {
		l.due = true
		f.due = append(f.due, l)
		return false
	}
	f.close(l)
	return true
}

// waits reports whether a cargo is to be sent again.
func (f *freight) waits() bool {
	return slices.ContainsFunc(f.due, func(l *cargo) bool { return l.due })
}

// next returns a cargo that is to be sent again on a lane, in a record with at most so
// many bytes of content. One that is too large for that is lost, and comes in others.
// Both are nil if there is none.
func (f *freight) next(lane int, most int64) (again, lost *cargo) {
	for k := 0; k < len(f.due); k++ {
		l := f.due[k]
		switch {
		case !l.due || l.of.x.Over():
			l.due = false
		case l.on(lane):
			continue
		case l.copies(most):
			again = l
		default:
			f.close(l)
			lost = l
		}
		f.due = slices.Delete(f.due, k, k+1)
		k--
		if again != nil || lost != nil {
			return again, lost
		}
	}
	return nil, nil
}
