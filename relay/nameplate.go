package relay

import (
	"cmp"
	"slices"
	"strconv"
	"time"

	"sesame/internal/wire"
)

// A nameplate is a number under which two sides find their mailbox. When it
// has been used it stays behind without a mailbox until its quarantine is over,
// so that a receiver who types a used code is told so, and so that nobody waits
// under a number that somebody else still has in mind.
type nameplate struct {
	app       *app
	id        string
	mailbox   *mailbox // nil in quarantine
	claims    []claim
	usedUntil time.Time
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

// list returns the nameplates that somebody has claimed.
func (a *app) list() []wire.Nameplate {
	var l []wire.Nameplate
	for id, n := range a.nameplates {
		if n.mailbox == nil {
			continue
		}
		if l = append(l, wire.Nameplate{ID: id}); len(l) == listed {
			break
		}
	}
	slices.SortFunc(l, func(x, y wire.Nameplate) int {
		return cmp.Or(cmp.Compare(len(x.ID), len(y.ID)), cmp.Compare(x.ID, y.ID))
	})
	return l
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

// claim makes the session's side one of the two that hold the nameplate, and
// one of the two in its mailbox.
func (b *board) claim(a *app, id string, s *session, now time.Time) (*mailbox, error) {
	n := a.nameplates[id]
	if n != nil && n.mailbox == nil {
		if now.Before(n.usedUntil) {
			if n.claimedBy(s.side) {
				return nil, errReclaimed
			}
			return nil, errUsed
		}
		b.free(n)
		a, n = b.app(a.id), nil
	}
	if n == nil {
		m, err := b.create(a, "", s, now)
		if err != nil {
			return nil, err
		}
		n = &nameplate{app: a, id: id, mailbox: m}
		m.nameplate = n
		a.nameplates[id] = n
		a.taken[digits(id)]++
	}
	for _, c := range n.claims {
		if c.side == s.side && !c.held {
			return nil, errReclaimed
		}
	}
	if !n.mailbox.join(s, now) {
		return nil, errCrowded
	}
	if !slices.Contains(n.claims, claim{s.side, true}) {
		n.claims = append(n.claims, claim{s.side, true})
	}
	return n.mailbox, nil
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
	if !met || n.id == zeroNameplate {
		b.free(n)
		return
	}
	n.usedUntil = now.Add(b.limits.Quarantine)
	b.used = append(b.used, n)
	if len(b.used) > b.limits.Quarantined {
		b.free(b.used[0])
	}
}

// free makes the number of n, which has no mailbox, available again.
func (b *board) free(n *nameplate) {
	if len(b.used) > 0 && b.used[0] == n {
		b.used = b.used[1:]
	} else if i := slices.Index(b.used, n); i >= 0 {
		b.used = slices.Delete(b.used, i, i+1)
	}
	delete(n.app.nameplates, n.id)
	n.app.taken[digits(n.id)]--
	b.forget(n.app)
}
