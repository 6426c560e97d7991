package line

import (
	"math/rand/v2"
	"time"
)

// A flight is the packets that were sent: what is under way, what has arrived, and what
// was lost (as in RACK, RFC 8985).
type flight struct {
	ctl *control
	rnd *rand.Rand

	next   uint64   // number of the next packet
	low    uint64   // lowest number in sent
	scan   uint64   // lowest that may be found lost
	skip   uint64   // number that is left out
	sent   []record // by number & (len-1)
	flying int      // bytes

	delivered   uint64 // bytes
	deliveredAt time.Duration
	firstSent   time.Duration // of what the current rate sample begins with
	limited     uint64        // until so much is delivered, who writes has limited the rate
	top         uint64        // highest number acknowledged
	topAt       time.Duration // when the newest of those was sent

	reorder      time.Duration // how late packets may be
	reorderRound uint64
	srtt, rttvar time.Duration

	lostAt   time.Duration // when the next packet will be found lost; 0 is none
	retryAt  time.Duration // when nothing has come for too long; 0 is none
	timeouts int           // in a row

	stats Stats
}

// A record is what is known of a packet that was sent.
type record struct {
	piece
	at          time.Duration
	firstSent   time.Duration
	deliveredAt time.Duration
	delivered   uint64
	size        int32
	probe       int32 // a size that is tried, or 0
	mode        mode
	flags       flags
}

type flags byte

const (
	flagAcked   flags = 1 << iota
	flagLost          // at least for now
	flagLimited       // when it was sent, there was nothing more to send
	flagSilent        // wants no ACK
	flagSkipped       // was never sent
)

// leastSent is of how many packets there is a record at the beginning.
const leastSent = 256

func newFlight(ctl *control, rtt time.Duration, rnd *rand.Rand) flight {
	f := flight{ctl: ctl, rnd: rnd, sent: make([]record, leastSent), srtt: rtt, rttvar: rtt / 2, next: 1, low: 1, scan: 1}
	f.choose()
	return f
}

// choose draws the next number that is left out.
func (f *flight) choose() { f.skip = f.next + skipLeast + f.rnd.Uint64N(skipMost-skipLeast) }

func (f *flight) record(number uint64) *record { return &f.sent[number&uint64(len(f.sent)-1)] }

// begin returns a record for the next packet, and its number.
func (f *flight) begin(now time.Duration) (*record, uint64) {
	if f.next == f.skip {
		*f.fresh(now) = record{at: now, flags: flagSilent | flagSkipped}
		f.next++
		f.choose()
	}
	r := f.fresh(now)
	*r = record{at: now, mode: f.ctl.mode, flags: flagSilent}
	f.next++
	f.stats.Sent++
	return r, f.next - 1
}

// fresh returns the record of the next number, for which it makes room.
func (f *flight) fresh(now time.Duration) *record {
	if f.next-f.low == uint64(len(f.sent)) {
		f.forget(now) // a peer that acknowledges nothing may have us answer for ever
	}
	if f.next-f.low == uint64(len(f.sent)) {
		bigger := make([]record, 2*len(f.sent))
		for i := f.low; i < f.next; i++ {
			bigger[i&uint64(len(bigger)-1)] = *f.record(i)
		}
		f.sent = bigger
	}
	return f.record(f.next)
}

// fly notes that a packet wants an ACK, and so is under way. More says whether there is
// more to send.
func (f *flight) fly(now time.Duration, r *record, more bool) {
	r.flags &^= flagSilent
	if f.flying == 0 {
		f.firstSent, f.deliveredAt = now, now
	}
	r.firstSent, r.deliveredAt, r.delivered = f.firstSent, f.deliveredAt, f.delivered
	f.flying += int(r.size)
	if !more && float64(f.flying) < f.ctl.allowed() {
		f.limited = f.delivered + uint64(f.flying)
	}
	if f.limited > f.delivered {
		r.flags |= flagLimited
	}
	f.arm(now)
}

// room reports whether one more packet may be under way.
func (f *flight) room() bool { return float64(f.flying)+f.ctl.packet <= f.ctl.allowed() }

// arm sets the time at which nothing has come for too long.
func (f *flight) arm(now time.Duration) {
	if f.flying == 0 {
		f.retryAt = 0
		return
	}
	wait := f.srtt + max(4*f.rttvar, f.reorder, timeoutLeast) + ackLate
	f.retryAt = now + min(wait<<min(f.timeouts, 10), timeoutMost)
}

// lose notes that a packet is lost, for s if there is one.
func (f *flight) lose(r *record, s *sample) {
	r.flags |= flagLost
	f.stats.Lost++
	f.flying -= int(r.size)
	if s == nil || r.probe > 0 { // one that is too large tells nothing of the line
		return
	}
	s.lost += float64(r.size)
	if r.mode.low() {
		s.lowLost += float64(r.size)
		s.lowSent += float64(r.size)
	}
}

// findLost finds the packets that later ones have overtaken by too long, and calls gone
// for each.
func (f *flight) findLost(s *sample, gone func(*record)) {
	if f.ctl.round > f.reorderRound+reorderRounds {
		f.reorderRound = f.ctl.round
		f.reorder -= f.reorder / 4
	}
	wait := f.srtt + max(f.reorder, f.ctl.least/8, time.Millisecond)
	f.lostAt = 0
	for ; f.scan < f.next; f.scan++ {
		r := f.record(f.scan)
		if r.flags&(flagAcked|flagLost|flagSilent) != 0 {
			continue
		}
		if r.at >= f.topAt {
			return
		}
		if at := r.at + wait; s.now < at {
			f.lostAt = at
			return
		}
		f.lose(r, s)
		gone(r)
	}
}

// forget drops the records of packets of which nothing more is to be learned.
func (f *flight) forget(now time.Duration) {
	for ; f.low < f.next; f.low++ {
		r := f.record(f.low)
		if r.flags&(flagAcked|flagSilent) == 0 && (r.flags&flagLost == 0 || now-r.at < 3*f.srtt+f.reorder) {
			break
		}
		if r.flags&flagSkipped != 0 && f.low > f.top && len(f.sent) < manySent {
			break // that it is acknowledged may still come
		}
	}
	f.scan = max(f.scan, f.low)
}

// crowded reports whether there are records of so many packets that the peer can't be
// acknowledging what it gets.
func (f *flight) crowded() bool { return f.next-f.low >= mostSent }

// overdue notes that nothing has come for too long. It calls gone for the two oldest
// packets: what they carry is sent again at once.
func (f *flight) overdue(now time.Duration, gone func(*record)) {
	f.stats.Timeouts++
	f.timeouts++
	for n, left := f.scan, 2; n < f.next && left > 0; n++ {
		if r := f.record(n); r.flags&(flagAcked|flagLost|flagSilent) == 0 {
			f.lose(r, nil)
			gone(r)
			left--
		}
	}
	if f.timeouts >= collapseAfter {
		f.ctl.collapse()
	}
	if f.arm(now); f.retryAt == 0 {
		f.retryAt = now + 100*time.Millisecond<<min(f.timeouts, 5)
	}
}
