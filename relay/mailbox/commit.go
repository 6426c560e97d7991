package mailbox

import (
	"slices"

	"sesame/relay/store"
)

// What a command does to a mailbox, and to the nameplate that is made with it or parts from it, is one
// group of changes: the store makes all of them or none.

// put writes the head of a scene, if it is another one now, and has other changes made with it, of which it
// returns the versions.
func (v *visit) put(k store.Key, c *scene, with ...store.Change) ([]uint64, error) {
	if c.version != 0 && c.encode() == c.head {
		return v.commit(k, with...)
	}
	if c.version == 0 {
		c.created = v.now
	}
	c.touched = v.now
	c.head = c.encode()
	l := v.board.desk.limits()
	// The store's end of it comes long after ours, of which who listens is told.
	life := max(0, l.MailboxLife-v.now.Sub(c.created)) + l.MailboxLife
	versions, err := v.commit(k, slices.Insert(with, 0, store.Put(k, c.version, c.head, life))...)
	if err != nil {
		return nil, err
	}
	c.version = versions[0]
	return versions[1:], nil
}

// commit has the store make changes, of a mailbox among others, if there are any.
func (v *visit) commit(k store.Key, group ...store.Change) ([]uint64, error) {
	if len(group) == 0 {
		return nil, nil
	}
	versions, err := v.board.desk.store.Commit(v.ctx, group...)
	if err != nil {
		v.unsure(k)
	}
	return versions, err
}

// unsure has what is known of a mailbox be read again after a change that wasn't made, or may have been.
func (v *visit) unsure(k store.Key) {
	v.with(func(st *state) {
		if m := st.boxes[k]; m != nil {
			m.known = store.Record{}
		}
	})
}

// replace is put, and parts the nameplate that is to part.
func (v *visit) replace(k store.Key, c *scene) error {
	return v.parting(k, c, func(with ...store.Change) ([]uint64, error) { return v.put(k, c, with...) })
}

// remove deletes a mailbox with everything in it. Its nameplate parts from it, if it still leads there.
func (v *visit) remove(k store.Key, c *scene) error {
	if c.parts == "" {
		c.parts = c.number
	}
	return v.parting(k, c, func(with ...store.Change) ([]uint64, error) {
		versions, err := v.commit(k, slices.Insert(with, 0, store.Delete(k, c.version))...)
		if err != nil {
			return nil, err
		}
		return versions[1:], nil
	})
}

// parting has f commit what is to be done with a mailbox together with what becomes of its nameplate.
func (v *visit) parting(k store.Key, c *scene, f func(with ...store.Change) ([]uint64, error)) error {
	var p *parting
	var err error
	if c.parts != "" {
		p, err = v.board.desk.parts(v.ctx, v.plateKey(c.parts), k.Name, &c.box, v.now)
	}
	if err != nil {
		return err
	}
	if p == nil {
		_, err = f()
		return err
	}
	versions, err := f(p.change)
	if err != nil {
		return err
	}
	v.parted(p, versions[0])
	return nil
}

// parted notes a parting that the store has made, and frees other nameplates if too many are in quarantine.
func (v *visit) parted(p *parting, version uint64) {
	d := v.board.desk
	k, most := p.change.Key, d.limits().Quarantined
	many := false
	v.with(func(st *state) {
		if p.until.IsZero() {
			st.numbers.free(k)
			return
		}
		st.numbers.rests(k, version, p.until)
		many = st.numbers.used.Len() > most+min(most/8, freedAtOnce-1)
	})
	if many { // it is done for several at a time, so that few wait for it
		if err := d.freeRested(v.ctx, freedAtOnce, v.now); err != nil {
			v.board.trouble(err)
		}
	}
}
