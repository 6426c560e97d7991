package session

import "time"

// How long silence may last. Both sides send a ping every pingEvery, whatever else
// goes on, so a lane that works is never silent for deadAfter, unless its round
// trips take long: slack of them come on top of each time here.
const (
	pingEvery = 2 * time.Second
	deadAfter = 6 * time.Second
	slack     = 3
	// unmeasured stands for a round trip that isn't known yet, and longest bounds
	// what a peer can make us believe.
	unmeasured = time.Second
	longest    = 15 * time.Second
	// While less than crowdRate bytes a second come, on all lanes together, one of
	// them may keep the others waiting for crowdTime more: TCP tries again ever
	// more rarely where packets are lost, and queues of slow lines are short.
	crowdRate = 128 << 10
	crowdTime = 20 * time.Second
	// ackTime is how long a receiver leaves what has arrived unacknowledged while
	// more arrives.
	ackTime = time.Second
	// doubtAfter is the silence that makes a lane doubtful when the peer may
	// have moved, and answerTime how long it may take to answer then.
	doubtAfter = time.Second
	answerTime = 2 * time.Second
	// stallAfter is how long nothing may be acknowledged that should be, while
	// there are lanes.
	stallAfter = 60 * time.Second
	// firstPatience replaces Config.Patience until there has been a lane.
	firstPatience = 2 * time.Minute
	// hopeless replaces Config.Patience if nobody answers where the peer was.
	hopeless = 30 * time.Second
	// gapTime is how late this side looks after its lanes if its process didn't run.
	gapTime = 5 * time.Second
	// wakeTime is how long nothing ends after this side didn't run for a while,
	// counted from the first lane on.
	wakeTime = 15 * time.Second
	// maxDamaged is how many lanes may bring damaged records in one session.
	maxDamaged = 3
)

// A pulse decides when a lane is asked for a sign of life, and when it is dead.
type pulse struct {
	asked   time.Time // when the last ping was wanted
	doubted time.Time // since when an answer is overdue sooner than otherwise; else zero
	since   time.Time // silence before then says nothing: this side didn't run
}

type verdict int

const (
	alive verdict = iota
	ask
	dead
)

// check takes how long nothing was read from the lane, for how much of that this
// side was waiting for it, and the allowance: a side that is busy writing to a
// slow disk gives signs of life, but can't expect any. Ask comes once in
// pingEvery.
func (p *pulse) check(now time.Time, idle, waited, allowance time.Duration) verdict {
	silence := min(idle, waited, now.Sub(p.since))
	if silence < now.Sub(p.doubted) {
		p.doubted = time.Time{} // it has answered, or we were busy
	}
	switch {
	case !p.doubted.IsZero() && now.Sub(p.doubted) >= answerTime+allowance:
		return dead
	case silence >= deadAfter+allowance:
		return dead
	case now.Sub(p.asked) >= pingEvery:
		p.asked = now
		return ask
	}
	return alive
}

// doubt notes that the lane may be of no use any more, and reports whether a ping
// is wanted.
func (p *pulse) doubt(now time.Time, idle, allowance time.Duration) bool {
	if idle < doubtAfter+allowance || !p.doubted.IsZero() {
		return false
	}
	p.doubted, p.asked = now, now
	return true
}

// woke notes that this side didn't run for a while.
func (p *pulse) woke(now time.Time) { p.since, p.doubted = now, time.Time{} }

// allowance returns how much longer silence may last on a lane with such round
// trips, and on a crowded line.
func allowance(rtt time.Duration, crowded bool) time.Duration {
	more := slack * min(rtt, longest)
	if crowded {
		more += crowdTime
	}
	return more
}

// An inflow measures how much comes in on all lanes together.
type inflow struct {
	total int64 // when it was looked at last
	since time.Time
	rate  float64 // bytes a second
}

// look takes how many bytes have come in all.
func (f *inflow) look(total int64, now time.Time) {
	if passed := now.Sub(f.since); passed >= pingEvery {
		f.rate = float64(total-f.total) / passed.Seconds()
		f.total, f.since = total, now
	}
}

// crowded reports whether a slow line is busy with what comes in. Signs of life
// alone are less than that.
func (f *inflow) crowded() bool { return f.rate > 1<<10 && f.rate < crowdRate }

// A watch decides when waiting makes no sense any more. It counts how long the
// peer has taken nothing although there were lanes, and how long there were none.
// A lane that comes up is no progress by itself.
type watch struct {
	patience time.Duration
	met      bool      // there has been a lane
	last     time.Time // of check
	stalled  time.Duration
	lost     time.Duration
	drowsy   bool      // this side didn't run for a while, and no lane has come up since
	calm     time.Time // until then nothing ends
}

// progress notes that the peer has dealt with something.
func (w *watch) progress() { w.stalled, w.lost = 0, 0 }

// woke notes that this side didn't run for a while, which is no silence of the
// peer's.
func (w *watch) woke(now time.Time) {
	w.progress()
	w.last, w.drowsy, w.calm = now, true, now.Add(wakeTime)
}

// laneUp notes that there is one more lane.
func (w *watch) laneUp(now time.Time) {
	w.met = true
	if w.drowsy {
		w.drowsy, w.calm = false, now.Add(wakeTime)
	}
}

// check takes the number of lanes, whether the peer owes us an acknowledgement,
// and whether all evidence says that its program is gone. It is called often.
func (w *watch) check(now time.Time, lanes int, owes, refused bool) (giveUp bool) {
	passed := now.Sub(w.last)
	if w.last.IsZero() {
		passed = 0
	}
	w.last = now
	limit := w.patience
	if !w.met {
		limit = min(limit, firstPatience)
	}
	switch {
	case lanes == 0:
		w.lost += passed
	case owes:
		w.stalled += passed
	default:
		w.progress()
	}
	if now.Before(w.calm) {
		return false
	}
	return w.stalled >= stallAfter || w.lost >= limit || refused && w.lost >= hopeless
}
