package native

// A piece is a part of a file that crosses in one frame.
type piece struct {
	index int32
	off   int64
	n     int64
}

// Bounds on what is under way on one lane.
const (
	maxFlight  = 8 << 20 // bytes of files that the peer hasn't acknowledged
	maxRecords = 256     // records likewise
	askBytes   = 1 << 20 // an acknowledgement is asked for after so much
	askRecords = 32
)

// A flight is what was sent on one lane and is not acknowledged: records in
// their order, with the pieces in each. It isn't safe for concurrent use.
type flight struct {
	first   int64 // number of the oldest record, from 0 on
	n       int
	ring    [maxRecords]flown
	bytes   int64
	unasked int64 // bytes since an acknowledgement was asked for
	quiet   int   // records likewise
}

// flown is a record. Its slice is used again for a later record.
type flown struct {
	pieces []piece
	cost   int64
}

// full reports whether no more content may be sent now. Control messages have
// some records more.
func (f *flight) full() bool { return f.n >= maxRecords-64 || f.bytes >= maxFlight }

// push notes a record with pieces, which are copied, and reports whether the
// record should ask for an acknowledgement. Idle says that nothing comes after
// it for now.
func (f *flight) push(pieces []piece, idle bool) (ask bool) {
	r := &f.ring[(f.first+int64(f.n))%maxRecords]
	r.pieces = append(r.pieces[:0], pieces...)
	r.cost = cost(pieces)
	f.n++
	f.bytes += r.cost
	f.unasked += r.cost
	f.quiet++
	ask = idle || f.unasked >= askBytes || f.quiet >= askRecords
	if ask {
		f.unasked, f.quiet = 0, 0
	}
	return ask
}

// cost is what pieces count in the window: what crosses, so a hole counts
// little more than nothing.
func cost(pieces []piece) int64 {
	var sum int64
	for _, p := range pieces {
		sum += min(p.n, maxChunk)
	}
	return sum
}

// newest returns the pieces of the record pushed last, to be changed.
func (f *flight) newest() []piece {
	return f.ring[(f.first+int64(f.n)-1)%maxRecords].pieces
}

// ack takes out the records before number upTo and calls settle with the pieces
// and the cost of each.
func (f *flight) ack(upTo int64, settle func([]piece, int64)) error {
	if upTo > f.first+int64(f.n) {
		return broken("acknowledges a record that was never sent")
	}
	for f.first < upTo {
		f.drop(settle)
	}
	return nil
}

// clear takes out everything, when the lane is lost.
func (f *flight) clear(settle func([]piece, int64)) {
	for f.n > 0 {
		f.drop(settle)
	}
}

func (f *flight) drop(settle func([]piece, int64)) {
	r := &f.ring[f.first%maxRecords]
	f.first++
	f.n--
	f.bytes -= r.cost
	settle(r.pieces, r.cost)
}

// each calls do with every piece in flight.
func (f *flight) each(do func(piece)) {
	for i := range int64(f.n) {
		for _, p := range f.ring[(f.first+i)%maxRecords].pieces {
			do(p)
		}
	}
}
