package transit

import (
	"testing"
	"time"

	"sesame/transit/way"
)

// Fails if more lanes are wanted and aren't dialled at once, where the first of them
// led, or more of them than there may be.
func TestLadderMore(t *testing.T) {
	ready := pending{ms, event{kind: connReady}}
	c := newClimb("dd", map[int]pending{0: ready, 64: ready})
	c.until(time.Second)
	c.expect(t, "0 dial 0, 51 dial 64")
	c.l.aim(way.Straight, 4)
	c.tell(tick, 0)
	c.until(2 * time.Second)
	c.expect(t, "1000 dial 128, 1000 dial 192")
	c.l.aim(way.Straight, maxLanes) // not more than eight at once
	c.tell(tick, 0)
	c.until(3 * time.Second)
	c.expect(t, "2000 dial 256, 2000 dial 320, 2000 dial 384, 2000 dial 448, 2000 dial 512, 2000 dial 576")

	c = newClimb("r", map[int]pending{0: ready, 64: ready})
	c.l.rungs[0].most = 3 // as the relay says
	c.l.aim(way.Relayed, 2)
	c.until(time.Second)
	c.l.aim(way.Relayed, 8)
	c.tell(tick, 0)
	c.until(2 * time.Second)
	c.expect(t, "0 dial 0, 51 dial 64, 1000 dial 128")
	c.tell(connFailed, 128) // nobody came
	c.until(31 * time.Second)
	c.expect(t, "")
	c.until(33 * time.Second)
	c.expect(t, "32000 dial 128")
}

// Fails if a lane that was closed because it was one too many is held off when more are
// wanted again.
func TestLadderMoreAgain(t *testing.T) {
	ready := pending{ms, event{kind: connReady}}
	c := newClimb("d", map[int]pending{0: ready, 64: ready, 128: ready, 192: ready})
	c.l.aim(way.Straight, 4)
	c.tell(tick, 0)
	c.until(time.Second)
	c.l.aim(way.Straight, 2)
	c.tell(laneLeft, 192)
	c.tell(laneLeft, 128)
	c.until(3 * time.Second)
	c.log = nil
	c.l.aim(way.Straight, 4)
	c.tell(tick, 0)
	c.until(4 * time.Second)
	c.expect(t, "3000 dial 128, 3000 dial 192")
}

// Fails if a relay's lane that is wanted beside a direct one isn't dialled, if its
// addresses are all dialled at once, or if the wait for it isn't ended when it isn't
// wanted any more.
func TestLadderBeside(t *testing.T) {
	ready := pending{ms, event{kind: connReady}}
	c := newClimb("drw", map[int]pending{0: ready})
	c.l.aim(way.Straight, 1)
	c.tell(tick, 0)
	c.until(10 * time.Second)
	c.expect(t, "0 dial 0")
	c.l.beside(true, false, c.start.Add(c.now))
	c.tell(tick, 0)
	c.until(11 * time.Second)
	c.expect(t, "10000 dial 1, 10500 dial 2")
	c.tell(connReady, 1)
	c.until(12 * time.Second)
	c.expect(t, "11000 stop 2")
	c.tell(laneLost, 1)
	c.until(13 * time.Second)
	c.expect(t, "12000 dial 1, 12500 dial 2")
	c.l.beside(false, false, c.start.Add(c.now))
	c.tell(tick, 0)
	c.expect(t, "13000 stop 1, 13000 stop 2")
}

// Fails if a way over UDP isn't dialled beside TCP where it is wanted, if there is more
// than one, or if it is dialled where it isn't.
func TestLadderOverUDP(t *testing.T) {
	ready := pending{ms, event{kind: connReady}}
	c := newClimb("dp", map[int]pending{0: ready, 1: {time.Second, event{kind: connFailed}}})
	c.l.aim(way.Straight, 1)
	c.tell(tick, 0)
	c.until(10 * time.Second)
	c.expect(t, "0 dial 0, 0 dial 1, 1 stop 1")
	c.fate[1] = ready
	c.l.beside(false, true, c.start.Add(c.now))
	c.tell(tick, 0)
	c.until(time.Minute)
	c.expect(t, "10000 dial 1")
	if c.l.lanes[way.Punched] != 1 {
		t.Errorf("%d lanes over UDP", c.l.lanes[way.Punched])
	}
}

// Fails if lanes through a relay can't become more because there are direct ones, which
// may carry less; or if one is dialled there although none is left, and none is wanted.
func TestLadderMoreAtRelayBesideDirect(t *testing.T) {
	ready := pending{ms, event{kind: connReady}}
	c := newClimb("dr", map[int]pending{0: {time.Second, event{kind: connReady}}, 1: ready})
	c.l.aim(way.Straight, 1)
	c.until(5 * time.Second)
	c.expect(t, "0 dial 0, 100 dial 1")
	c.l.aim(way.Relayed, 2)
	c.tell(tick, 0)
	c.until(10 * time.Second)
	c.expect(t, "5000 dial 65")
	c.tell(connFailed, 65)
	c.tell(laneLost, 1)
	c.until(time.Minute)
	c.expect(t, "")
}

// Fails if a further port of a peer's is dialled where there is nothing beside which it
// may be, isn't dialled at once where there is, or again and again, however often the peer
// names it; or if the leader's further lanes to where both dial are more than there may be.
func TestLadderFurther(t *testing.T) {
	refused := pending{0, event{kind: connRefused}}
	c := newClimb("bf", map[int]pending{1: refused})
	c.until(3 * time.Second)
	c.expect(t, "1000 dial 0")
	c.tell(connReady, 0)
	c.until(time.Minute)
	for range 3 {
		c.replace("bf")
		c.until(c.now + time.Minute)
	}
	c.expect(t, "3000 dial 1, 3097 dial 1, 3231 dial 1")

	c = newClimb("bf", map[int]pending{1: {ms, event{kind: connReady}}})
	c.until(2 * time.Second)
	c.tell(connReady, 0)
	c.until(3 * time.Second)
	c.tell(laneLost, 1) // for another one the peer takes another port
	c.until(time.Hour)
	c.expect(t, "1000 dial 0, 2000 dial 1")

	c = newClimb("b", map[int]pending{0: {ms, event{kind: connReady}}})
	c.l.rungs[0].most = 3
	c.l.aim(way.Straight, 8)
	c.until(2 * time.Second)
	c.expect(t, "1000 dial 0, 1051 dial 64, 1051 dial 128")
}
