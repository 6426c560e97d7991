package session

import (
	"testing"
	"time"

	"sesame/session/choice"
)

// Fails if more may be under way on a lane than it carries in a few seconds, or
// less than lets it find out; or if it takes longer than it should to notice that
// a lane has become faster or slower.
func TestWindow(t *testing.T) {
	const rtt = 100 * time.Millisecond
	var w window
	now := time.Unix(1, 0)
	if w.size(rtt) != firstFlight || w.record() != leastRecord {
		t.Errorf("of a new lane: %d bytes under way, records of %d", w.size(rtt), w.record())
	}
	for _, rate := range []int64{1000, 8000, 100_000, 20_000_000, 8000} {
		for range 10 { // a second apart: slower than before is believed after 8 s at most
			now = now.Add(time.Second)
			w.note(rate, time.Second, now)
		}
		size := max(firstFlight, min(int64(float64(rate)*(holdTime+holdTrips*rtt).Seconds()), maxFlight))
		record := max(leastRecord, min(rate/2, MaxChunk)&^4095)
		if w.size(rtt) != size || w.record() != record {
			t.Errorf("%d bytes a second: %d under way, records of %d, want %d and %d", rate, w.size(rtt), w.record(), size, record)
		}
	}
	for range 20 {
		w.pack(4<<10, 1<<10)
	}
	if n := w.record(); n < 12<<10 || n > 16<<10 {
		t.Errorf("records of %d bytes of content that packs to a quarter", n)
	}
	for range 20 {
		w.pack(MaxChunk, 20) // a hole
	}
	if n := w.record(); n > mostPacking*leastRecord {
		t.Errorf("records of %d bytes after holes", n)
	}
}

// askEvery is how often acknowledgements are asked for at least.
const askEvery = 200 * time.Millisecond

// Fails if acknowledgements aren't asked for by time where records are few.
func TestFlightAsksByTime(t *testing.T) {
	f, now := &flight{lane: new(choice.Chooser).Add(choice.TCP, epoch)}, epoch
	if !f.push(&cargo{cost: 1}, false, now) {
		t.Error("nothing is known of the lane, and nothing is asked")
	}
	f.grow(100, now)
	f.ack(1, now.Add(time.Second), func(*cargo) {})
	for _, step := range []struct {
		after time.Duration
		want  bool
	}{{askEvery, true}, {askEvery / 2, false}, {askEvery / 2, true}, {0, false}} {
		now = now.Add(step.after)
		if ask := f.push(&cargo{cost: 1}, false, now); ask != step.want {
			t.Errorf("%v later: asks %v", step.after, ask)
		}
	}
}
