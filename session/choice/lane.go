package choice

import "time"

// A Sort is what matters of how a lane reaches the peer.
type Sort int

const (
	TCP   Sort = iota // straight to the peer, over TCP
	UDP               // straight to the peer, over UDP: rests where TCP carries as much
	Relay             // through a relay: rests where direct lanes do as well
)

// A Lane says how much one lane may carry. A Chooser makes it. Bytes are those of records
// on the wire: what packs well, and holes, say nothing of a lane. It isn't safe for
// concurrent use.
type Lane struct {
	of    *Chooser
	sort  Sort
	rtt   time.Duration // the shortest; 0 while unknown
	start start

	under   int64 // bytes that were sent and aren't acknowledged, wherever they are
	carried int64 // bytes that were acknowledged, ever
	trail   Trail
	pace    pace
	lag     lag
	flight  int64     // as the trail says
	kept    time.Time // until then it isn't less than before it was held back
	lately  float64   // bytes a second, of the last second

	waits     time.Time     // since when something has been under way without an acknowledgement
	until     time.Time     // suspended until then, if suspended
	penalty   time.Duration // how long the next suspension lasts
	suspended bool          // silent
	doubtful  bool          // was suspended, and nothing has been acknowledged since

	unasked int64 // bytes since an acknowledgement was asked for
	quiet   int   // records likewise
	asked   time.Time
}

// Trip takes the shortest round trip that was measured; 0 if none was.
func (l *Lane) Trip(rtt time.Duration) {
	l.rtt = rtt
	l.trail.spacing = (rtt + flightTime) / (samples * 3 / 4)
}

// A start is whether a lane's transport is in slow start.
type start byte

const (
	startUnknown start = iota
	startOn
	startOver
)

// SlowStart takes whether the lane's transport still sends more with each round trip, to
// find out what its line carries. Without a call that isn't known.
func (l *Lane) SlowStart(on bool) {
	if l.start = startOver; on {
		l.start = startOn
	}
}

// Sent notes that n bytes have been given to the lane.
func (l *Lane) Sent(n int64, now time.Time) {
	if l.under == 0 {
		l.waits = now
	}
	l.under += n
	l.lag.sent(l.carried+l.under, now)
}

// Acked notes that the peer has dealt with n bytes of what was sent. What was taken back
// meanwhile counts, too.
func (l *Lane) Acked(n int64, now time.Time) {
	l.pace.note(n, now.Sub(l.waits))
	l.under = max(0, l.under-n)
	l.carried += n
	l.lag.acked(l.carried, now)
	l.waits, l.suspended, l.doubtful = now, false, false
	l.note(now)
}

// note looks at what was carried by now.
func (l *Lane) note(now time.Time) {
	if !l.trail.Note(l.carried, now) {
		return
	}
	l.lately = l.Rate(time.Second, now)
	d := l.rtt + flightTime
	flight := min(max(leastFlight, int64(flightGrowth*l.Rate(d, now)*d.Seconds())), mostFlight)
	if l.of.tried(l) { // what it carries meanwhile says nothing of it
		l.kept = now.Add(d)
	}
	if now.Before(l.kept) {
		flight = max(flight, l.flight)
	}
	l.flight = flight
}

// Rate returns how many bytes a second were acknowledged in the last d, up to about 2 s.
func (l *Lane) Rate(d time.Duration, now time.Time) float64 {
	return l.trail.Rate(l.carried, d, now)
}

// Room returns how many bytes may be given to the lane now; none if that is 0 or less.
func (l *Lane) Room(now time.Time) int64 {
	most := l.of.portion(l)
	if most == 0 || l.suspended || l.late() {
		return 0
	}
	return min(most, l.limit()) - l.under
}

// limit returns how much may be under way on a lane that takes its part.
func (l *Lane) limit() int64 {
	works := l.of.works(l)
	if most := l.of.inOrder(l); l.carried > 0 && most < l.flight {
		return most
	}
	switch {
	case works && l.doubtful:
		return trialFlight
	case len(l.of.lanes) == 1:
		return mostFlight
	case l.start == startOn && !l.of.tried(l):
		return min(max(startFlight, startGrowth*l.flight), mostFlight)
	case works && l.carried == 0:
		return trialFlight
	}
	return l.flight
}

// late reports whether so little is left that the lane won't be in its stride before
// that is done.
func (l *Lane) late() bool {
	return l.carried == 0 && l.of.left >= 0 && l.of.left < strideBytes && l.of.soon(l)
}

// Record returns how many bytes of content a record may have here.
func (l *Lane) Record() int64 { return max(leastRecord, l.part()&^4095) }

// part returns after how many bytes an acknowledgement is asked for. While direct lanes show
// what they carry, it is less: else that would be a count of few records.
func (l *Lane) part() int64 {
	if l.of.relays.starting() {
		return min(l.flight, fineFlight) / askPart
	}
	return l.flight / askPart
}

// Ask notes that a record of n bytes leaves, and reports whether it is to ask for an
// acknowledgement. Idle says that nothing comes after it for now.
func (l *Lane) Ask(n int64, idle bool, now time.Time) bool {
	l.unasked += n
	l.quiet++
	ask := idle || l.unasked >= max(askBytes, l.part()) || l.quiet >= askRecords || now.Sub(l.asked) >= askTime
	if ask {
		l.unasked, l.quiet, l.asked = 0, 0, now
	}
	return ask
}

// Suspended reports whether nothing is acknowledged: what is under way is to be sent over
// others. The first acknowledgement ends it.
func (l *Lane) Suspended() bool { return l.suspended }

// Due returns how long it takes from now on until a record is acknowledged that left at
// left, ahead bytes being under way up to its end.
func (l *Lane) Due(ahead int64, left, now time.Time) time.Duration {
	queue := float64(ahead) / max(l.pace.rate(), leastRate)
	due := time.Duration(queue*float64(time.Second)) + l.rtt - min(now.Sub(left), l.rtt)
	return max(due, now.Sub(l.waits)-l.rtt) // what was silent for so long may be for longer
}

// Sooner reports whether a record of n bytes that is due on another lane is to be sent on
// this one, too.
func (l *Lane) Sooner(n int64, due time.Duration, now time.Time) bool {
	switch {
	case l.suspended || l.doubtful:
		return false
	case l.carried == 0: // to be tried, where that is no loss
		return due > strideTime
	}
	return float64(l.Due(l.under+n, now, now))*soonerBy < float64(due)
}

// look suspends the lane if it is silent while another one lives, and ends that in time.
func (l *Lane) look(now time.Time) {
	l.note(now)
	switch {
	case l.suspended && !now.Before(l.until):
		l.suspended, l.waits = false, now
	case !l.suspended && l.under > 0 && now.Sub(l.waits) > l.patience() && l.of.lives(l):
		l.penalty = min(max(suspendTime, 2*l.penalty), suspendMost)
		l.suspended, l.doubtful, l.until = true, true, now.Add(l.penalty)
	}
}

// patience is how long nothing may be acknowledged.
func (l *Lane) patience() time.Duration {
	return max(silentTime, silentTrips*l.rtt, min(queueTimes*l.lag.took, longestQueue))
}
