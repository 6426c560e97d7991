package line

import "time"

// This file is what a machine sends, and when.

// An outgoing packet is one to be sealed and sent.
type outgoing struct {
	n      int // bytes; 0 is none
	number uint64
	aside  bool // to the address at which the peer is asked whether it is there
}

// next writes the next packet into b, of largest bytes without header and seal, if one
// may be sent now. Ahead is how much time before its turn is early enough.
func (m *machine) next(now, ahead time.Duration, b []byte) outgoing {
	switch {
	case m.flight.next >= lastNumber || m.over():
		return outgoing{}
	case m.closing > 0:
		m.closing--
		b[0], b[1] = frameClose, m.code
		return m.leave(now, closeSize, piece{}, false)
	case m.asking:
		m.asking = false
		o := m.leave(now, putToken(b, frameChallenge, m.question), piece{}, false)
		o.aside = true
		return o
	}
	if size := m.sizer.due(now); size > 0 && m.flight.flying > 0 && !m.ctl.guessed && m.ready(now, ahead) {
		return m.probe(now, size, b)
	}
	return m.ordinary(now, ahead, b[:m.sizer.size-headerSize-tagSize])
}

// ready reports whether a packet with data may leave.
func (m *machine) ready(now, ahead time.Duration) bool {
	return m.urgent > 0 || m.paceAt <= now+ahead && m.flight.room()
}

// ordinary is next for what the stream needs.
func (m *machine) ordinary(now, ahead time.Duration, b []byte) outgoing {
	data := m.out.waiting() && m.ready(now, ahead)
	if !data && m.paceAt < now { // only what a busy computer has missed is made up for
		m.paceAt = max(m.paceAt, now-m.ctl.quantum(now))
	}
	ping := !data && (m.urgent > 0 || m.pingDue(now))
	due := m.acks.due(now)
	if !data && !ping && !due && !m.answering {
		return outgoing{}
	}
	n := 0
	if due || !data && m.acks.waiting > 0 { // with data, only what is due
		m.in.said = m.in.offer()
		n = m.acks.put(now, m.in.said, b)
	}
	if m.answering && len(b)-n >= challengeSize {
		m.answering = false
		n += putToken(b[n:], frameResponse, m.answer)
	}
	var p piece
	if data {
		var k int
		p, k = m.out.put(b[n:])
		n += k
	}
	if ping {
		b[n] = framePing
		n++
		m.pinged = now
	}
	if n == 0 {
		return outgoing{}
	}
	return m.leave(now, n, p, ping || p.n > 0 || p.fin)
}

// probe writes a packet of padding of that size.
func (m *machine) probe(now time.Duration, size int, b []byte) outgoing {
	b = b[:size-headerSize-tagSize]
	clear(b)
	b[0] = framePing
	m.sizer.flying = true
	o := m.leave(now, len(b), piece{}, true)
	m.flight.record(o.number).probe = int32(size)
	return o
}

// leave notes that a packet of n bytes is sent; with wants one that wants an ACK.
func (m *machine) leave(now time.Duration, n int, p piece, wants bool) outgoing {
	r, number := m.flight.begin(now)
	r.piece, r.size = p, int32(n+overhead)
	if wants { // what only acknowledges has the pace of what it acknowledges
		m.urgent = max(0, m.urgent-1)
		m.flight.fly(now, r, m.out.waiting())
		m.paceAt = max(m.paceAt, now-m.ctl.credit(now)) + time.Duration(float64(r.size)/m.ctl.pace()*float64(time.Second))
	}
	return outgoing{n: n, number: number}
}

// pingDue reports whether it has been quiet for so long that a NAT may forget us.
func (m *machine) pingDue(now time.Duration) bool {
	return now >= max(m.heard, m.pinged)+pingAfter
}

// wake returns when tick and next are to be called, if no packet comes before.
func (m *machine) wake(now time.Duration) time.Duration {
	if m.closing > 0 || m.asking || m.answering || m.urgent > 0 {
		return now
	}
	at := min(max(m.heard, m.pinged)+pingAfter, m.heard+silence)
	if m.out.waiting() && m.flight.room() {
		at = min(at, m.paceAt)
	}
	if due, ever := m.acks.at(); ever {
		at = min(at, due)
	}
	for _, t := range [...]time.Duration{m.flight.lostAt, m.flight.retryAt} {
		if t > 0 {
			at = min(at, t)
		}
	}
	return at
}

// tick does what is due.
func (m *machine) tick(now time.Duration) {
	if now >= m.heard+silence && m.err == nil {
		m.err = errSilent
		return
	}
	gone := func(r *record) { m.gone(now, r) }
	if !m.flight.tick(now, gone) {
		return
	}
	m.flight.overdue(now, gone)
	m.urgent = urgentPackets
	if m.flight.timeouts >= shrinkAfter && m.sizer.size > smallest {
		m.shrink(now)
	}
}
