package mailbox

import (
	"context"
	"errors"
	"time"

	"sesame/relay/figures"
	"sesame/relay/store"
)

// sweepAtOnce is how much a sweep looks at before it lets others go on.
const sweepAtOnce = 128

// Sweep reads again what the store failed to change, and removes what has outlived its time: mailboxes to which nobody has
// listened for a while, very old ones, and nameplates whose quarantine is over. It returns
// how many mailboxes are left.
func (b *Board) Sweep(ctx context.Context, now time.Time) (left int, err error) {
	if err := b.learnDoubtful(ctx, now); err != nil {
		return b.Mailboxes(), err
	}
	for before := -1; before != 0; {
		var over []*local
		b.desk.with(func(st *state) { before, over = st.overdue(before, now) })
		for _, m := range over {
			if err := b.expire(ctx, m, now); err != nil {
				return b.Mailboxes(), err
			}
		}
	}
	for more := true; more; {
		b.desk.with(func(st *state) { more = st.numbers.rested(b.desk.limits().Quarantined, now) != nil })
		if more {
			err = b.desk.freeRested(ctx, sweepAtOnce, now)
		}
		if err != nil {
			return b.Mailboxes(), err
		}
	}
	for {
		var o *number
		b.desk.with(func(st *state) { o = st.numbers.doubtful(b.desk.limits().MailboxLife, now) })
		if o == nil {
			return b.Mailboxes(), nil
		}
		if err := b.desk.doubt(ctx, o.key, now); err != nil {
			return b.Mailboxes(), err
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

// learnDoubtful reads again what a failing store left in doubt, once it does its work.
func (b *Board) learnDoubtful(ctx context.Context, now time.Time) error {
	for {
		k, ok := b.desk.store.doubtful()
		if !ok {
			return nil
		}
		var err error
		switch k.Kind {
		case kindPlate:
			err = b.desk.learnAnew(ctx, k, now)
		case kindBox:
			err = b.learnBox(ctx, k, now)
		}
		if err != nil {
			b.desk.store.doubt(k)
			return err
		}
	}
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
