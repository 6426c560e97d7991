package choice

// assign gives the ways what they have room for. Lanes have a goroutine each, so they come
// in no order.
func (w *world) assign() {
	for again := true; again; {
		again = false
		first := w.rnd.IntN(len(w.ways))
		for k := range w.ways {
			x := w.ways[(first+k)%len(w.ways)]
			if x.lane != nil {
				again = w.offer(x) || again
			}
		}
	}
}

// offer gives a way one piece, if it has room and there is one.
func (w *world) offer(x *simWay) bool {
	if w.inFlight+pieceBytes > windowBytes || x.held+pieceBytes > x.cwnd*2+x.buffer || !w.room(x) {
		w.ask(x)
		return false
	}
	if w.blocked() {
		if !w.again(x) {
			w.ask(x)
			return false
		}
		return true
	}
	if w.cap > 0 && w.budget < pieceBytes {
		w.starved = w.starved || w.slow
		w.ask(x)
		return false
	}
	if id := w.take(); id >= 0 {
		w.give(x, id)
		w.budget -= pieceBytes
		return true
	}
	if !w.again(x) {
		w.ask(x)
		return false
	}
	return true
}

// room reports whether the rules let the way have another piece; a single one has what
// the session lets it have.
func (w *world) room(x *simWay) bool {
	if w.single >= 0 {
		return x.held+pieceBytes <= mostFlight
	}
	return x.lane.Room(w.now) >= pieceBytes
}

// blocked reports whether an ordered output waits for a piece that is somewhere.
func (w *world) blocked() bool {
	return w.ordered && len(w.lost) == 0 && w.next < w.pieces() && (w.next-w.low)*pieceBytes >= windowBytes
}

// ask has what was given acknowledged, as nothing follows for now.
func (w *world) ask(x *simWay) {
	if !x.quiet {
		return
	}
	x.quiet = false
	x.lane.Ask(0, true, w.now)
	if n := len(x.queue); n > 0 && x.gone < n {
		x.queue[n-1].asks = true
	} else {
		x.owes = true
		x.answer(w.t)
	}
}

// take returns the next piece, -1 if there is none.
func (w *world) take() int {
	for len(w.lost) > 0 {
		id := w.lost[0]
		w.lost = w.lost[1:]
		if !w.acked[id] {
			return id
		}
	}
	if w.next >= w.pieces() {
		return -1
	}
	w.next++
	return w.next - 1
}

func (w *world) give(x *simWay, id int) {
	b := w.bytes(id)
	if w.copies[id]++; w.copies[id] > 1 {
		w.twice += b
	}
	x.lane.Sent(int64(b), w.now)
	last := w.next >= w.pieces() && len(w.lost) == 0
	asks := x.lane.Ask(int64(b), last || w.inFlight+b+pieceBytes > windowBytes, w.now)
	x.quiet = !asks
	x.queue = append(x.queue, given{id: id, bytes: b, left: b, at: w.now, asks: asks})
	x.held += b
	w.inFlight += b
}

// again gives a way the piece that would come last elsewhere, if here it comes sooner, and
// reports whether there was one.
func (w *world) again(x *simWay) bool {
	if w.single >= 0 {
		return false
	}
	var from *simWay
	var at int
	var most = seconds(0)
	for _, y := range w.ways {
		if y == x || y.lane == nil {
			continue
		}
		ahead := int64(y.held)
		for k := len(y.queue) - 1; k >= 0; k-- {
			c := &y.queue[k]
			if !c.back && !c.twice && !w.acked[c.id] {
				if due := y.lane.Due(ahead, c.at, w.now); due > most && x.lane.Sooner(int64(c.bytes), due, w.now) {
					from, at, most = y, k, due
				}
				break
			}
			ahead -= int64(c.bytes)
		}
	}
	if from == nil {
		return false
	}
	from.queue[at].twice = true
	id := from.queue[at].id
	w.give(x, id)
	x.queue[len(x.queue)-1].twice = true
	return true
}
