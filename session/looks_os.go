//go:build !js

package session

import (
	"time"

	"sesame/session/choice"
)

// look does what time brings to lanes, and has some rest beside others.
func look(c *choice.Chooser, now time.Time, p choice.Prospect) bool { return c.Look(now, p) }
