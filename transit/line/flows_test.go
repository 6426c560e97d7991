package line

import (
	"math"
	"slices"
	"time"
)

// This file is the flows of the simulator: a connection, and TCP with CUBIC.

// A link is two machines at the ends of a world's line, driven as the shell does it.
type link struct {
	w    *world
	ends [2]*machine
	due  [2]time.Duration
	feed func(i int) // what the application at an end does now
	free [][]byte
	fail error
}

// join begins a connection whose RTT is known, as it is after a hello.
func (w *world) join(seed uint64, feed func(l *link, i int)) *link {
	l := &link{w: w}
	for i := range l.ends {
		l.ends[i] = newMachine(setting{now: w.now + 1, rtt: w.rtt, seed: seed + 7*uint64(i), larger: true})
	}
	l.feed = func(i int) { feed(l, i) }
	l.pump(0)
	l.pump(1)
	return l
}

// pump does what an end can do now.
func (l *link) pump(i int) {
	m, now := l.ends[i], l.w.now+1
	m.tick(now)
	l.feed(i)
	ahead := time.Duration(0)
	for {
		b := l.buffer()
		o := m.next(now, ahead, b)
		if o.n == 0 {
			l.free = append(l.free, b)
			break
		}
		ahead = m.ctl.quantum(now)
		l.w.carry(i, o.n+overhead, func() {
			l.w.host(1-i, func() {
				if _, err := l.ends[1-i].handle(l.w.now+1, o.number, b[:o.n]); err != nil && l.fail == nil {
					l.fail = err
				}
				if l.w.twice == 0 {
					l.free = append(l.free, b)
				}
				l.pump(1 - i)
			})
		})
	}
	at := m.wake(now) - 1
	if at <= l.w.now {
		at = l.w.now + 50*time.Microsecond
	}
	if l.due[i] <= l.w.now || at < l.due[i] {
		l.due[i] = at
		l.w.after(at, func() {
			if l.due[i] == l.w.now {
				l.due[i] = 0
				l.w.host(i, func() { l.pump(i) })
			}
		})
	}
}

func (l *link) buffer() []byte {
	if n := len(l.free); n > 0 {
		b := l.free[n-1]
		l.free = l.free[:n-1]
		return b
	}
	return make([]byte, largest)
}

// bulk is a connection that carries as much as it can there.
func bulk(seed uint64) func(*world) func() uint64 {
	return func(w *world) func() uint64 {
		var total uint64
		some := make([]byte, 1<<16)
		w.join(seed, func(l *link, i int) {
			if i == 0 {
				for l.ends[0].write(some) > 0 {
				}
				return
			}
			for {
				n, _ := l.ends[1].read(some)
				if total += uint64(n); n == 0 {
					return
				}
			}
		})
		return func() uint64 { return total }
	}
}

// A cubic is TCP as in RFC 9438 with SACK, roughly.
type cubic struct {
	w                     *world
	total                 uint64
	cwnd, ssthresh, most  float64
	epoch                 time.Duration
	flying, next, recover int
	srtt                  time.Duration
	open                  []tcpPacket // in the order in which they were sent
}

type tcpPacket struct {
	n  int
	at time.Duration
}

const mss = 1500

func runCubic(w *world) func() uint64 {
	c := &cubic{w: w, cwnd: 10, ssthresh: 1e9, recover: -1, srtt: w.rtt}
	last := uint64(0)
	var timeout func()
	timeout = func() {
		if c.total == last {
			c.flying, c.open, c.cwnd, c.epoch = 0, nil, 2, 0
			c.pump()
		}
		last = c.total
		w.after(w.now+max(200*time.Millisecond, 2*c.srtt), timeout)
	}
	w.after(w.now+time.Second, timeout)
	c.pump()
	return func() uint64 { return c.total }
}

func (c *cubic) pump() {
	for float64(c.flying) < c.cwnd {
		s := tcpPacket{c.next, c.w.now}
		c.next++
		c.flying++
		c.open = append(c.open, s)
		c.w.carry(0, mss, func() { c.w.carry(1, 52, func() { c.ack(s) }) })
	}
}

func (c *cubic) ack(s tcpPacket) {
	c.total += mss - 52
	rtt := c.w.now - s.at
	c.srtt += (rtt - c.srtt) / 8
	i := slices.Index(c.open, s)
	if i < 0 {
		return
	}
	lost := max(0, i-3)
	first := -1
	if lost > 0 {
		first = c.open[lost-1].n
	}
	c.flying -= lost + 1
	c.open = append(append([]tcpPacket(nil), c.open[lost:i]...), c.open[i+1:]...)
	switch {
	case first > c.recover:
		c.recover = c.next
		c.most, c.epoch = c.cwnd, c.w.now
		c.cwnd = max(2, c.cwnd*0.7)
		c.ssthresh = c.cwnd
	case lost > 0:
	case c.cwnd < c.ssthresh:
		c.cwnd++
		if rtt > c.w.rtt*5/4+4*time.Millisecond && c.cwnd > 16 { // HyStart
			c.ssthresh = c.cwnd
		}
	default:
		c.grow()
	}
	c.pump()
}

// grow is congestion avoidance.
func (c *cubic) grow() {
	if c.epoch == 0 {
		c.epoch, c.most = c.w.now, c.cwnd
	}
	since := (c.w.now - c.epoch).Seconds()
	k := math.Cbrt(c.most * 0.3 / 0.4)
	target := 0.4*math.Pow(since+c.srtt.Seconds()-k, 3) + c.most
	target = max(target, c.most*0.7+3*0.3/1.7*since/c.srtt.Seconds())
	if target > c.cwnd {
		c.cwnd += (min(target, 1.5*c.cwnd) - c.cwnd) / c.cwnd
	} else {
		c.cwnd += 0.01 / c.cwnd
	}
}
