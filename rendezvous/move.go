package rendezvous

import (
	"math/rand/v2"
	"time"
)

// How long a client waits, at most, for a server that says that it moves, and over what time
// those come back that were told the same.
const (
	longestMove = 10 * time.Second
	moveSpread  = time.Second
)

// A move is word of the server that it is about to be started again, and in what time it
// is to be asked again. Until then nobody hears that it is away: that was to be expected.
type move struct {
	under bool
	after time.Duration
}

// told takes that word, and returns from when on the server is missed. Who is leaving has no
// time to wait.
func (v *move) told(now time.Time, seconds int, leaving bool) (missed time.Time) {
	*v = move{under: true, after: longestMove}
	switch {
	case leaving || seconds < 0:
		v.after = 0
	case seconds < int(longestMove/time.Second):
		v.after = time.Duration(seconds) * time.Second
	}
	return now.Add(v.after + moveSpread + muteAfter)
}

// pause returns when to connect after a connection that ended with word of a move. A server that
// says so each time, and never serves, isn't asked more often than one that is lost each time.
func (v move) pause(failures int) time.Duration {
	d := v.after + rand.N(moveSpread)
	if failures > 0 {
		d += retryDelay(failures)
	}
	return d
}

// part begins to give back what a client holds at the server. One that is away for a moment
// is asked again at once: there is no time to wait.
func part(c *Client, mood func(*machine) Mood) {
	away := false
	c.step(func(m *machine, now time.Time) {
		m.close(now, mood(m))
		away = !m.backBy.IsZero() && !m.online
	})
	if away {
		c.doubt()
	}
}
