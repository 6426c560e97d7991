package session

import "time"

const (
	// holdTime is how long what is under way on a lane may keep it busy: what is
	// said then arrives that much later at most, wherever on the way it waits.
	holdTime = 3 * time.Second
	// holdTrips is how many round trips come on top: TCP must find enough to send
	// while it begins, and twice as much with each round trip.
	holdTrips = 4
	// recordTime is how long one record may keep a lane busy.
	recordTime = time.Second / 2
	// While nothing is known of a lane, firstFlight bytes may be under way on it,
	// in records with leastRecord bytes of content. It never gets less.
	firstFlight = 16 << 10
	leastRecord = 4 << 10
	// rateMemory is for how long a rate counts that was reached once; at most
	// twice that.
	rateMemory = 4 * time.Second
	// mostPacking bounds how much larger than on the wire contents are thought to
	// be.
	mostPacking = 8
)

// A window says how much may be under way on a lane, and how large a record may
// be, by what the lane has carried lately. It has no clock; the zero value is
// that of a new lane. It isn't safe for concurrent use.
type window struct {
	rates   [2]float64 // the best of this span and of the last: bytes a second
	turned  time.Time  // when this span began
	packing float64    // bytes of content in a byte on the wire, as of late
}

// note takes that so many bytes have arrived in a time in which the lane was
// waited for.
func (w *window) note(bytes int64, took time.Duration, now time.Time) {
	if now.Sub(w.turned) >= rateMemory {
		w.rates[1], w.rates[0], w.turned = w.rates[0], 0, now
	}
	w.rates[0] = max(w.rates[0], float64(bytes)/max(took, time.Microsecond).Seconds())
}

// pack takes what a record that has arrived had in it: content, and bytes on the
// wire.
func (w *window) pack(content, wire int64) {
	if content == 0 || wire == 0 {
		return
	}
	now := min(max(float64(content)/float64(wire), 1), mostPacking)
	if w.packing == 0 {
		w.packing = now
	}
	w.packing += (now - w.packing) / 4
}

// rate returns the bytes a second that the lane carries, 0 while that isn't known.
func (w *window) rate() float64 { return max(w.rates[0], w.rates[1]) }

// size returns how many bytes may be under way on a lane whose shortest round
// trip is rtt. A lane that is held up by this alone carries several times as much
// with every round trip.
func (w *window) size(rtt time.Duration) int64 {
	return max(firstFlight, int64(min(w.rate()*(holdTime+holdTrips*rtt).Seconds(), maxFlight)))
}

// record returns how many bytes of content a record may have.
func (w *window) record() int64 {
	n := w.rate() * recordTime.Seconds() * max(w.packing, 1)
	return max(leastRecord, int64(min(n, MaxChunk))&^4095)
}
