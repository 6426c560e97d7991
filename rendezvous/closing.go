package rendezvous

import (
	"time"

	"sesame/internal/wire"
)

// A Mood tells the server's statistics how a session ended.
type Mood string

const (
	Happy  Mood = "happy"  // regularly, after the peer had proven the code
	Lonely Mood = "lonely" // before the peer had proven the code
	Errory Mood = "errory" // because of an error
	Scary  Mood = "scary"  // because of a wrong code or an attack
)

// unwelcome is the mood of a client that the server refused. It has no mailbox,
// so the server rarely learns it.
const unwelcome Mood = "unwelcome"

// close begins to give back what is held at the server.
func (m *machine) close(now time.Time, mood Mood) {
	if m.stage >= closing {
		return
	}
	if m.stage == idle {
		m.stage = done
		return
	}
	m.stage = closing
	m.mood = mood
	m.closeBy = now.Add(waitClose)
	if mood == Happy || !m.online {
		m.hurry(now)
	}
	switch {
	case m.online:
		m.leave(now)
	case !m.welcomed || !m.holds():
		m.stage = done
	}
}

// hurry shortens a closing that is only a courtesy: the server forgets a mailbox
// in which nobody is by itself. The person has seen that all is done.
func (m *machine) hurry(now time.Time) {
	if by := now.Add(waitParting); m.unstored() == 0 && by.Before(m.closeBy) {
		m.closeBy = by
	}
}

// holds reports whether the server may hold something for us.
func (m *machine) holds() bool {
	return m.mailbox != "" || m.held == claimed || m.held == releasing
}

// leave sends what closes, as far as the server's answers allow, and repeats it
// on a new connection.
func (m *machine) leave(now time.Time) {
	switch {
	case m.expects(AwaitNameplate) || m.expects(AwaitClaim) || m.replaying:
		return // the answer calls leave again
	case m.mailbox != "" && !m.opened && m.outbox.unstored() > 0:
		m.open(now) // the connection was lost under a last message
		return
	}
	if m.held == claimed || m.held == releasing {
		m.release()
	}
	if m.mailbox != "" {
		m.ending = true
		m.send(wire.Command{Type: wire.Close, Mailbox: new(m.mailbox), Mood: new(string(m.mood))})
	}
	m.finish()
}

// closed handles the server's last answer, which comes after everything before
// it was stored.
func (m *machine) closed() {
	if m.stage == closing && m.ending {
		m.outbox.settle()
		m.stage = done
	}
}

// finish ends a closing that has nothing to wait for.
func (m *machine) finish() {
	if m.stage == closing && m.mailbox == "" && m.held != claimed && m.held != releasing &&
		!m.expects(AwaitNameplate) && !m.expects(AwaitClaim) {
		m.stage = done
	}
}
