package rendezvous

import (
	"fmt"
	"time"

	"sesame/internal/safetext"
	"sesame/internal/wire"
	"sesame/pake"
)

// maxNameplates bounds the list that a client keeps.
const maxNameplates = 10_000

// list asks the server for the nameplates in use.
func (m *machine) list(now time.Time) {
	m.nameplates = nil
	if m.listing {
		return
	}
	m.listing = true
	if !m.online {
		m.need(now)
		return
	}
	m.send(wire.Command{Type: wire.List})
	m.expect(AwaitNameplates, now)
}

func (m *machine) listed(all []wire.Nameplate) {
	if !m.expects(AwaitNameplates) {
		return
	}
	delete(m.replies, AwaitNameplates)
	m.listing = false
	m.nameplates = []string{}
	for _, n := range all[:min(len(all), maxNameplates)] {
		if validAllocated(n.ID) {
			m.nameplates = append(m.nameplates, n.ID)
		}
	}
}

// allocate asks the server for a free nameplate and, as soon as it is known,
// for its mailbox.
func (m *machine) allocate(now time.Time) {
	m.stage = allocating
	if !m.online {
		m.need(now)
		return
	}
	m.send(wire.Command{Type: wire.Allocate})
	m.expect(AwaitNameplate, now)
}

func (m *machine) allocated(now time.Time, nameplate string) {
	if !m.expects(AwaitNameplate) {
		return
	}
	delete(m.replies, AwaitNameplate)
	if !validAllocated(nameplate) {
		m.fail(now, fmt.Errorf("%w: nameplate %q", ErrMalformed, safetext.Line(nameplate, 20)), Errory)
		return
	}
	m.nameplate = nameplate
	m.held = claimed
	if m.stage == allocating {
		m.stage = claiming
		m.claim(now)
		return
	}
	m.leave(now)
}

// meet begins to look for the peer under a code.
func (m *machine) meet(now time.Time, code Code) {
	m.code = code.String()
	m.nameplate = code.Nameplate
	m.agreement = pake.Start(m.code, m.appID)
	m.transcript.begin(m.appID, m.nameplate)
	switch {
	case m.stage == idle:
		m.stage = claiming
		if m.online {
			m.claim(now)
		} else {
			m.need(now)
		}
	case m.stage == holding:
		m.enter(now)
	}
}

// claim asks for the mailbox of the nameplate. The server gives the same
// answer to the same side again, also on a new connection.
func (m *machine) claim(now time.Time) {
	m.held = claimed // perhaps: the answer may get lost
	m.send(wire.Command{Type: wire.Claim, Nameplate: new(m.nameplate), Once: true})
	m.expect(AwaitClaim, now)
}

func (m *machine) claimed(now time.Time, mailbox string) {
	if !m.expects(AwaitClaim) {
		return
	}
	delete(m.replies, AwaitClaim)
	if mailbox == "" || len(mailbox) > wire.MaxMailbox || safetext.Line(mailbox, 0) != mailbox {
		m.fail(now, fmt.Errorf("%w: mailbox %q", ErrMalformed, safetext.Line(mailbox, 40)), Errory)
		return
	}
	m.mailbox = mailbox
	switch m.stage {
	case claiming:
		m.stage = holding
		if m.agreement != nil {
			m.enter(now)
		}
	case waiting:
		m.open(now)
	case agreed:
		if mailbox == m.home {
			m.viaName, m.hopping = false, false
		}
		m.open(now)
	case closing:
		m.leave(now)
	}
}

// release gives the nameplate back, if it is held: the peer has found the
// mailbox. An unanswered release is sent again on a new connection.
func (m *machine) release() {
	if m.online && (m.held == claimed || m.held == releasing) {
		m.held = releasing
		m.send(wire.Command{Type: wire.Release, Nameplate: new(m.nameplate)})
	}
}
