package relay

import (
	"cmp"
	"container/list"
	"slices"
	"strconv"
	"time"

	"sesame/internal/wire"
	"sesame/relay/source"
)

// A nameplate is a number under which two sides find their mailbox. When it
// has been used it stays behind without a mailbox until its quarantine is over,
// so that a receiver who types a used code is told so, and so that nobody waits
// under a number that somebody else still has in mind.
type nameplate struct {
	app       *app
	id        string
	first     source.Source // of who claimed it first
	opener    string        // that side
	mailbox   *mailbox      // nil in quarantine
	index     int           // in the application's list, as long as it has a mailbox
	claims    []claim
	usedUntil time.Time
	rest      *list.Element // in the board's quarantine
}

// A claim is one side's hold on a nameplate.
type claim struct {
	side string
	held bool // false once released
}

// maxDigits is the length of the longest number that is ever allocated.
const maxDigits = 9

// listed is how many nameplates a list has at most. Only servers with more
// than that waiting at once cut it, and then any of them may be missing.
const listed = 1000

// zeroNameplate is shared by everyone who uses the code "0-" of Magic
// Wormhole's zero mode, so it can't be in quarantine.
const zeroNameplate = "0"

// validNameplate reports whether clients use s as a nameplate: ASCII digits,
// and no zero in front, because two spellings of one number would be two
// nameplates.
func validNameplate(s string) bool {
	return wire.ValidNameplate(s) && (s[0] != '0' || s == zeroNameplate)
}

// digits returns which counter of app.taken the nameplate belongs to, 0 for none.
func digits(id string) int {
	if id == zeroNameplate || len(id) > maxDigits {
		return 0
	}
	return len(id)
}

// list returns nameplates that somebody has claimed, in no order: sorting them
// takes longer than a lock should be held.
func (a *app) list() []wire.Nameplate {
	l := make([]wire.Nameplate, min(len(a.live), listed))
	for i := range l {
		l[i].ID = a.live[i].id
	}
	return l
}

// sortNameplates brings a list into the order of the numbers.
func sortNameplates(l []wire.Nameplate) {
	slices.SortFunc(l, func(x, y wire.Nameplate) int {
		return cmp.Or(cmp.Compare(len(x.ID), len(y.ID)), cmp.Compare(x.ID, y.ID))
	})
}

// enlist adds n to the numbers that somebody has claimed.
func (a *app) enlist(n *nameplate) {
	n.index = len(a.live)
	a.live = append(a.live, n)
}

// delist takes n off them.
func (a *app) delist(n *nameplate) {
	last := len(a.live) - 1
	a.live[n.index] = a.live[last]
	a.live[n.index].index = n.index
	a.live[last] = nil
	a.live = a.live[:last]
}

// vacant returns a random number from the smallest range 1–9, 10–99, … of
// which at most half is taken. Half, so that a guess of the next one is worth
// little and so that one client can't force long numbers on all others alone.
func (a *app) vacant(pick func(int) int) string {
	low := 1
	for d := 1; d <= maxDigits; d++ {
		if span := 9 * low; 2*a.taken[d] <= span {
			for {
				if id := strconv.Itoa(low + pick(span)); a.nameplates[id] == nil {
					return id
				}
			}
		}
		low *= 10
	}
	return "" // not before half a billion are taken
}

// claim makes the caller's side one of the two that hold the nameplate, and
// one of the two in its mailbox. A side that is for one meeting (once) gets no
// number at which two have met.
func (b *board) claim(a *app, id string, s *caller, once bool, now time.Time) (*mailbox, error) {
	n := a.nameplates[id]
	if n != nil && !once && n.sentAgain(s) {
		b.vacate(n, now)
	}
	if n != nil && n.mailbox == nil {
		if err := n.refused(s, once, now); err != nil {
			return nil, err
		}
		if err := b.room(s); err != nil {
			return nil, err
		}
		b.free(n)
		a, n = b.app(a.id), nil
	}
	if n == nil {
		m, err := b.create(a, "", s, now)
		if err != nil {
			return nil, err
		}
		n = &nameplate{app: a, id: id, mailbox: m, first: s.source, opener: s.side}
		m.nameplate = n
		a.nameplates[id] = n
		a.enlist(n)
		a.taken[digits(id)]++
	}
	if n.released(s.side) {
		return nil, errReclaimed
	}
	if err := b.join(n.mailbox, s, now); err != nil {
		return nil, err
	}
	if !slices.Contains(n.claims, claim{s.side, true}) {
		n.claims = append(n.claims, claim{s.side, true})
	}
	return n.mailbox, nil
}

// refused returns why a number in quarantine is denied to s. Who claimed it first
// may have it again, as the first of two: some programs send to one person after
// another with one code.
func (n *nameplate) refused(s *caller, once bool, now time.Time) error {
	switch {
	case !now.Before(n.usedUntil):
		return nil
	case n.released(s.side):
		return errReclaimed
	case n.first == s.source && !once:
		return nil
	case n.claimedBy(s.side):
		return errReclaimed
	}
	return errUsed
}

// sentAgain reports whether s wants, as a new side, the number that its source
// claimed first and has released since two met: the one who came may take longer
// to release it.
func (n *nameplate) sentAgain(s *caller) bool {
	return n.mailbox != nil && n.mailbox.met && n.id != zeroNameplate &&
		n.first == s.source && n.released(n.opener) && !n.claimedBy(s.side)
}

// release ends the side's hold on a nameplate, if it has one.
func (b *board) release(a *app, id, side string, now time.Time) {
	n := a.nameplates[id]
	if n == nil || n.mailbox == nil {
		return
	}
	i := slices.IndexFunc(n.claims, func(c claim) bool { return c.side == side })
	if i < 0 {
		return
	}
	n.claims[i].held = false
	if !slices.ContainsFunc(n.claims, func(c claim) bool { return c.held }) {
		b.vacate(n, now)
	}
}

// claimedBy reports whether side is or was one of the two that hold n.
func (n *nameplate) claimedBy(side string) bool {
	return slices.ContainsFunc(n.claims, func(c claim) bool { return c.side == side })
}

// released reports whether side has held n and does no more.
func (n *nameplate) released(side string) bool {
	return slices.Contains(n.claims, claim{side, false})
}

// dropClaim forgets that a side has ever claimed n.
func (n *nameplate) dropClaim(side string) {
	n.claims = slices.DeleteFunc(n.claims, func(c claim) bool { return c.side == side })
}

// vacate parts n from its mailbox. If two sides have met there it goes into
// quarantine, otherwise it is free at once.
func (b *board) vacate(n *nameplate, now time.Time) {
	met := n.mailbox.met
	n.mailbox.nameplate = nil
	n.mailbox = nil
	n.app.delist(n)
	if !met || n.id == zeroNameplate {
		b.free(n)
		return
	}
	n.usedUntil = now.Add(b.limits.Quarantine)
	n.rest = b.used.PushBack(n)
	if b.used.Len() > b.limits.Quarantined {
		b.free(b.used.Front().Value.(*nameplate))
	}
}

// free makes the number of n, which has no mailbox, available again.
func (b *board) free(n *nameplate) {
	if n.rest != nil {
		b.used.Remove(n.rest)
	}
	delete(n.app.nameplates, n.id)
	n.app.taken[digits(n.id)]--
	b.forget(n.app)
}
