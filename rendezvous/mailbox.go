package rendezvous

import (
	"encoding/hex"
	"fmt"
	"time"

	"sesame/internal/wire"
)

// enter opens the mailbox for the first time, and leaves our pake in it without
// waiting for an answer.
func (m *machine) enter(now time.Time) {
	m.stage = waiting
	m.opened = true
	m.send(wire.Command{Type: wire.Open, Mailbox: new(m.mailbox)})
	m.post(now, phasePake, m.pakeBody())
}

// open opens the mailbox on a later connection. The server sends what it has
// stored, then answers the ping: so when the pong is here we know which of our
// messages it hasn't got. doc/mailbox.md §7.
func (m *machine) open(now time.Time) {
	m.opened, m.replaying = true, true
	m.outbox.forget()
	m.early = nil // will come again
	m.send(wire.Command{Type: wire.Open, Mailbox: new(m.mailbox)})
	m.send(wire.Command{Type: wire.Ping, Ping: []byte("1")})
	m.expect(AwaitStored, now)
}

// replayed handles the end of the stored messages.
func (m *machine) replayed(now time.Time) {
	if !m.replaying {
		return
	}
	m.replaying = false
	delete(m.replies, AwaitStored)
	lost := !m.outbox.echoed(phasePake)
	for _, own := range m.outbox.missing() {
		m.add(now, own)
	}
	switch {
	case m.stage == closing:
		m.leave(now)
	case m.stage == waiting:
		m.returned(now)
	case m.stage == agreed && (lost || m.hopping):
		// The peer may not have seen our pake, and so be waiting where the
		// nameplate leads now; or it has, and waits here.
		m.hopping = true
		m.hopBy = now.Add(waitHop)
	}
}

// post puts a message of ours into the mailbox, now or as soon as it is open.
func (m *machine) post(now time.Time, phase string, body []byte) {
	own := m.outbox.push(phase, hex.EncodeToString(body))
	if m.opened && !m.replaying {
		m.add(now, own)
	}
}

func (m *machine) add(now time.Time, own *ownMessage) {
	m.send(wire.Command{Type: wire.Add, Phase: &own.phase, Body: &own.body})
	m.expect(AwaitReceipt, now)
}

// message handles a message of the mailbox: a receipt for our own, the peer's,
// or a stranger's.
func (m *machine) message(now time.Time, msg wire.Message) {
	if !m.opened {
		return
	}
	if msg.Side == m.side {
		if m.outbox.echo(msg.Phase, msg.Body) && !m.replaying {
			if len(m.outbox.missing()) == 0 {
				delete(m.replies, AwaitReceipt)
			} else {
				m.expect(AwaitReceipt, now)
			}
		}
		return
	}
	if m.stage != waiting && m.stage != agreed && m.stage != confirmed {
		return
	}
	if m.peer != "" && msg.Side != m.peer {
		m.stranger(now, msg)
		return
	}
	if m.peer == "" && (msg.Phase != phasePake || m.replaying) {
		m.keep(now, msg)
		return
	}
	m.heard(now, msg)
}

// keep puts aside what came before any pake, and what the server had stored
// while we weren't there, to look at it again when it is known who the peer is.
func (m *machine) keep(now time.Time, msg wire.Message) {
	for _, e := range m.early {
		if e.Side == msg.Side && e.Phase == msg.Phase && e.Body == msg.Body {
			return
		}
	}
	if len(m.early) == maxStrangers {
		m.fail(now, fmt.Errorf("%w: messages without a key exchange", ErrDisturbed), Errory)
		return
	}
	m.early = append(m.early, msg)
}

// heard handles a message of the peer, or the pake of who becomes the peer.
func (m *machine) heard(now time.Time, msg wire.Message) {
	body, err := hex.DecodeString(msg.Body)
	if err != nil || len(msg.Body) > wire.MaxBody || msg.Side == "" || len(msg.Side) > wire.MaxSide || len(msg.Phase) > wire.MaxPhase {
		m.fail(now, fmt.Errorf("%w: a message that isn't hexadecimal or is too large", ErrMalformed), Errory)
		return
	}
	m.home = m.mailbox
	switch {
	case msg.Phase == phasePake:
		if m.peer == "" {
			m.answer(now, msg.Side, body)
		}
	case msg.Phase == phaseVersion:
		if m.stage == agreed {
			m.confirm(now, body)
		}
	default:
		if n, ok := phaseNumber(msg.Phase); ok {
			m.number(now, n, body)
		}
		// Other phases belong to extensions that we never announced.
	}
	if m.held == claimed && (m.stage == confirmed || m.stage == agreed && m.viaName) {
		m.release()
	}
}

// stranger counts a message of a third side.
func (m *machine) stranger(now time.Time, msg wire.Message) {
	if m.foreign.add(msg) > maxStrangers {
		m.fail(now, fmt.Errorf("%w by a third party", ErrDisturbed), Errory)
	}
}
