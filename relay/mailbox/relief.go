package mailbox

import (
	"errors"

	"sesame/relay/figures"
	"sesame/relay/source"
	"sesame/relay/store"
)

// Relief is what a visit does where all the room is taken: the source that has most of it
// makes some, never the oldest of all, which would let one push out everybody. It is for
// visits that have no turn at a mailbox: it takes those of others.
type relief struct{ *visit }

// forBox makes room for another mailbox of the caller, if there is need and somebody has
// to go for it.
func (v relief) forBox() error {
	return v.make(func(st *state) *local {
		if len(st.list) < st.limits.Mailboxes {
			return nil
		}
		return st.stock.spare(v.caller.source)
	})
}

// forBytes makes room for a message in a mailbox of a source, likewise.
func (v relief) forBytes(cost int, of source.Source) error {
	return v.make(func(st *state) *local {
		if st.bytes+cost <= st.limits.TotalBytes {
			return nil
		}
		return st.stock.heavy(of)
	})
}

// make removes those that next returns, until it returns none.
func (v relief) make(next func(*state) *local) error {
	for range tries {
		var m *local
		v.with(func(st *state) { m = next(st) })
		if m == nil {
			return nil
		}
		if err := v.drop(m); err != nil {
			return err
		}
		v.board.seen.Refused.Add(figures.Full)
	}
	return nil
}

// drop removes a mailbox, whoever is in it: they are cut, and find nothing when they
// come back.
func (v relief) drop(m *local) (err error) {
	defer v.board.desk.turns.take(m.key)()
	other := v.board.visit(v.ctx, &caller{app: m.key.App}, v.now)
	for range tries {
		var c *scene
		if c, err = other.look(m.key); err != nil {
			return err
		}
		if c.version != 0 {
			err = other.remove(m.key, c)
		}
		if errors.Is(err, store.ErrConflict) {
			continue
		}
		if err == nil {
			v.with(func(st *state) { st.remove(m, c, v.now) })
		}
		return err
	}
	return err
}
