package transit

import (
	"cmp"
	"math"
	"slices"
	"time"

	"sesame/transit/way"
)

// How often is looked at what lanes carry (doc/native.md §3.6).
const (
	growEvery = 100 * time.Millisecond // while they carry something
	growCalm  = time.Second            // else
)

// A crop is what a hunt knows of what its lanes carry, and what is wanted of the peer
// because of it.
type crop struct {
	leads  bool
	want   int  // direct lanes to begin with
	relay  bool // one through a relay is wanted beside direct ones
	udp    bool // and one over UDP beside TCP
	room   int  // more than so many over TCP: the line has room, and it is the peer who decides
	theirs way.Asks
	growth [way.Tiers]growth
	gone   [way.Tiers]int64 // carried by lanes that have ended
	seen   int64            // carried by all at the last look
	busy   bool             // that was more than before
	lanes  bool             // there are lanes to look at
}

func newCrop(role Role, want int) crop {
	return crop{leads: role == Leader, want: want}
}

// see notes beside how many lanes there was room, for the peer, who decides. It is said of lanes that
// are gone no more.
func (c *crop) see(b carriage) {
	switch {
	case b.lanes == 0:
		c.room = 0
	case b.room:
		c.room = max(c.room, b.lanes)
	}
}

// pause returns how long nothing has to be looked at.
func (c *crop) pause() time.Duration {
	switch {
	case !c.lanes:
		return time.Hour
	case c.busy:
		return growEvery
	}
	return growCalm
}

// grow looks at what lanes carry, and lets that decide how many there are. It returns
// those that are too many.
func (h *hunt) grow(now time.Time) (spare []*Lane) {
	if !h.on() {
		return nil
	}
	total := int64(0)
	h.crop.lanes = false
	for l, works := range h.held {
		if works {
			h.crop.lanes = true
			l.gait.look(l.s.raw, l.path, l.s.received.Load(), l.acked.Load(), now)
			total += l.moved()
			h.crop.udp = h.crop.udp || l.gait.lossy && l.path.Kind != way.SameMachine
		}
	}
	h.crop.busy, h.crop.seen = total != h.crop.seen, total
	for _, t := range [...]way.Tier{way.Straight, way.Relayed} {
		b := h.carriage(t)
		if h.grows(t) {
			spare = append(spare, h.keep(t, h.growth(t).look(now, b))...)
		} else if t == way.Straight {
			h.crop.see(b)
		}
	}
	h.ask(now)
	return spare
}

// growth returns the growth of a tier. It begins when there is a lane, and when it is
// known how many there may be.
func (h *hunt) growth(t way.Tier) *growth {
	g := &h.crop.growth[t]
	if most := h.rungs[(branches{h.ladder}).stem(t)].most; g.most != most {
		*g = newGrowth(h.beginning(t), most)
	}
	return g
}

// beginning returns with how many lanes a tier begins.
func (h *hunt) beginning(t way.Tier) int {
	rtt, slowed, alone := time.Duration(math.MaxInt64), false, t == way.Relayed
	for l, works := range h.held {
		if works && l.path.Tier() == t {
			rtt = min(rtt, cmp.Or(l.path.RTT, tcpRTT(l.s.raw), l.took))
			slowed = slowed || slowedByLoss(l.s.raw)
			alone = alone || l.path.Kind == way.ThroughNAT && h.lanes[way.Punched] == 0
		}
	}
	want := h.crop.want
	if t == way.Relayed {
		want = relayedWant
	}
	return begins(alone, want, rtt, slowed)
}

// grows reports whether it is this side that decides how many lanes of a tier there are:
// at relays, where both have to dial, the leader; else who can dial, and the leader if
// both can, as always where both have to. On one computer nothing is lost.
func (h *hunt) grows(t way.Tier) bool {
	if h.lanes[t] == 0 || (branches{h.ladder}).stem(t) == noFallback {
		return false
	}
	if t == way.Relayed {
		return h.crop.leads
	}
	ours, theirs := 0, 0
	for l, works := range h.held {
		switch {
		case !works || l.path.Tier() != t:
		case l.path.Kind == way.SameMachine:
			return false
		case l.gait.ours && (h.crop.leads || l.path.Kind != way.ThroughNAT):
			ours++
		default:
			theirs++
		}
	}
	return ours > 0 && (h.crop.leads || theirs == 0)
}

// carriage returns what the lanes of a tier have carried.
func (h *hunt) carriage(t way.Tier) carriage {
	b := carriage{total: h.crop.gone[t]}
	for l, works := range h.held {
		if works && l.path.Tier() == t {
			b.add(&l.gait, l.moved())
		}
	}
	if n := h.crop.theirs.Room; t == way.Straight && n > 0 && n >= max(b.lanes, h.wants.lanes[t]) {
		b.room, b.count = true, b.lanes // the peer, who sends, sees it
	}
	b.room = b.room && (t == way.Relayed || h.lanes[way.Punched] == 0) // else one over UDP has it
	return b
}

// keep has so many lanes of a tier held, and returns the latest of too many.
func (h *hunt) keep(t way.Tier, want int) (spare []*Lane) {
	if want == h.wants.lanes[t] {
		return nil
	}
	h.work.log.Debug("lanes are wanted", "tier", int(t), "lanes", want)
	h.aim(t, want)
	for range h.lanes[t] - want {
		var last *Lane
		for l, works := range h.held {
			if works && l.path.Tier() == t && !slices.Contains(spare, l) && (last == nil || l.s.begun.After(last.s.begun)) {
				last = l
			}
		}
		if last != nil {
			spare = append(spare, last)
		}
	}
	return spare
}

// ask makes what is wanted of the peer, and what it wants of us, known.
func (h *hunt) ask(now time.Time) {
	c := &h.crop
	asks := way.Asks{UDP: c.udp, Room: c.room}
	if n := h.wants.lanes[way.Relayed]; c.leads && n > 1 && h.lanes[way.Relayed] > 0 || c.relay {
		asks.Relayed = max(n, 1)
	}
	h.at.Ask(asks)
	if !c.leads {
		h.aim(way.Relayed, min(max(1, c.theirs.Relayed), maxLanes))
	}
	h.beside(c.relay || c.theirs.Relayed > 0, c.udp || c.theirs.UDP, now)
	h.seek()
}
