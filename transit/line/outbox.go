package line

// An outbox is what this side writes: bytes from the first that isn't acknowledged on,
// and which of them are to be sent, or sent again.
type outbox struct {
	ring    ring
	written uint64  // offset behind what was written
	sent    uint64  // offset behind what was sent once
	done    set     // acknowledged, beyond ring.base
	again   []piece // to be sent again, in the order in which they were lost
	allowed uint64  // the peer's window, as an offset

	ended   bool // nothing more is written
	finSent bool
	finDone bool
}

// A piece is what a packet carries of an outbox.
type piece struct {
	at    uint64
	n     int
	fin   bool
	tries byte // how often it got lost before
	spare bool // another packet carries the same
}

// held returns how many bytes wait for their acknowledgement.
func (o *outbox) held() uint64 { return o.written - o.ring.base }

// write takes what fits into limit bytes, and returns how much that is.
func (o *outbox) write(p []byte, limit uint64) int {
	if o.held() >= limit || o.ended {
		return 0
	}
	p = p[:min(uint64(len(p)), limit-o.held())]
	o.ring.grow(o.written+uint64(len(p)), o.written)
	o.ring.put(o.written, p)
	o.written += uint64(len(p))
	return len(p)
}

// waiting reports whether there is something to send within the peer's window.
func (o *outbox) waiting() bool {
	o.tidy()
	return len(o.again) > 0 || o.sent < min(o.written, o.allowed) || o.ended && !o.finSent && o.sent == o.written
}

// tidy drops what was to be sent again and has arrived since.
func (o *outbox) tidy() {
	for len(o.again) > 0 {
		p := &o.again[0]
		p.pass(o.ring.base)
		if p.n > 0 && !o.done.has(p.at, p.at+uint64(p.n)) {
			return
		}
		o.again = o.again[1:]
	}
	o.again = nil
}

// pass drops what is below an offset.
func (p *piece) pass(base uint64) {
	if base > p.at {
		k := min(base-p.at, uint64(p.n))
		p.at, p.n = p.at+k, p.n-int(k)
	}
}

// put writes DATA and FIN into b, as far as there is something to send, and returns how
// much it wrote.
func (o *outbox) put(b []byte) (p piece, n int) {
	if room := len(b) - dataHead; room > 0 {
		p = o.pick(room)
		if p.n > 0 {
			putDataHead(b, p.at, p.n)
			n = dataHead + p.n
			o.ring.get(p.at, b[dataHead:n])
		}
	}
	if o.ended && !o.finSent && o.sent == o.written && len(b)-n >= finSize {
		n += putFin(b[n:], o.written)
		p.fin, o.finSent = true, true
	}
	return p, n
}

// pick chooses at most so many bytes: what is to be sent again first.
func (o *outbox) pick(most int) (p piece) {
	o.tidy()
	if len(o.again) > 0 {
		lost := &o.again[0]
		p = *lost
		p.n = min(lost.n, most)
		if lost.pass(p.at + uint64(p.n)); lost.n == 0 {
			o.again = o.again[1:]
		}
		o.double(p)
		return p
	}
	p.at = o.sent
	if end := min(o.written, o.allowed); end > o.sent {
		p.n = int(min(uint64(most), end-o.sent))
		o.sent += uint64(p.n)
	}
	return p
}

// double has a piece sent once more that was lost twice, or if nothing else is left:
// what is behind it waits for it, and costs another round each time.
func (o *outbox) double(p piece) {
	if !p.spare && (p.tries >= doubledAfter || o.sent == o.written) {
		p.spare = true
		o.again = append(o.again, p)
	}
}

// arrived notes that a piece has, and returns how many bytes are new.
func (o *outbox) arrived(p piece) (fresh uint64) {
	if end := p.at + uint64(p.n); p.n > 0 && end > o.ring.base {
		fresh = o.done.add(max(p.at, o.ring.base), end)
	}
	o.finDone = o.finDone || p.fin
	if len(o.done) > 0 && o.done[0].lo <= o.ring.base {
		o.ring.base = max(o.ring.base, o.done[0].hi)
		o.done = o.done[1:]
	}
	return fresh
}

// lost has a piece sent again.
func (o *outbox) lost(p piece) {
	if p.n > 0 && !p.spare {
		o.again = append(o.again, piece{at: p.at, n: p.n, tries: min(p.tries, doubledAfter) + 1})
	}
	if p.fin && !o.finDone {
		o.finSent = false
	}
}

// flushed reports whether all has arrived, and the end of it.
func (o *outbox) flushed() bool { return o.finDone && o.ring.base == o.written }
