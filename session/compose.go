package session

import "time"

// A plan is what a lane's writing goroutine does next.
type plan struct {
	end  bool // the lane has been taken out
	typ  byte
	b    []byte // frames, after record.HeaderSize
	send bool   // there is a record to send
	of   turn   // whose content is to be appended, if there is any
	slow bool   // packing content can make the lane faster
	wait time.Duration
}

// next says what goes out next on a lane. Frames are appended to b, the pieces of
// content are those in chosen.
func (st *state) next(t *traffic, b []byte, chosen *[]Piece, now time.Time) plan {
	if t.dead {
		return plan{end: true}
	}
	p := plan{typ: recordAside}
	ready := t.flight.n < maxRecords
	p.b = st.aside(t, b, now)
	n := len(p.b)
	if ready && !t.flight.full(t.gauge.least) {
		p.b = st.out.appendTo(p.b, t.number, int(t.flight.window.record()))
	}
	*chosen = (*chosen)[:0]
	counted := len(p.b) > n
	p.send = len(p.b) > 0
	if !p.send && ready && !st.over {
		counted, p.wait = st.content(t, &p, chosen, now)
		p.send = counted
	}
	if counted {
		idle := len(*chosen) == 0 || st.turns.full() || st.turns.bucket.rate > 0 || !st.turns.waiting()
		p.typ = recordPlain
		if t.flight.push(p.of.bulk, *chosen, idle, now) {
			p.typ = recordAsk
		}
		t.flight.grow(len(p.b))
	}
	return p
}

// aside appends what is due besides content and control messages.
func (st *state) aside(t *traffic, b []byte, now time.Time) []byte {
	if t.pongDue {
		b, t.pongDue = appendNumber(b, kindPong, t.pong), false
	}
	if t.pingDue {
		b, t.pingDue = appendNumber(b, kindPing, t.gauge.ping(now)), false
	}
	if st.ackDue {
		b, st.ackDue = appendNumber(b, kindControlAck, st.in.dealt), false
	}
	if t.ackDue {
		b, t.ackDue = appendNumber(b, kindAck, t.taken), false
	}
	return b
}

// content chooses content for a lane. Without pieces, a record only asks for an
// acknowledgement.
func (st *state) content(t *traffic, p *plan, chosen *[]Piece, now time.Time) (ok bool, wait time.Duration) {
	quiet := t.flight.quiet > 0
	if t.retire || t.flight.full(t.gauge.least) || st.turns.full() {
		return quiet, 0
	}
	if wait := st.turns.bucket.wait(now); wait > 0 {
		return quiet, wait
	}
	p.of, *chosen = st.turns.choose(*chosen, t.flight.window.record())
	if len(*chosen) == 0 {
		return quiet, 0
	}
	p.slow = t.speed.slow(t.lane.Path())
	if p.of.x.number > 0 {
		p.b = appendNumber(p.b, kindFor, p.of.x.number)
	}
	return true, 0
}
