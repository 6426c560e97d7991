package native

import "time"

// How long silence may last. Both sides send a ping when nothing came for
// pingAfter, so a lane that works is never silent for deadAfter.
const (
	pingAfter = 2 * time.Second
	deadAfter = 6 * time.Second
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
	// maxDamaged is how many lanes may bring damaged records in one session.
	maxDamaged = 3
)

// A pulse decides when a lane is asked for a sign of life, and when it is dead.
type pulse struct {
	asked   time.Time // when the last ping was wanted
	doubted time.Time // since when an answer is overdue sooner than otherwise; else zero
}

type verdict int

const (
	alive verdict = iota
	ask
	dead
)

// check takes how long nothing was read from the lane, and for how much of that
// this side was waiting for it: a side that is busy writing to a slow disk gives
// signs of life, but can't expect any. Ask comes once in pingAfter.
func (p *pulse) check(now time.Time, idle, waited time.Duration) verdict {
	silence := min(idle, waited)
	if silence < now.Sub(p.doubted) {
		p.doubted = time.Time{} // it has answered, or we were busy
	}
	switch {
	case !p.doubted.IsZero() && now.Sub(p.doubted) >= answerTime:
		return dead
	case silence >= deadAfter:
		return dead
	case idle >= pingAfter && now.Sub(p.asked) >= pingAfter:
		p.asked = now
		return ask
	}
	return alive
}

// doubt notes that the lane may be of no use any more, and reports whether a ping
// is wanted.
func (p *pulse) doubt(now time.Time, idle time.Duration) bool {
	if idle < doubtAfter || !p.doubted.IsZero() {
		return false
	}
	p.doubted, p.asked = now, now
	return true
}

// A watch decides when waiting makes no sense any more. It counts how long the
// peer has taken nothing although there were lanes, and how long there were none.
// A lane that comes up is no progress by itself.
type watch struct {
	patience time.Duration
	met      bool      // there has been a lane
	last     time.Time // of check
	stalled  time.Duration
	lost     time.Duration
}

// progress notes that the peer has dealt with something.
func (w *watch) progress() { w.stalled, w.lost = 0, 0 }

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
	return w.stalled >= stallAfter || w.lost >= limit || refused && w.lost >= hopeless
}
