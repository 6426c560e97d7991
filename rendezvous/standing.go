package rendezvous

import (
	"context"
	"time"
)

// A Standing is what a client knows while it waits for the other side.
type Standing struct {
	// Silent is since when the server hasn't answered; zero while it does. Lost says
	// that the connection is gone, too, and is made again. In a browser only that
	// shows.
	Silent time.Time
	Lost   bool
	// Alone says that nobody else has come to the nameplate, as the mailbox has it.
	Alone bool
	// Came says that the other side's part of the key exchange is here.
	Came bool
}

// Host is the host of the server's URL, with its port if it has one.
func (c *Client) Host() string { return c.url.Host }

// Follow calls tell with the client's standing, and again whenever that has changed,
// until ctx ends or the client can't wait any more. What tell holds up is told late,
// and nothing else waits for it. A server that falls silent shows within 8 seconds.
func (c *Client) Follow(ctx context.Context, tell func(Standing)) {
	for last := (Standing{}); ; {
		var now Standing
		err := c.await(ctx, func(m *machine) (bool, error) {
			now = m.standing()
			return now != last, m.ended()
		})
		if err != nil {
			return
		}
		last = now
		tell(now)
	}
}

// A silence is a time in which the server isn't heard.
type silence struct {
	muteSince time.Time // zero: it is heard
}

// mute notes that the server isn't heard since then.
func (s *silence) mute(since time.Time) {
	if s.muteSince.IsZero() {
		s.muteSince = since
	}
}

// unmute notes that it is.
func (s *silence) unmute() { s.muteSince = time.Time{} }

// standing returns what is known of the other side and of the server.
func (m *machine) standing() Standing {
	return Standing{
		Silent: m.muteSince,
		Lost:   m.welcomed && !m.online,
		Alone:  m.stage == waiting && !m.replaying && m.outbox.kept(phasePake),
		Came:   m.stage == agreed || m.stage == confirmed,
	}
}
