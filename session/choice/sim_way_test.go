package choice

import (
	"math"
	"time"
)

// A given is a piece that a way has.
type given struct {
	id    int
	bytes float64
	left  float64   // bytes that haven't left
	at    time.Time // when it was given
	asks  bool      // for an acknowledgement
	back  bool      // given to others
	twice bool      // another way has it, too
}

// A way is a lane as its transport makes it: a round trip, a window that begins small,
// a buffer, and what the line carries when.
type simWay struct {
	sort   Sort
	rtt    float64
	from   float64                 // when it comes up, s
	rate   func(t float64) float64 // bytes a second
	group  int                     // ways of one group share a bottleneck; -1 for none
	weight float64
	buffer float64 // bytes that the system takes besides
	late   bool    // acknowledges once in a second at most
	mute   bool    // acknowledges nothing

	lane   *Lane // nil while it isn't up
	cwnd   float64
	slow   bool // in slow start
	idle   float64
	queue  []given // given, not acknowledged; the first is the oldest
	gone   int     // those at the front of it that have left
	held   float64 // bytes in queue
	sent   float64 // bytes that left, ever
	asked  float64 // when the receiver acknowledged last
	acks   []ack   // under way
	owes   bool    // an acknowledgement is due
	quiet  bool    // something was given since an acknowledgement was asked for
	want   float64 // bytes a second in this step
	number int
}

// An ack says that the first n of what was given has been dealt with.
type ack struct {
	n  int // of all records ever
	at float64
}

func (x *simWay) up(t float64) bool { return t >= x.from }

// backlog returns how many bytes wait to leave.
func (x *simWay) backlog() float64 {
	if x.gone == len(x.queue) {
		return 0
	}
	b := x.queue[x.gone].left
	for _, c := range x.queue[x.gone+1:] {
		b += c.bytes
	}
	return b
}

// wish computes what the way would carry in this step if nobody shared its line.
func (x *simWay) wish(t float64) {
	x.want = 0
	backlog := 0.0
	if x.up(t) {
		backlog = x.backlog()
	}
	if backlog == 0 {
		if x.idle += step; x.idle > 1 {
			x.cwnd, x.slow = max(firstWindow, x.cwnd*idleDecay), true
		}
		return
	}
	x.idle = 0
	x.want = min(x.cwnd/x.rtt, backlog/step, max(x.rate(t), 0))
}

var idleDecay = math.Pow(0.5, step)

// carry lets what the way has in this step leave.
func (x *simWay) carry(t float64) {
	if x.want <= 0 {
		return
	}
	b := x.want * step
	x.sent += b
	limited := x.want < 0.98*x.cwnd/x.rtt
	switch {
	case !limited && x.slow:
		x.cwnd += b
	case !limited:
		x.cwnd += 0.15 * b
	default:
		if x.want >= 0.98*x.rate(t) || x.group >= 0 {
			x.slow = false
			x.cwnd = max(firstWindow, min(x.cwnd, max(1.5*x.want*x.rtt, x.cwnd*(1-0.4*step/x.rtt))))
		}
	}
	for b > 1e-9 && x.gone < len(x.queue) {
		c := &x.queue[x.gone]
		u := min(c.left, b)
		c.left -= u
		if b -= u; c.left > 1e-9 {
			break
		}
		x.gone++
		x.owes = x.owes || c.asks || t-x.asked >= 1
		x.answer(t)
	}
}

// answer has all acknowledged that has left, if that is due.
func (x *simWay) answer(t float64) {
	if x.owes && !x.mute && (!x.late || t-x.asked >= 1) {
		x.owes, x.asked = false, t
		x.acks = append(x.acks, ack{x.number + x.gone, t + x.rtt})
	}
}

// share lets the ways of a group have what their bottleneck carries, by weight.
func share(ways []*simWay, group int, c float64) {
	open := make([]*simWay, 0, 8)
	for _, x := range ways {
		if x.group == group && x.want > 0 {
			open = append(open, x)
		}
	}
	for len(open) > 0 {
		sum, fits := 0.0, false
		for _, x := range open {
			sum += x.weight
		}
		for k, x := range open {
			if x.want <= c*x.weight/sum {
				c -= x.want
				open = append(open[:k], open[k+1:]...)
				fits = true
				break
			}
		}
		if !fits {
			for _, x := range open {
				x.want = c * x.weight / sum
			}
			return
		}
	}
}
