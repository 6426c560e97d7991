//go:build !js

package session

import (
	"time"

	"sesame/session/choice"
)

// look does what time brings to lanes, and has some rest beside others.
func look(c *choice.Chooser, now time.Time, p choice.Prospect) bool { return c.Look(now, p) }

// begin tells the rules of a direct lane whether that is in slow start, until it isn't.
func begin(t *traffic) {
	if t.begun || t.sort() == choice.Relay {
		return
	}
	if is, known := t.at.SlowStart(); known {
		t.lane.SlowStart(is)
		t.begun = !is
	}
}
