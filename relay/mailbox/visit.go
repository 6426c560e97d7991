package mailbox

import (
	"context"
	"errors"
	"slices"
	"time"

	"sesame/internal/wire"
	"sesame/relay/store"
)

// A visit is one command of a connection.
type visit struct {
	board   *Board
	ctx     context.Context
	caller  *caller
	now     time.Time
	again   bool // the command was held
	strange bool // it is a claim that counts as such
	rated   bool // it has been held against the rates of its source
}

// tries is how often a command is decided anew when others were faster.
const tries = 32

func (v *visit) do(c wire.Command) error {
	switch {
	case c.Type == wire.Ping:
		return v.ping(c)
	case c.Type == wire.Bind:
		return v.bind(c)
	case !v.caller.bound:
		return errNotBound
	}
	switch c.Type {
	case wire.List:
		return v.list()
	case wire.Allocate:
		return claiming{v}.allocate()
	case wire.Claim:
		return claiming{v}.claim(c)
	case wire.Release:
		return claiming{v}.release(c)
	case wire.Open:
		return opening{v}.open(c)
	case wire.Add:
		return opening{v}.add(c)
	case wire.Close:
		return opening{v}.close(c)
	}
	return errUnknown
}

func (v *visit) with(f func(*state)) { v.board.desk.with(f) }

func (v *visit) send(m wire.Message) {
	v.with(func(st *state) { st.send(v.caller, m) })
}

// bind notes who a client is. One that mustn't be here is cut.
func (v *visit) bind(c wire.Command) error {
	s := v.caller
	switch {
	case s.bound:
		return errBound
	case c.AppID == nil:
		return errNoAppID
	case c.Side == nil:
		return errNoSide
	}
	s.bound, s.app, s.side, s.patient, s.ours = true, *c.AppID, *c.Side, c.Retry, len(c.ClientVersion) > 0 && c.ClientVersion[0] == wire.Own
	v.with(func(st *state) {
		if !st.guests.admit(s) {
			s.bound = false
			st.hangUp(s)
		}
	})
	if !s.bound {
		return errMet
	}
	return nil
}

func (v *visit) ping(c wire.Command) error {
	switch {
	case len(c.Ping) == 0:
		return errNoPing
	case len(c.Ping) > MaxPing:
		return errLongPing
	}
	v.send(wire.Message{Type: wire.Pong, Pong: c.Ping})
	return nil
}

// list tells the numbers in use only where the operator wants that: who knows
// them all can disturb all who wait.
func (v *visit) list() (err error) {
	v.with(func(st *state) {
		var l []wire.Nameplate
		if v.board.lists {
			if !v.caller.local && !st.listing.Allow(v.caller.source, v.now) {
				err = errListing
				return
			}
			l = st.numbers.list(v.caller.app)
		}
		st.send(v.caller, wire.Message{Type: wire.Nameplates, Nameplates: l})
	})
	return err
}

func (v *visit) plateKey(id string) store.Key {
	return store.Key{Kind: kindPlate, App: v.caller.app, Name: id}
}

func (v *visit) boxKey(id string) store.Key {
	return store.Key{Kind: kindBox, App: v.caller.app, Name: id}
}

func (v *visit) arrival() arrival {
	s := v.caller
	return arrival{side: s.side, source: s.source, mark: s.mark, free: s.local, seat: random(), node: v.board.desk.node}
}

// look reads a mailbox. The scene's version is 0 if there is none.
func (v *visit) look(k store.Key) (*scene, error) {
	b := v.board.desk
	c := &scene{limits: b.limits(), crowd: crowd{node: b.node, here: map[uint64]presence{}, alive: b.alive, since: b.started}}
	r, err := v.record(k, c)
	if err != nil || r.Version == 0 {
		return c, err
	}
	if c.box, err = parseBox(r.Head); err != nil {
		return nil, err
	}
	c.version, c.head = r.Version, r.Head
	b.with(func(st *state) {
		if m := st.boxes[k]; m != nil {
			c.messages = slices.Clip(m.messages)
			for _, p := range c.sides {
				if n, ok := m.here[p.seat]; ok {
					c.crowd.here[p.seat] = n
				}
			}
		}
	})
	if len(c.messages) < r.Items {
		var items []string
		if items, err = b.store.Items(v.ctx, k, len(c.messages)); err == nil {
			c.messages, err = parseMessages(c.messages, items)
		}
	}
	c.items = len(c.messages)
	return c, err
}

// record returns what is in the store under a mailbox's key. What this relay knows of it is as good
// as what the store says: either may be old, and only a change tells.
func (v *visit) record(k store.Key, c *scene) (r store.Record, err error) {
	v.with(func(st *state) {
		if m := st.boxes[k]; m != nil {
			r, c.heard = m.known, m.heard
		}
	})
	if r.Version == 0 {
		r, err = v.board.desk.store.Get(v.ctx, k)
	}
	return r, err
}

// change has f change a mailbox, and removes it if nobody needs it any more. then notes
// what has become of the connection. If there is no mailbox only that is done.
func (v *visit) change(k store.Key, f func(*scene), then func(*state)) (c *scene, err error) {
	for range tries {
		if c, err = v.look(k); err != nil {
			return nil, err
		}
		over := c.version == 0
		if !over {
			f(c)
			if over = c.abandoned(); over {
				err = v.remove(k, c)
			} else {
				err = v.replace(k, c)
			}
		}
		if errors.Is(err, store.ErrConflict) {
			continue
		}
		if err != nil {
			return nil, err
		}
		v.with(func(st *state) {
			then(st)
			m := st.boxes[k]
			switch {
			case m == nil:
			case over:
				st.remove(m, c, v.now)
			default:
				st.leaves(m, c, v.now)
			}
		})
		return c, nil
	}
	return nil, err
}

// leave ends the caller's part in a mailbox.
func (v *visit) leave(m *local) error {
	defer v.board.desk.turns.take(m.key)()
	var seat uint64
	var left int
	needed := false
	v.with(func(st *state) {
		var was bool
		seat, left, was = st.leave(v.caller, m, v.now)
		needed = was && !m.gone && (left == 0 || len(m.subs) == 0)
	})
	if !needed {
		return nil
	}
	_, err := v.change(m.key, func(c *scene) {
		if p := c.seated(seat); p != nil && left == 0 {
			c.leaves(p, v.now)
		}
	}, func(*state) {})
	return err
}
