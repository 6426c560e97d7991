package mailbox

import (
	"context"
	"errors"
	"fmt"
	"time"

	"sesame/relay/figures"
	"sesame/relay/store"
)

// sweepAtOnce is how much a sweep looks at before it lets others go on.
const sweepAtOnce = 128

// Sweep reads again what the store failed to change, and removes what has outlived its time: mailboxes to which nobody has
// listened for a while, very old ones, and nameplates whose quarantine is over. It returns
// how many mailboxes are left. What fails keeps nothing else from being removed; the error
// says how much that was, and wraps the first reason. It ends early with ctx.
func (b *Board) Sweep(ctx context.Context, now time.Time) (left int, err error) {
	s := sweep{board: b, ctx: ctx, now: now}
	s.unsure()
	s.boxes()
	s.rested()
	s.doubtful()
	if s.first != nil {
		err = fmt.Errorf("%d of them: %w", s.stuck, s.first)
	}
	return b.Mailboxes(), err
}

// A sweep counts what can't be removed.
type sweep struct {
	board *Board
	ctx   context.Context
	now   time.Time
	stuck int
	first error
}

// failed notes why something can't be removed, and reports whether it can't.
func (s *sweep) failed(err error) bool {
	if err == nil {
		return false
	}
	if s.stuck++; s.first == nil {
		s.first = err
	}
	return true
}

// unsure reads again what a failing store left in doubt, once it does its work.
func (s *sweep) unsure() {
	var still []store.Key
	for s.ctx.Err() == nil {
		k, ok := s.board.desk.store.doubtful()
		if !ok {
			break
		}
		var err error
		switch k.Kind {
		case kindPlate:
			err = s.board.desk.learnAnew(s.ctx, k, s.now)
		case kindBox:
			err = s.board.learnBox(s.ctx, k, s.now)
		}
		if s.failed(err) {
			still = append(still, k)
		}
	}
	for _, k := range still {
		s.board.desk.store.doubt(k)
	}
}

func (s *sweep) boxes() {
	for before := -1; before != 0 && s.ctx.Err() == nil; {
		var over []*local
		s.board.desk.with(func(st *state) { before, over = st.overdue(before, s.now) })
		for _, m := range over {
			s.failed(s.board.expire(s.ctx, m, s.now))
		}
	}
}

// rested frees nameplates whose quarantine is over. One that can't be freed is the last to
// be tried again.
func (s *sweep) rested() {
	d := s.board.desk
	most := 0
	d.with(func(st *state) { most = st.numbers.used.Len() })
	for tries := 0; tries <= most && s.ctx.Err() == nil; {
		more := false
		d.with(func(st *state) { more = st.numbers.rested(d.limits().Quarantined, s.now) != nil })
		if !more {
			return
		}
		if s.failed(d.freeRested(s.ctx, sweepAtOnce, s.now)) {
			tries++
		}
	}
}

// doubtful frees nameplates whose mailbox isn't there. One of which that can't be found out
// is looked at again when it is as old once more.
func (s *sweep) doubtful() {
	d := s.board.desk
	for s.ctx.Err() == nil {
		var o *number
		d.with(func(st *state) { o = st.numbers.doubtful(d.limits().MailboxLife, s.now) })
		if o == nil {
			return
		}
		if s.failed(d.doubt(s.ctx, o.key, s.now)) {
			d.with(func(st *state) { st.numbers.later(o.key, s.now) })
		}
	}
}

// overdue returns mailboxes that have outlived their time, of some before a place in the list; -1 is its
// end. It returns the place to go on from; all were looked at if that is 0.
func (st *state) overdue(before int, now time.Time) (next int, over []*local) {
	if next = before; next < 0 || next > len(st.list) {
		next = len(st.list)
	}
	for range min(sweepAtOnce, next) {
		next--
		m := st.list[next] // the last may come here in its place: that was looked at
		old := now.Sub(m.created) >= st.limits.MailboxLife
		if len(m.subs) > 0 && !old {
			m.touched = now
		} else if old || now.Sub(m.touched) >= st.limits.MailboxIdle {
			over = append(over, m)
		}
	}
	return next, over
}

// expire removes a mailbox that has outlived its time, unless it is in use elsewhere.
func (b *Board) expire(ctx context.Context, m *local, now time.Time) (err error) {
	d, v := b.desk, b.visit(ctx, &caller{app: m.key.App}, now)
	defer d.turns.take(m.key)()
	for range tries {
		var c *scene
		if c, err = v.look(m.key); err != nil {
			return err
		}
		if c.version != 0 {
			old := now.Sub(c.created) >= d.limits().MailboxLife
			if !old && (c.crowd.listens() || c.find(c.crowd.elsewhere) != nil) {
				return nil
			}
			err = v.remove(m.key, c)
		}
		if errors.Is(err, store.ErrConflict) {
			continue
		}
		if err == nil {
			b.seen.Meetings.Add(figures.Pruned)
			d.with(func(st *state) { st.remove(m, c, now) })
		}
		return err
	}
	return err
}

// learnBox reads what a mailbox is.
func (b *Board) learnBox(ctx context.Context, k store.Key, now time.Time) error {
	defer b.desk.turns.take(k)()
	c, err := b.visit(ctx, &caller{app: k.App}, now).look(k)
	if err != nil {
		return err
	}
	_, bytes := c.extent(func(*message) bool { return true })
	b.desk.with(func(st *state) {
		m := st.boxes[k]
		switch {
		case c.version == 0 && m == nil:
			return
		case c.version == 0:
			st.remove(m, nil, now)
			return
		case m == nil: // who made it was told to come again
			m = st.adopt(k)
			m.touched, m.shakes = now, c.shakes
		}
		st.keep(m, bytes-m.bytes)
		st.reflect(m, c, now)
	})
	return nil
}
