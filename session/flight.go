package session

import (
	"time"

	"sesame/session/choice"
)

// Bounds on what is under way on one lane.
const (
	maxFlight  = 8 << 20 // bytes of content that the peer hasn't acknowledged
	maxRecords = 256     // records likewise
)

// A flight is what was sent on one lane and is not acknowledged: records in their order,
// with the cargo of each. What the lane carries, and so how much that may be, its
// choice.Lane knows. It isn't safe for concurrent use.
type flight struct {
	lane    *choice.Lane
	first   int64 // number of the oldest record, from 0 on
	n       int
	ring    [maxRecords]flown
	bytes   int64 // of content that wasn't taken back
	wire    int64 // bytes of records
	arrived int64 // bytes of records that were acknowledged, in all
	window  window
	heard   time.Time // of the last acknowledgement; if nothing was under way then, when the next record left
	quiet   int       // records since an acknowledgement was asked for
}

// flown is a record.
type flown struct {
	cargo  *cargo // nil for control messages, and for what only asks
	cost   int64  // of the cargo, 0 once that was taken back
	wire   int64
	left   time.Time
	before int64     // what had arrived by then,
	since  time.Time // and heard
}

// full reports whether nothing more may be sent now on a lane whose shortest round trip
// is rtt. What isn't counted may.
func (f *flight) full(rtt time.Duration) bool {
	return f.n >= maxRecords-64 || f.bytes >= maxFlight || f.wire >= f.window.size(rtt)
}

// push notes a record with a cargo, which is nil for none, and reports whether the record
// should ask for an acknowledgement. Idle says that nothing comes after it for now. How
// long it is is told to grow.
func (f *flight) push(l *cargo, idle bool, now time.Time) (ask bool) {
	r := &f.ring[(f.first+int64(f.n))%maxRecords]
	if f.n == 0 {
		f.heard = now
	}
	*r = flown{cargo: l, left: now, before: f.arrived, since: f.heard}
	if l != nil {
		r.cost = l.cost
	}
	f.n++
	f.bytes += r.cost
	ask = f.lane.Ask(r.cost, idle || f.window.rate() == 0, now)
	if f.quiet++; ask {
		f.quiet = 0
	}
	return ask
}

// grow notes that the record pushed last has n bytes more on the wire.
func (f *flight) grow(n int, now time.Time) {
	f.record(f.first + int64(f.n) - 1).wire += int64(n)
	f.wire += int64(n)
	f.lane.Sent(int64(n), now)
}

// record returns the one with a number.
func (f *flight) record(number int64) *flown { return &f.ring[number%maxRecords] }

// ack takes out the records before number upTo and calls settle with the cargo of each
// that has one.
func (f *flight) ack(upTo int64, now time.Time, settle func(*cargo)) error {
	if upTo > f.first+int64(f.n) {
		return broken("acknowledges a record that was never sent")
	}
	if upTo <= f.first {
		return nil
	}
	f.heard = now
	last, arrived := *f.record(upTo - 1), f.arrived
	for f.first < upTo {
		r := f.record(f.first)
		f.arrived += r.wire
		if r.cargo != nil {
			f.window.pack(r.cargo.cost, r.wire)
		}
		f.drop(settle)
	}
	f.lane.Acked(f.arrived-arrived, now)
	f.window.note(f.arrived-last.before, now.Sub(last.since), now)
	return nil
}

// clear takes out everything, when the lane is lost.
func (f *flight) clear(lost func(*cargo)) {
	for f.n > 0 {
		f.drop(lost)
	}
}

func (f *flight) drop(do func(*cargo)) {
	r := f.record(f.first)
	f.first++
	f.n--
	f.bytes -= r.cost
	f.wire -= r.wire
	if r.cargo != nil {
		do(r.cargo)
	}
	r.cargo = nil
}

// recall takes back all cargoes, as if the lane were lost, but the records stay: the lane
// may bring them still.
func (f *flight) recall(held func(*cargo)) {
	for k := range int64(f.n) {
		if r := f.record(f.first + k); r.cost > 0 {
			f.bytes -= r.cost
			r.cost = 0
			held(r.cargo)
		}
	}
}

// last returns of the records that have content, from the newest on, the first for which
// good reports true, with how many bytes are under way up to its end; nil for none.
func (f *flight) last(good func(*cargo) bool) (r *flown, ahead int64) {
	ahead = f.wire
	for k := f.first + int64(f.n) - 1; k >= f.first; k-- {
		if r := f.record(k); r.cost > 0 && good(r.cargo) {
			return r, ahead
		}
		ahead -= f.record(k).wire
	}
	return nil, 0
}
