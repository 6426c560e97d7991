package mailbox

import (
	"errors"

	"sesame/internal/wire"
	"sesame/relay/store"
)

// Claiming is what a visit does about a nameplate.
type claiming struct{ *visit }

func (v claiming) allocate() error {
	s := v.caller
	if s.didAllocate {
		return errAllocated
	}
	allowed := true
	v.with(func(st *state) {
		st.strange.claim()
		allowed = s.local || st.claims.Allow(s.source, v.now)
	})
	if !allowed {
		return errTooFast
	}
	err := store.ErrConflict
	for range tries {
		var id string
		v.with(func(st *state) { id = st.numbers.vacant(s.app, v.board.pick) })
		if id == "" {
			return errFull
		}
		if _, err = v.make(id, 0); errors.Is(err, store.ErrConflict) {
			v.with(func(st *state) { st.numbers.live(v.plateKey(id), v.now) }) // somebody else's
			continue
		}
		if err != nil {
			return err
		}
		s.didAllocate = true
		v.send(wire.Message{Type: wire.Allocated, Nameplate: id})
		return nil
	}
	return err
}

func (v claiming) claim(c wire.Command) (err error) {
	s := v.caller
	switch {
	case c.Nameplate == nil:
		return errNoNameplate
	case s.didClaim:
		return errClaimed
	case !validNameplate(*c.Nameplate):
		return errBadNameplate
	}
	var box string
	for range tries {
		if box, err = v.tryClaim(*c.Nameplate, c.Once); !errors.Is(err, store.ErrConflict) {
			break
		}
	}
	if err == errCrowded {
		v.with(func(st *state) { st.strange.count(s.source, v.now) })
	}
	switch why, refused := err.(refusal); {
	case err != nil && !refused, why == errHold, why == errTooFast, why == errGuessing:
		return err
	}
	s.didClaim, s.nameplate = true, *c.Nameplate
	if err == nil {
		v.send(wire.Message{Type: wire.Claimed, Mailbox: box})
	}
	return err
}

// tryClaim makes the caller's side one of the two that hold a nameplate, and one of the two in its
// mailbox, whose id it returns. It is store.ErrConflict if somebody else was faster.
func (v claiming) tryClaim(id string, once bool) (string, error) {
	r, err := v.board.desk.store.Get(v.ctx, v.plateKey(id))
	if err != nil {
		return "", err
	}
	if r.Version == 0 {
		if err := v.mayClaim(false, false); err != nil {
			return "", err
		}
		return v.make(id, 0)
	}
	n, err := parsePlate(r.Head)
	if err != nil {
		return "", err
	}
	if n.box != "" {
		return v.claimLive(id, &n, r.Version, once)
	}
	if err := v.mayClaim(true, n.claimedBy(v.caller.side)); err != nil {
		return "", err
	}
	if err := n.refused(v.arrival(), once, v.now); err != nil {
		return "", err
	}
	return v.make(id, r.Version)
}

// claimLive claims a nameplate that has a mailbox, or is about to get one.
func (v claiming) claimLive(id string, n *plate, version uint64, once bool) (string, error) {
	k := v.boxKey(n.box)
	end := v.board.desk.turns.take(k)
	c, err := v.look(k)
	if err != nil {
		end()
		return "", err
	}
	p := c.side(v.caller.side)
	if err := v.mayClaim(true, p != nil && p.claimed); err != nil {
		end()
		return "", err
	}
	if !once && !c.vacant && n.sentAgain(id, &c.box, v.arrival()) {
		end()
		return v.make(id, version)
	}
	defer end()
	if c.vacant { // who released it last didn't come to say so
		if err := v.vacate(id, n.box, &c.box); err != nil {
			return "", err
		}
		return "", store.ErrConflict
	}
	_, _, err = (opening{v.visit}).enter(k, entry{number: id, claims: true}, c)
	return n.box, err
}

// mayClaim holds a claim against the rates of its source. Those who come back
// to what is theirs are not counted, nor is a command a second time.
func (v claiming) mayClaim(known, theirs bool) (err error) {
	s := v.caller
	if v.rated || v.again || s.local || theirs {
		return nil
	}
	v.rated = true
	v.with(func(st *state) {
		st.strange.claim()
		if !known {
			v.strange = st.strange.count(s.source, v.now)
		}
		switch {
		case !st.claims.Allow(s.source, v.now):
			err = errTooFast
		case !known && !st.unknown.Allow(s.source, v.now):
			err = errGuessing
		}
	})
	return err
}

// make makes a nameplate of which the version is known, 0 for none, with a new mailbox
// in which the caller's side is the first. It returns the mailbox's id.
func (v claiming) make(id string, was uint64) (string, error) {
	box, err := v.tryMake(id, was)
	if err == errFull || err == errGreedy {
		if overtaken := v.overtaken(id, was); overtaken != nil {
			return "", overtaken
		}
	}
	return box, err
}

// overtaken is store.ErrConflict if somebody else has changed a nameplate: what there is no room for any more
// may be what he has made, and then the caller finds it there.
func (v claiming) overtaken(id string, was uint64) error {
	r, err := v.board.desk.store.Get(v.ctx, v.plateKey(id))
	if err == nil && r.Version != was {
		return store.ErrConflict
	}
	return err
}

func (v claiming) tryMake(id string, was uint64) (string, error) {
	b, s := v.board.desk, v.caller
	var err error
	b.with(func(st *state) { err = st.room(s) })
	if err == errFull {
		// Nobody goes for a mailbox that isn't needed.
		if err = v.overtaken(id, was); err == nil {
			err = relief{v.visit}.forBox()
		}
		if err == nil {
			b.with(func(st *state) { err = st.room(s) })
		}
	}
	if err != nil {
		return "", err
	}
	box, c := "", &scene{}
	for box == "" || c.version != 0 {
		box = v.board.newID()
		if c, err = v.look(v.boxKey(box)); err != nil {
			return "", err
		}
	}
	n := plate{first: s.mark, opener: s.side, box: box}
	k := v.plateKey(id)
	both := []store.Change{store.Put(k, was, n.encode(), 2*b.limits().MailboxLife)}
	defer b.turns.take(v.boxKey(box))()
	m, err := (opening{v.visit}).tryEnter(v.boxKey(box), entry{number: id, claims: true, plate: both}, c)
	if err != nil {
		return "", err
	}
	b.with(func(st *state) { st.numbers.live(k, v.now) })
	b.with(func(*state) { m.strange = v.strange })
	return box, nil
}

func (v claiming) release(c wire.Command) error {
	s := v.caller
	id := s.nameplate
	switch {
	case s.didRelease:
		return errReleased
	case c.Nameplate == nil && id == "":
		return errNoClaim
	case c.Nameplate != nil && id != "" && *c.Nameplate != id:
		return errOtherPlate
	case c.Nameplate != nil:
		id = *c.Nameplate
	}
	if err := v.releasePlate(id); err != nil {
		return err
	}
	s.didRelease = true
	v.send(wire.Message{Type: wire.Released})
	return nil
}

// releasePlate ends the hold of the caller's side on a nameplate, if it has one.
func (v claiming) releasePlate(id string) error {
	r, err := v.board.desk.store.Get(v.ctx, v.plateKey(id))
	if err != nil || r.Version == 0 {
		return err
	}
	n, err := parsePlate(r.Head)
	if err != nil || n.box == "" {
		return err
	}
	k := v.boxKey(n.box)
	defer v.board.desk.turns.take(k)()
	c, err := v.look(k)
	if err != nil {
		return err
	}
	p := c.side(v.caller.side)
	if p == nil || !p.claimed {
		return nil
	}
	_, err = v.change(k, func(c *scene) {
		if p := c.side(v.caller.side); p != nil {
			c.release(p)
		}
		if c.vacant {
			c.parts = id
		}
	}, func(*state) {})
	return err
}

// vacate parts a nameplate from its mailbox, which is or was b.
func (v claiming) vacate(id, boxID string, b *box) error {
	for range tries {
		p, err := v.board.desk.parts(v.ctx, v.plateKey(id), boxID, b, v.now)
		if err != nil || p == nil {
			return err
		}
		var versions []uint64
		if versions, err = v.board.desk.store.Commit(v.ctx, p.change); err == nil {
			v.parted(p, versions[0])
		}
		if !errors.Is(err, store.ErrConflict) {
			return err
		}
	}
	return store.ErrConflict
}
