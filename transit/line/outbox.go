package line

// An outbox is what this side writes: bytes from the first that isn't acknowledged on,
// and which of them are to be sent, or sent again.
type outbox struct {
	ring    ring
	written uint64 // offset behind what was written
	sent    uint64 // offset behind what was sent once
	done    set    // acknowledged, beyond ring.base
	again   []span // to be sent again, in the order in which they were lost
	allowed uint64 // the peer's window, as an offset

	ended   bool // nothing more is written
	finSent bool
	finDone bool
}

// A piece is what a packet carries of an outbox.
type piece struct {
	at  uint64
	n   int
	fin bool
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
		s := &o.again[0]
		s.lo = min(s.hi, max(s.lo, o.ring.base))
		if s.lo < s.hi && !o.done.has(s.lo, s.hi) {
			return
		}
		o.again = o.again[1:]
	}
	o.again = nil
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
		s := &o.again[0]
		p.at, p.n = s.lo, int(min(s.hi-s.lo, uint64(most)))
		if s.lo += uint64(p.n); s.lo == s.hi {
			o.again = o.again[1:]
		}
		return p
	}
	p.at = o.sent
	if end := min(o.written, o.allowed); end > o.sent {
		p.n = int(min(uint64(most), end-o.sent))
		o.sent += uint64(p.n)
	}
	return p
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
	if p.n > 0 {
		o.again = append(o.again, span{p.at, p.at + uint64(p.n)})
	}
	if p.fin && !o.finDone {
		o.finSent = false
	}
}

// flushed reports whether all has arrived, and the end of it.
func (o *outbox) flushed() bool { return o.finDone && o.ring.base == o.written }
