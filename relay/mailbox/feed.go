package mailbox

import (
	"context"
	"time"

	"sesame/relay/store"
)

// Hear takes a hint of the store's feed.
func (b *Board) Hear(ctx context.Context, h store.Hint, now time.Time) {
	if b.desk.turns.after(h.Key, func() { b.Hear(ctx, h, now) }) {
		return // most tell of what the command does that is under way
	}
	var stirred []*local
	b.desk.with(func(st *state) {
		if h.Key != (store.Key{}) {
			if m := st.boxes[h.Key]; m != nil && !m.knows(h) {
				stirred = st.stir(stirred, m)
			}
			return
		}
		for _, m := range st.list {
			stirred = st.stir(stirred, m)
		}
	})
	for _, m := range stirred {
		gone, err := b.refresh(ctx, m, now)
		if err != nil {
			b.trouble(err)
		}
		if gone { // who has removed it here may be about to say so
			end := b.desk.turns.take(m.key)
			b.desk.with(func(st *state) { st.remove(m, nil, now) })
			end()
		}
	}
}

// knows reports whether what a hint tells is nothing new: most tell of what was done here.
func (m *local) knows(h store.Hint) bool {
	told := len(m.subs) == 0 || h.Items <= len(m.messages)
	return h.Version != 0 && h.Version <= m.known.Version || h.Items != 0 && h.Items <= m.known.Items && told
}

// refresh brings what is new in a mailbox to who listens. It reports whether it is gone.
func (b *Board) refresh(ctx context.Context, m *local, now time.Time) (gone bool, err error) {
	var from int
	b.desk.with(func(*state) { from = len(m.messages) })
	// The sides are read after what they have said: who isn't one of them then has been
	// sent away, and hasn't just come.
	items, err := b.desk.store.Items(ctx, m.key, from)
	if err != nil {
		return false, err
	}
	messages, err := parseMessages(nil, items)
	if err != nil {
		return false, err
	}
	r, err := b.desk.store.Get(ctx, m.key)
	if err != nil || r.Version == 0 {
		return err == nil, err
	}
	c := &scene{limits: b.desk.limits()}
	if c.box, err = parseBox(r.Head); err != nil {
		return false, err
	}
	b.desk.with(func(st *state) {
		if m.gone {
			return
		}
		st.extend(m, from, messages, &c.box)
		c.messages = m.messages
		if len(m.subs) > 0 {
			st.reflect(m, c, now)
		}
	})
	return false, nil
}
