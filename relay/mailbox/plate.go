package mailbox

import (
	"slices"
	"time"

	"sesame/internal/wire"
)

// A plate is the head of the record of a nameplate: a number under which two sides
// find their mailbox. When it has been used it stays behind without a mailbox until
// its quarantine is over, so that a receiver who types a used code is told so, and so
// that nobody waits under a number that somebody else still has in mind.
//
// A plate is made together with its mailbox, and is given up before that is removed or with it. One whose
// mailbox isn't there is from a version that made one after the other: who claims it makes the mailbox.
type plate struct {
	first  mark      // who claimed it first
	opener string    // that side
	box    string    // the id of its mailbox, empty in quarantine
	until  time.Time // the end of that
	claims []claim   // in quarantine; before, the mailbox has them
}

// A claim is one side's hold on a nameplate.
type claim struct {
	side string
	held bool // false once released
}

func (n *plate) encode() string {
	w := newWriter(64)
	n.first.write(w)
	w.text(n.opener)
	w.text(n.box)
	w.time(n.until)
	w.uint(uint64(len(n.claims)))
	for _, c := range n.claims {
		w.text(c.side)
		w.flags(c.held)
	}
	return string(w.b)
}

func parsePlate(head string) (n plate, err error) {
	r := newReader(head)
	n.first, n.opener, n.box, n.until = readMark(r), r.text(), r.text(), r.time()
	claims := r.uint()
	if claims > 2 {
		return n, errForm
	}
	for range claims {
		c := claim{side: r.text()}
		f := r.uint()
		c.held = bit(&f)
		n.claims = append(n.claims, c)
	}
	return n, r.err()
}

// zeroNameplate is shared by everyone who uses the code "0-" of Magic
// Wormhole's zero mode, so it can't be in quarantine.
const zeroNameplate = "0"

// validNameplate reports whether clients use s as a nameplate: ASCII digits,
// and no zero in front, because two spellings of one number would be two
// nameplates.
func validNameplate(s string) bool {
	return wire.ValidNameplate(s) && (s[0] != '0' || s == zeroNameplate)
}

// refused returns why a number in quarantine is denied to who arrives. Who claimed it
// first may have it again, as the first of two: some programs send to one person after
// another with one code. once says that the side is for one meeting: it gets no number
// at which two have met.
func (n *plate) refused(a arrival, once bool, now time.Time) error {
	switch {
	case !now.Before(n.until):
		return nil
	case slices.Contains(n.claims, claim{a.side, false}):
		return errReclaimed
	case n.first == a.mark && !once:
		return nil
	case n.claimedBy(a.side):
		return errReclaimed
	}
	return errUsed
}

// claimedBy reports whether side was one of the two that held n when it was used.
func (n *plate) claimedBy(side string) bool {
	return slices.ContainsFunc(n.claims, func(c claim) bool { return c.side == side })
}

// sentAgain reports whether who arrives wants, as a new side, the number that its source
// claimed first and has released since two met: the one who came may take longer
// to release it.
func (n *plate) sentAgain(id string, b *box, a arrival) bool {
	opener, p := b.side(n.opener), b.side(a.side)
	return b.met && id != zeroNameplate && n.first == a.mark &&
		opener != nil && opener.claimed && opener.released && (p == nil || !p.claimed)
}

// used returns the plate in quarantine after its mailbox b.
func (n *plate) used(b *box, until time.Time) plate {
	u := plate{first: n.first, opener: n.opener, until: until}
	for _, p := range b.sides {
		if p.claimed {
			u.claims = append(u.claims, claim{p.name, !p.released})
		}
	}
	return u
}
