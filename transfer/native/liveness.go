package native

import "time"

// How long silence may last. Both sides send a ping when nothing came for
// pingAfter, so a lane that works is never silent for deadAfter.
const (
	pingAfter = 3 * time.Second
	deadAfter = 8 * time.Second
	// stallAfter is how long nothing may be acknowledged that should be, while
	// there are lanes.
	stallAfter = 60 * time.Second
	// hopeless replaces Config.Patience if nobody answers where the peer was.
	hopeless = 30 * time.Second
	// maxDamaged is how many lanes may bring damaged records in one session.
	maxDamaged = 3
)

// A pulse decides when a lane is asked for a sign of life, and when it is dead.
type pulse struct {
	asked time.Time // when the last ping was wanted
}

type verdict int

const (
	alive verdict = iota
	ask
	dead
)

// check takes how long nothing arrived on the lane although it was waited for.
// Ask comes once in pingAfter.
func (p *pulse) check(now time.Time, silent time.Duration) verdict {
	switch {
	case silent >= deadAfter:
		return dead
	case silent >= pingAfter && now.Sub(p.asked) >= pingAfter:
		p.asked = now
		return ask
	}
	return alive
}

// A watch decides when waiting makes no sense any more.
type watch struct {
	patience time.Duration
	progress time.Time // when the peer last dealt with something, or had nothing to
}

// check takes the number of lanes, whether the peer owes us an acknowledgement,
// and whether all evidence says that its program is gone.
func (w *watch) check(now time.Time, lanes int, owes, refused bool) (giveUp bool) {
	waited := now.Sub(w.progress)
	switch {
	case lanes > 0 && !owes:
		w.progress = now
		return false
	case lanes > 0:
		return waited >= max(stallAfter, 2*deadAfter)
	case refused && waited >= hopeless:
		return true
	}
	return waited >= w.patience
}
