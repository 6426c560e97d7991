package mailbox

import (
	"slices"
	"time"

	"sesame/relay/store"
)

// subsPerSide is how many connections may listen to a mailbox as the same
// side. A client that reconnects needs two for a while.
const subsPerSide = 8

// enter notes that a connection has claimed or opened as a side.
func (st *state) enter(s *caller, m *local, seat uint64) {
	if !slices.ContainsFunc(s.sits, func(p sitting) bool { return p.box == m }) {
		s.sits = append(s.sits, sitting{m, seat})
		n := m.here[seat]
		n.all++
		m.here[seat] = n
	}
}

// subscribe sends a mailbox's messages to s, those that it knows of and those to come. If
// too many connections listen as the same side, the oldest is dropped.
func (st *state) subscribe(s *caller, m *local, b *box, now time.Time) {
	seat := s.seat(m)
	if n := m.here[seat]; n.listening >= subsPerSide {
		oldest := m.subs[slices.IndexFunc(m.subs, func(o *caller) bool { return o.seat(m) == seat })]
		st.leave(oldest, m, now)
		st.hangUp(oldest)
	}
	n := m.here[seat]
	n.listening++
	m.here[seat] = n
	m.subs = append(m.subs, s)
	s.mailbox = m
	for i := range m.messages {
		if msg := &m.messages[i]; b.seated(msg.seat) != nil {
			st.send(s, msg.wire())
		}
	}
}

// extend notes messages that were read from one number on, and sends those that are
// new to who listens.
func (st *state) extend(m *local, from int, messages []message, b *box) {
	known := len(m.messages) - from
	if len(m.subs) == 0 || known < 0 || known >= len(messages) {
		return
	}
	for i := range messages[known:] {
		msg := &messages[known+i]
		m.messages = append(m.messages, *msg)
		if b.seated(msg.seat) == nil {
			continue
		}
		for _, to := range m.subs {
			st.send(to, msg.wire())
		}
	}
}

// catchUp sends to who listens what a command has found in a mailbox, without waiting for the
// store's feed. It reports false if that has to be read again: who has said something and
// has no seat may have come after the sides were read.
func (st *state) catchUp(m *local, c *scene) bool {
	from := min(len(m.messages), len(c.messages))
	if slices.ContainsFunc(c.messages[from:], func(msg message) bool { return c.void(&msg) }) {
		return false
	}
	st.extend(m, from, c.messages[from:], &c.box)
	return true
}

// leave ends the part of s in m: its subscription and its presence. It returns how many
// connections its side still has here.
func (st *state) leave(s *caller, m *local, now time.Time) (seat uint64, left int, was bool) {
	i := slices.IndexFunc(s.sits, func(p sitting) bool { return p.box == m })
	if i < 0 {
		return 0, 0, false
	}
	seat = s.sits[i].seat
	s.sits = slices.Delete(s.sits, i, i+1)
	n := m.here[seat]
	n.all--
	if j := slices.Index(m.subs, s); j >= 0 {
		m.subs = slices.Delete(m.subs, j, j+1)
		n.listening--
		m.touched = now
		if len(m.subs) == 0 {
			m.messages = nil
		}
	}
	if s.mailbox == m {
		s.mailbox = nil
	}
	if m.here[seat] = n; n.all == 0 {
		delete(m.here, seat)
	}
	return seat, n.all, true
}

// hangUpAll ends the connections that listen to m.
func (st *state) hangUpAll(m *local, now time.Time) {
	for _, s := range slices.Clone(m.subs) {
		st.leave(s, m, now)
		st.hangUp(s)
	}
}

// leaves notes how a command leaves m, in its turn.
func (st *state) leaves(m *local, c *scene, now time.Time) {
	if m.heard == c.heard {
		m.known = store.Record{Version: c.version, Head: c.head, Items: len(c.messages)}
	}
	st.reflect(m, c, now)
}

// stir has what is known of a mailbox be read again: at once, where somebody listens.
func (st *state) stir(stirred []*local, m *local) []*local {
	m.known = store.Record{}
	m.heard++
	if len(m.subs) > 0 {
		stirred = append(stirred, m)
	}
	return stirred
}

// reflect has what is known of m follow from what is in the store now.
func (st *state) reflect(m *local, c *scene, now time.Time) {
	m.created = c.created
	if c.touched.After(m.touched) || m.touched.IsZero() {
		m.touched = c.touched
	}
	if c.shakes > m.shakes {
		m.shakes = c.shakes
		st.hangUpAll(m, now)
	}
	for seat := range m.seats {
		if p := c.seated(seat); p != nil {
			st.settle(m, seat, c.judgement(p), now)
		} else {
			st.giveUp(m, seat, now)
		}
	}
}
