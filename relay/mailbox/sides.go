package relay

import (
	"slices"
	"time"
)

const (
	// unanswered is how long a side must have been without an answer to what it
	// said, so that nobody is at work on one.
	unanswered = 10 * time.Second
	// absent is how long a side must have been without a connection that hasn't
	// closed, until it has left for good: longer than clients try.
	absent = time.Minute
)

// join makes the caller's side one of the two of m. If it can't it leaves no
// trace.
func (b *board) join(m *mailbox, s *caller, now time.Time) error {
	p := m.side(s.side)
	if p == nil {
		var err error
		if p, err = b.admit(m, s, now); err != nil {
			return err
		}
	}
	p.open = true
	m.touched = now
	if !slices.Contains(s.present, m) {
		s.present = append(s.present, m)
		p.present++
	}
	return nil
}

// admit gives a side that is new to m one of the two seats there.
func (b *board) admit(m *mailbox, s *caller, now time.Time) (*participant, error) {
	var leaves *participant
	if len(m.sides) == 2 {
		if leaves = m.spare(now); leaves == nil {
			return nil, errCrowded
		}
	}
	p := &participant{name: s.side, source: s.source}
	for _, other := range m.sides {
		if other != leaves && other.open {
			var err error
			if p.seat, err = b.guesses.take(s.source, other.source, s.local, now); err != nil {
				return nil, err
			}
		}
	}
	if leaves != nil {
		b.evict(m, leaves, now)
	}
	m.sides = append(m.sides, p)
	m.met = m.met || len(m.sides) == 2
	return p, nil
}

// spare returns a side whose seat is free again, preferably the one that came
// later, or nil.
//
// A side that has gone without ever saying anything doesn't count: otherwise a
// stranger, or a person who mistyped, could use up the second seat for good. Nor
// does one that came to somebody who slept, and went before there was an answer:
// the next one to come may still meet who wakes up.
func (m *mailbox) spare(now time.Time) *participant {
	for i, p := range slices.Backward(m.sides) {
		if p.present == 0 && (!p.spoke || i > 0 && p.leftUnanswered(now)) {
			return p
		}
	}
	return nil
}

// leftUnanswered reports whether a side that isn't present has left for good
// before the other said anything to it.
func (p *participant) leftUnanswered(now time.Time) bool {
	return !p.answered && now.Sub(p.since) >= unanswered && (!p.open || now.Sub(p.left) >= absent)
}

// forgetLeft removes a side that came while another one slept, and has left
// unanswered, when that one comes back: what it said would be taken for somebody
// who is there, and answered.
func (b *board) forgetLeft(m *mailbox, back string, now time.Time) {
	for i, p := range slices.Backward(m.sides) {
		if i > 0 && p.name != back && p.present == 0 && p.spoke && p.leftUnanswered(now) {
			b.evict(m, p, now)
			return
		}
	}
}

// evict removes a side, and what it has said. Who has been sent some of that, and
// didn't answer, has to come back to see who is there now.
func (b *board) evict(m *mailbox, p *participant, now time.Time) {
	b.giveUp(p, now)
	m.sides = slices.DeleteFunc(m.sides, func(o *participant) bool { return o == p })
	for _, stays := range m.sides {
		if stays.seat != nil && stays.seat.verdict == undecided {
			b.settle(stays.seat, kept, now) // nobody is left who could tell
		}
	}
	if m.nameplate != nil {
		m.nameplate.dropClaim(p.name)
	}
	if !p.spoke {
		return
	}
	m.messages = slices.DeleteFunc(m.messages, func(msg message) bool {
		if msg.side == p.name {
			m.bytes -= msg.cost()
			b.bytes -= msg.cost()
		}
		return msg.side == p.name
	})
	b.hangUpAll(m, now)
}

// leave ends the caller's part in m: its subscription and its presence.
func (b *board) leave(m *mailbox, s *caller, now time.Time) {
	if i := slices.Index(m.subs, s); i >= 0 {
		m.subs = slices.Delete(m.subs, i, i+1)
		m.touched = now
	}
	if s.mailbox == m {
		s.mailbox = nil
	}
	i := slices.Index(s.present, m)
	if i < 0 {
		return
	}
	s.present = slices.Delete(s.present, i, i+1)
	p := m.side(s.side)
	if p == nil {
		return
	}
	p.present--
	p.left = now
	if p.present == 0 && !p.spoke {
		b.giveUp(p, now)
	}
}

// closes says that the caller's side has closed m.
func (b *board) closes(m *mailbox, s *caller, mood string, now time.Time) {
	p := m.side(s.side)
	if p == nil {
		return
	}
	p.open = false
	b.giveUp(p, now)
	for _, other := range m.sides {
		if st := other.seat; st != nil && other != p && s.source == st.waits && (mood == moodScary || st.verdict == undecided) {
			b.settle(st, ruined, now)
		}
	}
	b.leave(m, s, now)
	b.collect(m, now)
}

// heard says that the caller's side says something new.
func (b *board) heard(m *mailbox, s *caller, phase string, now time.Time) {
	if p := m.side(s.side); p != nil && !p.spoke {
		p.spoke, p.since = true, now
	}
	for _, other := range m.sides {
		if other.name == s.side || phase == phasePake {
			continue
		}
		other.answered = true
		// Nobody says more than his version before he has read the other's:
		// numbered phases, or those of Dilation.
		if st := other.seat; st != nil && phase != phaseVersion && s.source == st.waits {
			b.settle(st, kept, now)
		}
	}
}

// giveUp says that a side has left, or is left alone. If it was never answered, its
// seat is ruined.
func (b *board) giveUp(p *participant, now time.Time) {
	if p.seat != nil && p.seat.verdict == undecided {
		b.settle(p.seat, ruined, now)
	}
}

// settle says what became of a seat.
func (b *board) settle(st *seat, v verdict, now time.Time) {
	if b.guesses.settle(st, v, now) {
		b.holds.stir(st.source.Widest())
	}
}
