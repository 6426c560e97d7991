//go:build !js

package session

import (
	"time"

	"sesame/session/choice"
)

// look does what time brings to lanes, and has some rest beside others.
func look(c *choice.Chooser, now time.Time, p choice.Prospect) bool { return c.Look(now, p) }

// begin tells the rules of a lane whether that is in slow start, until it isn't. Of a relay's
// lane it is known up to the relay.
func begin(t *traffic) {
	if t.begun {
		return
	}
	if is, known := t.at.SlowStart(); known {
		t.lane.SlowStart(is)
		t.begun = !is
	}
}
