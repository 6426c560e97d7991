package mailbox

import (
	"slices"
	"time"
)

const (
	// unanswered is how long a side must have been without an answer to what it
	// said, so that nobody is at work on one.
	unanswered = 10 * time.Second
	// absent is how long a side must have been without a connection that hasn't
	// closed, until it has left for good: longer than clients try.
	absent = time.Minute
)

// A scene is a mailbox as one command finds it, and leaves it. It has no clock and does
// nothing by itself: what is done to it counts when its head has been put into the store.
type scene struct {
	box
	version  uint64
	head     string // as it was read
	items    int
	heard    uint64    // as of the local mailbox before it was read
	messages []message // all items, what is void too
	crowd    crowd
	limits   *Limits
	hangs    bool   // who listens has been sent what is void now
	parts    string // the nameplate that parts from it when it is put
}

// A crowd is who is connected.
type crowd struct {
	node  uint64
	here  map[uint64]presence // at this relay, by their seats
	alive func(node uint64) bool
	since time.Time // those that aren't alive may have been there until then
}

// A presence is how many connections a side has at this relay.
type presence struct{ all, listening int }

// listens reports whether anybody does, here.
func (c *crowd) listens() bool {
	for _, n := range c.here {
		if n.listening > 0 {
			return true
		}
	}
	return false
}

// elsewhere reports whether a side is connected to another relay.
func (c *crowd) elsewhere(p *side) bool {
	return slices.ContainsFunc(p.at, func(node uint64) bool { return node != c.node && c.alive(node) })
}

// present reports whether a connection of a side has claimed or opened, and is there.
func (c *scene) present(p *side) bool {
	return c.crowd.here[p.seat].all > 0 || c.crowd.elsewhere(p)
}

// arrives notes that a side is connected here.
func (c *scene) arrives(p *side) {
	p.at = slices.DeleteFunc(p.at, func(node uint64) bool { return node == c.crowd.node || !c.crowd.alive(node) })
	p.at = append(p.at, c.crowd.node)
}

// departs notes that it isn't any more.
func (c *scene) departs(p *side, now time.Time) {
	p.at = slices.DeleteFunc(p.at, func(node uint64) bool { return node == c.crowd.node })
	p.left = now
}

// void reports whether m was said by a side that has no seat any more.
func (c *scene) void(m *message) bool { return c.seated(m.seat) == nil }

// first returns what a side said first, or nil.
func (c *scene) first(p *side) *message {
	for i := range c.messages {
		if c.messages[i].seat == p.seat {
			return &c.messages[i]
		}
	}
	return nil
}

// answered reports whether, since a side came, the other one has said more than its
// pake.
func (c *scene) answered(p *side) bool {
	for i := min(p.came, len(c.messages)); i < len(c.messages); i++ {
		if m := &c.messages[i]; m.seat != p.seat && m.phase != phasePake && !c.void(m) {
			return true
		}
	}
	return false
}

// reached reports whether, since a side came, the other one has said what nobody says who
// hasn't read its version: the two had one code, as far as can be seen from here.
func (c *scene) reached(p *side) bool {
	for i := min(p.came, len(c.messages)); i < len(c.messages); i++ {
		if m := &c.messages[i]; m.seat != p.seat && m.phase != phasePake && m.phase != phaseVersion && !c.void(m) {
			return true
		}
	}
	return false
}

// judgement returns what became of a side's seat, as far as it is known.
func (c *scene) judgement(p *side) verdict {
	for i := min(p.judged, len(c.messages)); i < len(c.messages); i++ {
		// Nobody says more than his version before he has read the other's:
		// numbered phases, or those of Dilation.
		if m := &c.messages[i]; m.seat != p.seat && m.from == p.waits && m.phase != phasePake && m.phase != phaseVersion {
			return kept
		}
	}
	return p.verdict
}

// settle says what became of a side's seat.
func (c *scene) settle(p *side, v verdict) { p.verdict, p.judged = v, c.items }

// giveUp says that a side has left, or is left alone. If it was never answered, its
// seat is ruined.
func (c *scene) giveUp(p *side) {
	if p.second && c.judgement(p) == undecided {
		c.settle(p, ruined)
	}
}

// A guess is the seat that somebody takes where another one waits.
type guess struct{ elsewhere bool }

// join makes who arrives one of the two. If that is a second seat, it counts only if its source
// gets one.
func (c *scene) join(a arrival, now time.Time) (second *guess, err error) {
	p := c.side(a.side)
	if p == nil {
		if p, second, err = c.admit(a, now); err != nil {
			return nil, err
		}
	}
	p.open = true
	c.arrives(p)
	return second, nil
}

// admit gives a side that is new one of the two seats.
func (c *scene) admit(a arrival, now time.Time) (*side, *guess, error) {
	var leaves *side
	if len(c.sides) == 2 {
		if leaves = c.spare(now); leaves == nil {
			return nil, nil, errCrowded
		}
	}
	p := side{seat: a.seat, name: a.side, source: a.mark, came: c.items}
	var second *guess
	for i := range c.sides {
		if other := &c.sides[i]; other != leaves && other.open {
			p.second, p.waits, p.free, p.judged = true, other.source, a.free, c.items
			second = &guess{elsewhere: other.source.wide != a.mark.wide}
		}
	}
	if leaves != nil {
		c.evict(leaves, now)
	}
	c.sides = append(c.sides, p)
	c.met = c.met || len(c.sides) == 2
	return &c.sides[len(c.sides)-1], second, nil
}

// spare returns a side whose seat is free again, preferably the one that came
// later, or nil.
//
// A side that has gone without ever saying anything doesn't count: otherwise a
// stranger, or a person who mistyped, could use up the second seat for good. Nor
// does one that came to somebody who slept, and went before there was an answer:
// the next one to come may still meet who wakes up.
func (c *scene) spare(now time.Time) *side {
	for i := len(c.sides) - 1; i >= 0; i-- {
		p := &c.sides[i]
		if c.present(p) {
			continue
		}
		if first := c.first(p); first == nil || i > 0 && c.leftUnanswered(p, first, now) {
			return p
		}
	}
	return nil
}

// leftUnanswered reports whether a side that isn't present has left for good
// before the other said anything to it. It isn't seen once the mailbox is half full of what is void: that stays in
// the store.
func (c *scene) leftUnanswered(p *side, first *message, now time.Time) bool {
	return !c.answered(p) && now.Sub(first.at) >= unanswered && (!p.open || now.Sub(c.lastHere(p)) >= absent) && !c.littered()
}

// lastHere returns when the last connection of a side ended that isn't present.
func (c *scene) lastHere(p *side) time.Time {
	if len(p.at) > 0 && c.crowd.since.After(p.left) {
		return c.crowd.since // it was there when its relay ended
	}
	return p.left
}

// littered reports whether there is as much void in a mailbox as it may hold.
func (c *scene) littered() bool {
	messages, bytes := c.extent(c.void)
	return messages >= c.limits.MailboxMessages || bytes >= c.limits.MailboxBytes
}

// extent counts messages, and their bytes.
func (c *scene) extent(which func(*message) bool) (messages, bytes int) {
	for i := range c.messages {
		if m := &c.messages[i]; which(m) {
			messages++
			bytes += m.cost()
		}
	}
	return messages, bytes
}

// forgetLeft removes a side that came while another one slept, and has left
// unanswered, when that one comes back: what it said would be taken for somebody
// who is there, and answered.
func (c *scene) forgetLeft(back string, now time.Time) {
	if len(c.sides) < 2 {
		return
	}
	p := &c.sides[1]
	if p.name == back || c.present(p) {
		return
	}
	if first := c.first(p); first != nil && c.leftUnanswered(p, first, now) {
		c.evict(p, now)
	}
}

// evict removes a side, and so makes void what it has said. Who has been sent some of
// that, and didn't answer, has to come back to see who is there now.
func (c *scene) evict(p *side, now time.Time) {
	spoke := c.first(p) != nil
	seat := p.seat
	c.sides = slices.DeleteFunc(c.sides, func(o side) bool { return o.seat == seat })
	for i := range c.sides {
		if stays := &c.sides[i]; stays.second && c.judgement(stays) == undecided {
			c.settle(stays, kept) // nobody is left who could tell
		}
	}
	if !spoke {
		return
	}
	c.hangs = true
	c.shakes++
	for i := range c.sides {
		stays := &c.sides[i]
		if n := c.crowd.here[stays.seat]; n.all > 0 && n.all == n.listening {
			c.departs(stays, now)
		}
		c.crowd.hangUp(stays.seat)
	}
}

// hangUp says that who listens as a side doesn't any more.
func (c *crowd) hangUp(seat uint64) {
	n := c.here[seat]
	c.here[seat] = presence{all: n.all - n.listening}
}

// leaves says that one connection of a side is gone, which listened or didn't.
func (c *crowd) leaves(seat uint64, listened bool) {
	n := c.here[seat]
	n.all--
	if listened {
		n.listening--
	}
	c.here[seat] = n
}

// closes says that a side has closed, over a connection from somewhere.
func (c *scene) closes(p *side, from mark, scary bool) {
	p.open = false
	c.giveUp(p)
	for i := range c.sides {
		other := &c.sides[i]
		if other.seat != p.seat && other.second && from == other.waits && (scary || c.judgement(other) == undecided) {
			c.settle(other, ruined)
		}
	}
}

// leaves says that the last connection of a side here is gone.
func (c *scene) leaves(p *side, now time.Time) {
	c.departs(p, now)
	if c.first(p) == nil && !c.present(p) {
		c.giveUp(p)
	}
}

// abandoned reports whether nobody needs the mailbox any more.
func (c *scene) abandoned() bool {
	return !c.isOpen() && !c.crowd.listens() && c.find(c.crowd.elsewhere) == nil
}

// release ends a side's hold on the number. It reports whether anything has changed.
func (c *scene) release(p *side) bool {
	if !p.held() {
		return false
	}
	p.released = true
	c.vacant = c.find((*side).held) == nil
	return true
}
