package rendezvous

import "time"

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

// standingOf returns what a machine knows of the other side and of the server.
func standingOf(m *machine) Standing {
	return Standing{
		Silent: m.muteSince,
		Lost:   m.welcomed && !m.online && m.backBy.IsZero(),
		Alone:  m.stage == waiting && !m.replaying && m.outbox.kept(phasePake),
		Came:   m.stage == agreed || m.stage == confirmed,
	}
}
