package session

import "time"

// Bounds on what is under way on one lane.
const (
	maxFlight  = 8 << 20 // bytes of content that the peer hasn't acknowledged
	maxRecords = 256     // records likewise
	askBytes   = 1 << 20 // an acknowledgement is asked for after so much,
	askRecords = 32
	askTime    = 200 * time.Millisecond // or so long
)

// A flight is what was sent on one lane and is not acknowledged: records in
// their order, with the pieces in each. It isn't safe for concurrent use.
type flight struct {
	first   int64 // number of the oldest record, from 0 on
	n       int
	ring    [maxRecords]flown
	bytes   int64
	wire    int64 // bytes of records
	arrived int64 // bytes of records that were acknowledged, in all
	window  window
	heard   time.Time // of the last acknowledgement; if nothing was under way then, when the next record left
	asked   time.Time // when an acknowledgement was asked for
	unasked int64     // bytes since then
	quiet   int       // records since then
}

// flown is a record. Its slice is used again for a later record.
type flown struct {
	of     Bulk // whose pieces
	pieces []Piece
	cost   int64
	wire   int64
	left   time.Time
	before int64     // what had arrived by then,
	since  time.Time // and heard
}

// full reports whether no more content may be sent now on a lane whose shortest
// round trip is rtt. What is no record of content has some records more.
func (f *flight) full(rtt time.Duration) bool {
	return f.n >= maxRecords-64 || f.bytes >= maxFlight || f.wire >= f.window.size(rtt)
}

// push notes a record with pieces, which are copied, and reports whether the
// record should ask for an acknowledgement. Idle says that nothing comes after
// it for now. How long it is is told to grow.
func (f *flight) push(of Bulk, pieces []Piece, idle bool, now time.Time) (ask bool) {
	r := &f.ring[(f.first+int64(f.n))%maxRecords]
	r.of, r.pieces = of, append(r.pieces[:0], pieces...)
	if f.n == 0 {
		f.heard = now
	}
	r.cost, r.wire, r.left, r.before, r.since = cost(pieces), 0, now, f.arrived, f.heard
	f.n++
	f.bytes += r.cost
	f.unasked += r.cost
	f.quiet++
	ask = idle || f.unasked >= askBytes || f.quiet >= askRecords || now.Sub(f.asked) >= askTime || f.window.rate() == 0
	if ask {
		f.unasked, f.quiet, f.asked = 0, 0, now
	}
	return ask
}

// grow notes that the record pushed last has n bytes more on the wire.
func (f *flight) grow(n int) {
	f.ring[(f.first+int64(f.n)-1)%maxRecords].wire += int64(n)
	f.wire += int64(n)
}

// newest returns the pieces of the record pushed last, to be changed.
func (f *flight) newest() []Piece {
	return f.ring[(f.first+int64(f.n)-1)%maxRecords].pieces
}

// ack takes out the records before number upTo and calls settle with the pieces
// and the cost of each.
func (f *flight) ack(upTo int64, now time.Time, settle func(Bulk, []Piece, int64)) error {
	if upTo > f.first+int64(f.n) {
		return broken("acknowledges a record that was never sent")
	}
	if upTo <= f.first {
		return nil
	}
	f.heard = now
	last := &f.ring[(upTo-1)%maxRecords]
	for f.first < upTo {
		r := &f.ring[f.first%maxRecords]
		f.arrived += r.wire
		f.window.pack(r.cost, r.wire)
		f.drop(settle)
	}
	f.window.note(f.arrived-last.before, now.Sub(last.since), now)
	return nil
}

// clear takes out everything, when the lane is lost.
func (f *flight) clear(settle func(Bulk, []Piece, int64)) {
	for f.n > 0 {
		f.drop(settle)
	}
}

// recall takes back the pieces of all records, as if the lane were lost, but the
// records stay: the lane may still bring them.
func (f *flight) recall(lost func(Bulk, []Piece, int64)) {
	for i := range int64(f.n) {
		r := &f.ring[(f.first+i)%maxRecords]
		if len(r.pieces) == 0 {
			continue
		}
		f.bytes -= r.cost
		lost(r.of, r.pieces, r.cost)
		r.of, r.pieces, r.cost = nil, r.pieces[:0], 0
	}
}

// overdue reports whether nothing has been acknowledged for so long, although there
// is content that left before.
func (f *flight) overdue(now time.Time, after time.Duration) bool {
	for i := range int64(f.n) {
		if r := &f.ring[(f.first+i)%maxRecords]; len(r.pieces) > 0 {
			return min(now.Sub(r.left), now.Sub(f.heard)) >= after
		}
	}
	return false
}

func (f *flight) drop(settle func(Bulk, []Piece, int64)) {
	r := &f.ring[f.first%maxRecords]
	f.first++
	f.n--
	f.bytes -= r.cost
	f.wire -= r.wire
	settle(r.of, r.pieces, r.cost)
	r.of = nil
}
