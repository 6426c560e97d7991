package line

import (
	crand "crypto/rand"
	"errors"
	"math/rand/v2"
	"time"
)

// Errors of a connection, beside io.EOF.
var (
	errSilent = errors.New("line: the peer has been silent for too long")
	errReset  = errors.New("line: the peer has closed the connection")
)

// Codes of CLOSE.
const (
	closeDone  = 0 // all that the other end has written, and its end, have come
	closeAbort = 1
)

// Stats counts the packets of a connection.
type Stats struct {
	Sent, Lost int
	Late       int // taken for lost, and then they came
	Timeouts   int
}

// A machine is one end of a connection: what it sends, what it has got, and what it
// waits for. It has no socket, no clock and no goroutine; times are since some moment,
// which isn't its own zero. Packets are without header and seal here.
//
//	handle  takes a packet          read, write, finish, close   are the application's
//	next    returns one to send     wake, tick                   are the clock's
type machine struct {
	ctl    *control
	flight flight
	out    outbox
	in     inbox
	acks   acker
	sizer  sizer

	paceAt time.Duration // when the next packet may leave
	urgent int           // packets that may leave at once
	heard  time.Duration // when a packet last came
	pinged time.Duration

	question  token // that is asked at another address of the peer
	asked     time.Duration
	asking    bool // it is to be sent
	answered  bool
	answer    token // to the peer's question
	answering bool

	closing int // packets that are to say CLOSE
	code    byte
	closed  bool // this side has
	done    bool // the peer says that it has everything
	err     error
}

// A setting is what a machine begins with.
type setting struct {
	now    time.Duration
	rtt    time.Duration // as far as it is known
	seed   uint64        // of chance
	larger bool          // packets aren't cut on their way, so larger ones may be tried
}

func newMachine(s setting) *machine {
	ctl := newControl(smallest+ipSize, s.rtt, s.now, s.seed)
	return &machine{
		ctl: ctl, flight: newFlight(ctl, s.rtt, rand.New(rand.NewPCG(s.seed, 2))),
		out: outbox{allowed: firstOffer}, in: inbox{said: firstOffer},
		acks: newAcker(), sizer: newSizer(s.larger), paceAt: s.now, heard: s.now, pinged: s.now,
	}
}

// write takes as much of p as there is room for.
func (m *machine) write(p []byte) int {
	return m.out.write(p, uint64(min(maxHeld, max(leastHeld, heldGain*m.ctl.cwnd))))
}

// roomy reports whether who waits to write should go on: not for a few bytes.
func (m *machine) roomy() bool {
	return float64(m.out.held()) < max(leastHeld/2, (heldGain-0.25)*m.ctl.cwnd)
}

// read returns 0 if there is nothing yet.
func (m *machine) read(p []byte) (int, error) {
	n, err := m.in.read(p)
	if m.in.stale() {
		m.acks.must = true
	}
	if n == 0 && err == nil {
		err = m.err
	}
	return n, err
}

// readable reports whether read has something to return.
func (m *machine) readable() bool { return m.in.ready() > 0 || m.in.over() || m.err != nil }

// drop forgets what has come and wasn't read.
func (m *machine) drop() {
	if n := m.in.ready(); n > 0 {
		m.in.advance(n)
	}
	if m.in.stale() {
		m.acks.must = true
	}
}

// finish says that nothing more is written.
func (m *machine) finish() { m.out.ended = true }

// flushed reports whether the peer has everything that was written.
func (m *machine) flushed() bool { return m.done || m.out.flushed() }

// close ends the connection: what isn't under way yet is lost. With done the peer may
// know that it was heard to its end.
func (m *machine) close(code byte) {
	if !m.closed && m.err == nil {
		m.closed, m.code, m.closing = true, code, closePackets
	}
}

// over reports whether nothing is to be sent any more.
func (m *machine) over() bool { return m.closing == 0 && (m.closed || m.err != nil) }

// handle takes a packet, which wasn't changed on its way. It reports whether it is the
// newest. After an error the connection is over; the peer is told.
func (m *machine) handle(now time.Duration, number uint64, b []byte) (newest bool, _ error) {
	if m.over() || m.acks.known(number) || m.in.crowded(b) {
		return false, nil
	}
	m.heard = now
	m.acks.note(now, number)
	wants := false
	for len(b) > 0 {
		f, rest, err := cut(b)
		if err == nil {
			err = m.take(now, f)
		}
		if err != nil {
			m.close(closeAbort)
			m.err = err
			return false, err
		}
		b = rest
		wants = wants || f.kind != frameAck && f.kind != framePadding && f.kind != frameClose
	}
	if wants {
		m.acks.want(now)
	}
	return number == m.acks.newest, nil
}

// take takes one frame.
func (m *machine) take(now time.Duration, f frame) error {
	if m.flight.crowded() {
		return errDamaged // the peer acknowledges nothing
	}
	switch f.kind {
	case frameAck:
		m.out.allowed = max(m.out.allowed, f.ack.window)
		return m.flight.acknowledge(now, f.ack, m.came, func(r *record) { m.gone(now, r) })
	case frameData:
		return m.in.take(f.at, f.data)
	case frameFin:
		m.acks.must = true
		return m.in.finish(f.at)
	case frameClose:
		if m.done = f.code == closeDone && m.out.ended; m.err == nil {
			m.err = errReset
		}
	case frameChallenge:
		m.answer, m.answering = f.token, true
	case frameResponse:
		m.answered = m.answered || m.asked > 0 && f.token == m.question
	}
	return nil
}

// came notes that a packet has arrived.
func (m *machine) came(r *record) {
	m.out.arrived(r.piece)
	if r.probe > 0 {
		m.sizer.arrived(int(r.probe))
		m.ctl.resize(m.sizer.size + ipSize)
	} else {
		m.sizer.reached(int(r.size)-ipSize, r.at)
	}
}

// gone notes that a packet is lost.
func (m *machine) gone(now time.Duration, r *record) {
	m.out.lost(r.piece)
	if r.probe > 0 {
		m.sizer.missed(now)
	} else if m.sizer.vanished(int(r.size)-ipSize, r.at) {
		m.shrink(now)
	}
}

func (m *machine) shrink(now time.Duration) {
	m.sizer.shrink(now)
	m.ctl.resize(smallest + ipSize)
}

// ask has the peer asked whether it is at another address, from which its newest packet
// came: what answers there must have the keys. It reports false if that is too soon
// after the last time.
func (m *machine) ask(now time.Duration, t token) bool {
	if m.asked > 0 && now < m.asked+challengePause {
		return false
	}
	m.question, m.asked, m.asking, m.answered = t, now, true, false
	return true
}

// newToken returns one that nobody guesses.
func newToken() (t token) {
	crand.Read(t[:])
	return t
}

// moved reports, once, whether the peer has answered at its other address.
func (m *machine) moved() bool {
	moved := m.answered
	m.answered = false
	return moved
}

// elsewhere says that the way is another one now: what was known of it is forgotten.
func (m *machine) elsewhere(now time.Duration, seed uint64) {
	m.shrink(now)
	m.sizer.at = now
	fresh := newControl(smallest+ipSize, m.flight.srtt, now, seed)
	fresh.nextRound = m.flight.delivered
	*m.ctl = *fresh
}
