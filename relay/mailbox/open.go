package mailbox

import (
	"errors"

	"sesame/internal/wire"
	"sesame/relay/figures"
	"sesame/relay/store"
)

// An entry is how somebody comes to a mailbox: by its number, or to listen.
type entry struct {
	number string
	claims bool
	opens  bool
	plate  []store.Change // what is to be done with its number, too
}

// Opening is what a visit does about a mailbox.
type opening struct{ *visit }

// enter makes the caller's side one of the two of a mailbox, which is made if there is
// none. If it can't it leaves no trace. c is what the mailbox was found to be; what it is
// then is returned.
func (v opening) enter(k store.Key, how entry, c *scene) (_ *scene, m *local, err error) {
	for range tries {
		if c.version == 0 { // somebody may have made it before this turn began
			if c, err = v.look(k); err != nil {
				return nil, nil, err
			}
		}
		if m, err = v.tryEnter(k, how, c); !errors.Is(err, store.ErrConflict) {
			return c, m, err
		}
		if c, err = v.look(k); err != nil {
			return nil, nil, err
		}
	}
	return nil, nil, store.ErrConflict
}

func (v opening) tryEnter(k store.Key, how entry, c *scene) (m *local, err error) {
	s := v.caller
	fresh := c.version == 0
	if fresh {
		c.number = how.number
	}
	if how.claims {
		if p := c.side(s.side); p != nil && p.claimed && p.released {
			return nil, errReclaimed
		}
	}
	second, err := c.join(v.arrival(), v.now)
	if err != nil {
		return nil, err
	}
	if how.opens {
		c.forgetLeft(s.side, v.now)
	}
	p := c.side(s.side)
	p.claimed = p.claimed || how.claims

	var taken *seat
	v.with(func(st *state) {
		if fresh {
			if old := st.boxes[k]; old != nil { // that isn't there any more
				st.remove(old, nil, v.now)
			}
			m, err = st.create(k, s, v.now)
		} else if second != nil {
			taken, err = st.guesses.take(s.source, *second, s.local, v.now)
		}
	})
	if err != nil {
		return nil, err
	}
	_, err = v.put(k, c, how.plate...)
	v.with(func(st *state) {
		switch {
		case err == nil:
			m = st.adopt(k)
			if c.met {
				st.strange.met(m)
			}
			if taken != nil {
				m.seats[p.seat] = taken
			}
			st.leaves(m, c, v.now)
			st.enter(s, m, p.seat)
			m.touched = v.now
		case fresh:
			st.remove(m, nil, v.now)
		case taken != nil:
			st.guesses.undo(taken)
		}
	})
	return m, err
}

func (v opening) open(cmd wire.Command) error {
	s := v.caller
	if cmd.Mailbox == nil || *cmd.Mailbox == "" {
		return errNoMailbox
	}
	var opened bool
	v.with(func(*state) { opened = s.mailbox != nil })
	if opened {
		return errOpened
	}
	k := v.boxKey(*cmd.Mailbox)
	known := false
	v.with(func(st *state) { known = st.boxes[k] != nil })
	if !known {
		if err := (relief{v.visit}).forBox(); err != nil {
			return err
		}
	}
	defer v.board.desk.turns.take(k)()
	c, err := v.look(k)
	if err != nil {
		return err
	}
	c, m, err := v.enter(k, entry{opens: true}, c)
	if err != nil {
		return err
	}
	all := false
	v.with(func(st *state) {
		st.subscribe(s, m, &c.box, v.now)
		all = st.catchUp(m, c)
	})
	if all {
		return nil
	}
	gone, err := v.board.refresh(v.ctx, m, v.now)
	if gone {
		v.with(func(st *state) { st.remove(m, nil, v.now) })
	}
	return err
}

func (v opening) add(c wire.Command) error {
	var m *local
	var seat uint64
	v.with(func(*state) {
		if m = v.caller.mailbox; m != nil {
			seat = v.caller.seat(m)
		}
	})
	switch {
	case m == nil:
		return errNotOpen
	case c.Phase == nil:
		return errNoPhase
	case c.Body == nil:
		return errNoBody
	}
	msg := message{seat: seat, side: v.caller.side, phase: *c.Phase, body: *c.Body, id: c.ID, from: v.caller.mark, at: v.now}
	if err := (relief{v.visit}).forBytes(msg.cost(), m.source); err != nil {
		return err
	}
	defer v.board.desk.turns.take(m.key)()
	err := store.ErrConflict
	for range tries {
		if err = v.tryAdd(m, msg); !errors.Is(err, store.ErrConflict) {
			return err
		}
	}
	return err
}

// tryAdd stores a message; the feed brings it to all who listen, its author included. A
// copy of a message that is there already is only echoed to its author, for
// whom the echo is the receipt.
func (v opening) tryAdd(m *local, msg message) error {
	c, err := v.look(m.key)
	switch {
	case err != nil:
		return err
	case c.seated(msg.seat) == nil:
		return errNotOpen
	}
	for i := range c.messages {
		old := &c.messages[i]
		if old.seat != msg.seat || old.phase != msg.phase {
			continue
		}
		if old.body != msg.body {
			return errRewrite
		}
		msg.body = old.body // to be kept once
		v.send(msg.wire())
		return nil
	}
	l, cost := v.board.desk.limits(), msg.cost()
	if n, bytes := c.extent(func(o *message) bool { return !c.void(o) }); n >= l.MailboxMessages || bytes+cost > l.MailboxBytes {
		return errMailboxFull
	}
	full := false
	v.with(func(st *state) {
		if full = st.bytes+cost > l.TotalBytes; !full {
			st.keep(m, cost)
		}
	})
	if full {
		return errFull
	}
	_, err = v.commit(m.key, store.Append(m.key, c.items, msg.encode()))
	c.messages = append(c.messages, msg)
	v.with(func(st *state) {
		if err != nil {
			st.keep(m, -cost)
			return
		}
		m.touched = v.now
		st.leaves(m, c, v.now)
		st.catchUp(m, c)
	})
	return err
}

// close answers "closed" whatever it finds: a client that waits for it must
// not wait in vain, and a stranger learns nothing. Of the mood it matters whether
// it is scary.
func (v opening) close(cmd wire.Command) error {
	s := v.caller
	var m *local
	v.with(func(*state) { m = s.mailbox })
	switch {
	case s.didClose:
		return errClosed
	case cmd.Mailbox == nil && m == nil:
		return errNoOpen
	case cmd.Mailbox != nil && m != nil && *cmd.Mailbox != m.key.Name:
		return errOtherMailbox
	}
	var k store.Key
	if m != nil {
		k = m.key
	} else {
		k = v.boxKey(*cmd.Mailbox)
	}
	defer v.board.desk.turns.take(k)()
	scary := cmd.Mood != nil && *cmd.Mood == moodScary
	content := cmd.Mood != nil && *cmd.Mood == figures.Happy
	met := false
	_, err := v.change(k, func(c *scene) {
		p := c.side(s.side)
		if p == nil {
			return
		}
		met = content && c.reached(p)
		c.closes(p, s.mark, scary)
		if here, listening := v.sits(k); here {
			if c.crowd.leaves(p.seat, listening); c.crowd.here[p.seat].all == 0 {
				c.leaves(p, v.now)
			}
		}
	}, func(st *state) {
		if m := st.boxes[k]; m != nil {
			st.leave(s, m, v.now)
		}
		s.mailbox = nil
	})
	if err != nil {
		return err
	}
	s.didClose = true
	if met {
		v.with(func(st *state) { st.proven.met(s.source, v.now) })
	}
	if cmd.Mood != nil {
		v.board.seen.Meetings.Add(*cmd.Mood)
	}
	v.send(wire.Message{Type: wire.Closed})
	return nil
}

// sits reports whether the connection has claimed or opened a mailbox, and listens to it.
func (v opening) sits(k store.Key) (here, listening bool) {
	v.with(func(st *state) {
		m := st.boxes[k]
		here = m != nil && v.caller.seat(m) != 0
		listening = here && v.caller.mailbox == m
	})
	return here, listening
}
