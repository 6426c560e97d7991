package mailbox

import (
	"context"
	"time"

	"sesame/relay/store"
)

// Doubts are records of which a change failed: it may have been made all the same, and then
// what this relay remembers isn't so. It does no locking.
type doubts map[store.Key]bool

// mostDoubts is how many records are remembered in which a change failed. Of what is beyond that
// the store's own end will do.
const mostDoubts = 1 << 14

func (d doubts) add(k store.Key) {
	if len(d) < mostDoubts {
		d[k] = true
	}
}

// take returns one of them, which isn't one any more; false if there is none.
func (d doubts) take() (store.Key, bool) {
	for k := range d {
		delete(d, k)
		return k, true
	}
	return store.Key{}, false
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

// learnAnew is learn for a nameplate that may be known as what it is.
func (d *desk) learnAnew(ctx context.Context, k store.Key, now time.Time) error {
	d.with(func(st *state) { st.numbers.free(k) })
	return d.learn(ctx, k, now)
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
