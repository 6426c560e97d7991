package pipe

import "time"

// A pulse is what tells whether a direction of a pair is alive.
type pulse struct {
	age     time.Duration
	quiet   time.Duration // how long nothing has moved
	blocked bool          // there are bytes that the receiver doesn't take
	ended   bool
}

// lastWords is how long a pair may idle when one direction has ended.
const lastWords = time.Minute

// judge says why a pair with these pulses has to be cut, or, with "", when to
// feel them again.
func (l Limits) judge(x, y pulse) (reason string, next time.Duration) {
	life := l.PairLife - x.age
	if life <= 0 {
		return "a pair of pipes that has lived for long enough", 0
	}
	idle := l.PairIdle
	if x.ended || y.ended {
		idle = min(idle, lastWords)
	}
	left := idle - min(x.quiet, y.quiet)
	if left <= 0 {
		return "an idle pair of pipes", 0
	}
	for _, p := range []pulse{x, y} {
		if !p.blocked {
			continue
		}
		if l.PairStall <= p.quiet {
			return "a pair of pipes whose receiver doesn't read", 0
		}
		left = min(left, l.PairStall-p.quiet)
	}
	return "", min(left, life, l.nextCheck())
}

// nextCheck is how long a pair that has just been seen alive can be left alone.
func (l Limits) nextCheck() time.Duration { return min(l.PairIdle, l.PairStall, lastWords) }

func (f *flow) pulse() pulse {
	return pulse{age: time.Since(f.born), quiet: f.quiet(), blocked: f.blocked.Load(), ended: f.ended.Load()}
}
