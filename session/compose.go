package session

import "time"

// A plan is what a lane's writing goroutine does next.
type plan struct {
	end   bool // the lane has been taken out
	typ   byte
	b     []byte // frames, after record.HeaderSize
	send  bool   // there is a record to send
	cargo *cargo // content that is to be appended, if there is any
	slow  bool   // packing content can make the lane faster
	wait  time.Duration
}

// next says what goes out next on a lane. Frames are appended to b, the pieces of
// content are those of the plan's cargo.
func (st *state) next(t *traffic, b []byte, now time.Time) plan {
	if t.dead {
		return plan{end: true}
	}
	p := plan{typ: recordAside}
	ready := t.flight.n < maxRecords
	var quicker *traffic
	if st.ackDue || st.out.pending() {
		if quicker = st.lanes.quicker(t, now); quicker != nil {
			quicker.wakeUp()
		}
	}
	p.b = st.aside(t, b, quicker == nil, now)
	n := len(p.b)
	if ready && !t.flight.full(t.gauge.least) && quicker == nil {
		p.b = st.out.appendTo(p.b, t.number, int(t.flight.window.record()))
	}
	counted := len(p.b) > n
	p.send = len(p.b) > 0
	if !p.send && ready && !st.over {
		counted, p.wait = st.content(t, &p, now)
		p.send = counted
	}
	if counted {
		idle := p.cargo == nil || st.turns.full() || st.turns.bucket.rate > 0 || !st.turns.waiting()
		p.typ = recordPlain
		if t.flight.push(p.cargo, idle, now) {
			p.typ = recordAsk
		}
		t.flight.grow(len(p.b), now)
	}
	switch {
	case counted:
		t.idle = false
	case !p.send:
		st.lanes.rests(t, p.wait > 0 || !st.turns.waiting())
	}
	return p
}

// aside appends what is due besides content and control messages. What doesn't belong to
// the lane isn't said where that would be slow.
func (st *state) aside(t *traffic, b []byte, quick bool, now time.Time) []byte {
	if t.pongDue {
		b, t.pongDue = appendNumber(b, kindPong, t.pong), false
	}
	if t.pingDue {
		b, t.pingDue = appendNumber(b, kindPing, t.gauge.ping(now)), false
	}
	if st.ackDue && quick {
		b, st.ackDue = appendNumber(b, kindControlAck, st.in.dealt), false
	}
	if t.ackDue {
		b, t.ackDue = appendNumber(b, kindAck, t.taken), false
	}
	return b
}

// content chooses content for a lane. Without any, a record only asks for an
// acknowledgement.
func (st *state) content(t *traffic, p *plan, now time.Time) (ok bool, wait time.Duration) {
	quiet := t.flight.quiet > 0
	if t.full(now) || st.turns.waiting() && st.lanes.defers(t, now) {
		return quiet, 0
	}
	if wait := st.turns.bucket.wait(now); wait > 0 {
		return quiet, wait
	}
	most := min(t.flight.window.record(), t.lane.Record())
	if !st.turns.full() {
		p.cargo = st.turns.choose(t.number, most)
	}
	if p.cargo == nil {
		p.cargo = st.tail(t, most, now)
	}
	if p.cargo == nil {
		return quiet, 0
	}
	p.slow = t.speed.slow(t.at.Path())
	if number := p.cargo.of.x.number; number > 0 {
		p.b = appendNumber(p.b, kindFor, number)
	}
	return true, 0
}

// tail returns a cargo that is under way elsewhere and would arrive much sooner on t,
// where there is nothing else to send: the one that would come last.
func (st *state) tail(t *traffic, most int64, now time.Time) (l *cargo) {
	if st.turns.bucket.rate > 0 {
		return nil
	}
	var longest time.Duration
	for _, o := range st.lanes.all {
		if o == t {
			continue
		}
		r, ahead := o.flight.last(func(l *cargo) bool { return l.doubles(most) })
		if r == nil {
			continue
		}
		if due := o.lane.Due(ahead, r.left, now); due > longest && t.lane.Sooner(r.wire, due, now) {
			l, longest = r.cargo, due
		}
	}
	if l != nil {
		st.turns.charge(l, t.number)
	}
	return l
}
