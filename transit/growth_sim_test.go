package transit

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"sesame/transit/way"
)

// A lossy is a line of 100 Mbit/s that drops packets at random and has a queue, with CUBIC
// lanes on it, round by round, and what there is to send (RFC 9438).
type lossy struct {
	rtt   time.Duration
	loss  float64
	limit float64 // bytes a second that there are to send; 0 for any number
	seed  uint64
}

// Fails if the rule brings less than 0.9 of what the most lanes that it may hold would
// bring from the beginning, in the first minute.
func TestGrowthSimulated(t *testing.T) {
	for _, line := range []lossy{{rtt: 20}, {rtt: 20, loss: 0.01}, {rtt: 100}, {rtt: 100, loss: 0.001}, {rtt: 100, loss: 0.01}, {rtt: 100, loss: 0.03}, {rtt: 250, loss: 0.01}} {
		line.rtt *= time.Millisecond
		t.Run(fmt.Sprint(line.rtt, line.loss), func(t *testing.T) {
			var ours, all float64
			for line.seed = range uint64(10) {
				some, _ := line.carry(t, newGrowth(2, 16))
				most, _ := line.carry(t, newGrowth(16, 16))
				ours, all = ours+some, all+most
			}
			t.Logf("%.2f of 16 lanes, which carry %.1f Mbit/s", ours/all, all/10/60*8/1e6)
			if ours < 0.9*all {
				t.Errorf("%.2f of what 16 lanes carry", ours/all)
			}
		})
	}
}

// Fails if lanes grow beyond what carries all that there is to send, where a person's
// limit or a disk, and not the line, decides how much that is; or if they don't grow to
// what carries it.
func TestGrowthAtALimit(t *testing.T) {
	const mbit = 1e6 / 8
	for _, c := range []struct {
		line lossy
		most float64 // lanes in the second half, mean of all seeds
	}{
		{lossy{rtt: 20, loss: 0.01, limit: 4 * mbit}, 2.5},
		{lossy{rtt: 20, loss: 0.01, limit: 15 * mbit}, 5},
		{lossy{rtt: 100, loss: 0.01, limit: mbit}, 2.5},
		{lossy{rtt: 100, loss: 0.01, limit: 4 * mbit}, 7},
		{lossy{rtt: 100, loss: 0.001, limit: 8 * mbit}, 4},
		{lossy{rtt: 250, loss: 0.01, limit: mbit}, 4},
	} {
		c.line.rtt *= time.Millisecond
		t.Run(fmt.Sprintf("%v, %v, %v Mbit/s", c.line.rtt, c.line.loss, c.line.limit/mbit), func(t *testing.T) {
			var held, ours, all float64
			for c.line.seed = range uint64(20) {
				some, lanes := c.line.carry(t, newGrowth(2, 16))
				most, _ := c.line.carry(t, newGrowth(16, 16))
				ours, all, held = ours+some, all+most, held+lanes/20
			}
			t.Logf("%.2f of 16 lanes, which carry %.1f Mbit/s, by %.1f", ours/all, all/20/60*8/1e6, held)
			if held > c.most {
				t.Errorf("%.1f lanes, want no more than %.1f", held, c.most)
			}
			if ours < 0.9*all {
				t.Errorf("%.2f of what 16 lanes carry", ours/all)
			}
		})
	}
}

// carry returns the bytes that lanes bring in a minute, and how many there are in the
// second half, on average.
func (l lossy) carry(t *testing.T, g growth) (total, held float64) {
	t.Helper()
	const packet = 1448
	bdp := 100e6 / 8 * l.rtt.Seconds() / packet
	queue := max(bdp, 256e3/packet)
	r := rand.New(rand.NewPCG(l.seed, 2))
	var lanes []*cubic
	start := time.Unix(1e9, 0)
	waits := 0.0 // packets that there are to send
	for now, looked := time.Duration(0), time.Duration(-time.Second); now < time.Minute; now += l.rtt {
		for len(lanes) < g.want {
			lanes = append(lanes, &cubic{born: now, window: 10, top: 1e9})
		}
		lanes = lanes[:g.want]
		if waits = min(waits, 64<<10/packet) + l.limit*l.rtt.Seconds()/packet; l.limit == 0 {
			waits = math.Inf(1)
		}
		sum := 0.0
		for _, k := range r.Perm(len(lanes)) { // who comes first takes what there is
			waits = lanes[k].take(waits)
			sum += lanes[k].sent
		}
		share := min(1, bdp/max(sum, 1)) // of what is sent, what arrives in a round trip
		over := max(0, sum-bdp-queue) / max(sum, 1)
		for _, c := range lanes {
			lost := 1 - pow(1-l.loss, c.sent)
			c.round(r.Float64() < lost+over*c.sent, l.rtt)
			total += c.sent * share * packet
			c.brought += int64(c.sent * share * packet)
		}
		if now >= time.Minute/2 {
			held += float64(len(lanes)) * l.rtt.Seconds() / 30
		}
		if now-looked < 100*time.Millisecond {
			continue
		}
		looked = now
		b := carriage{rtt: l.rtt}
		for _, c := range lanes {
			v := vitals{known: true, rtt: l.rtt, lost: c.lost, free: sum < 1.25*bdp, more: c.more}
			c.gait.see(v, Path{Kind: way.Direct}, 0, c.brought, start.Add(now))
			b.add(&c.gait, 0)
		}
		b.total = int64(total)
		g.look(start.Add(now), b)
	}
	return total, held
}

func pow(x, y float64) float64 {
	p := 1.0
	for range int(y) {
		p *= x
	}
	return p
}

// A cubic is one lane's congestion window in packets, and what it has to send.
type cubic struct {
	born        time.Duration
	window, top float64 // the window, and where it was at the last loss
	since       time.Duration
	lost        bool
	given, sent float64 // in this round
	more        bool    // it was given more than it sent
	brought     int64
	gait        gait
}

// take gives a lane a record or two beside what its window lets it send, and returns what
// is left.
func (c *cubic) take(waits float64) float64 {
	given := min(waits, max(0, 2*c.window+32-c.given))
	c.given += given
	c.sent = min(c.given, c.window)
	c.given -= c.sent
	c.more = c.given > 0
	return waits - given
}

// round lets a round trip pass, in which something was lost or not. A window that isn't
// used doesn't grow.
func (c *cubic) round(lost bool, rtt time.Duration) {
	switch {
	case lost:
		c.top, c.window, c.since, c.lost = c.window, max(2, 0.7*c.window), 0, true
	case !c.more:
	case !c.lost:
		c.window *= 2 // slow start
	default:
		c.since += rtt
		k := cbrt(c.top * 0.3 / 0.4)
		at := c.since.Seconds() - k
		reno := 0.7*c.top + 3*0.3/1.7*c.since.Seconds()/rtt.Seconds()
		c.window = max(2, c.window, 0.4*at*at*at+c.top, reno)
	}
}

func cbrt(x float64) float64 {
	y := max(x, 1)
	for range 40 {
		y -= (y*y*y - x) / (3 * y * y)
	}
	return y
}
