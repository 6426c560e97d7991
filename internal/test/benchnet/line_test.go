//go:build linux

package benchnet

import (
	"fmt"
	"time"

	"sesame/internal/test/netlab"
)

// A rate is in bits a second.
type rate float64

func (r rate) String() string {
	if r < 1e6 {
		return fmt.Sprintf("%.3f", float64(r)/1e6)
	}
	return fmt.Sprintf("%.1f", float64(r)/1e6)
}

// of is how fast so many bytes were.
func of(bytes int64, took time.Duration) rate {
	if took <= 0 {
		return 0
	}
	return rate(float64(bytes) * 8 / took.Seconds())
}

// A line is what lies between two hosts, as they see it.
type line struct {
	rate    rate
	rtt     time.Duration
	loss    float64       // part of the packets that vanish, in either direction
	jitter  time.Duration // ±, in either direction
	doubled float64       // part of the packets that come twice, likewise
	waits   int           // bytes that the queue holds, if that isn't the usual
}

func (l line) String() string {
	s := fmt.Sprintf("%v ms", l.rtt.Milliseconds())
	if l.rate != usual {
		s = fmt.Sprintf("%v Mbit/s, %s", l.rate, s)
	}
	if l.jitter > 0 {
		s += fmt.Sprintf(" ± %v", l.jitter.Milliseconds())
	}
	s += fmt.Sprintf(", %g %%", 100*l.loss)
	if l.doubled > 0 {
		s += fmt.Sprintf(", %g %% twice", 100*l.doubled)
	}
	return s
}

// queue is one product of rate and delay, and at least 256 kB.
func (l line) queue() int {
	if l.waits > 0 {
		return l.waits
	}
	return max(256_000, int(float64(l.rate)/8*l.rtt.Seconds()))
}

// links returns the two halves of l: the sender's has all that is odd, and half of the
// delay; the receiver's the other half, and the same rate.
func (l line) links() (sender, receiver netlab.Link) {
	receiver = netlab.Link{Rate: int(l.rate), Delay: l.rtt / 4, Queue: l.queue()}
	sender = receiver
	sender.Loss, sender.Double = l.loss, l.doubled
	if l.jitter > 0 { // and all of the delay, which the jitter mustn't exceed
		sender.Jitter, sender.Delay, receiver.Delay = l.jitter, l.rtt/2, 0
	}
	return sender, receiver
}

// usual is the rate of a line where nothing else is said.
const usual = rate(100e6)

// lines are those that every way is measured on.
var lines = []line{
	{rate: usual, rtt: 20 * time.Millisecond},
	{rate: usual, rtt: 20 * time.Millisecond, loss: 0.01},
	{rate: usual, rtt: 100 * time.Millisecond},
	{rate: usual, rtt: 100 * time.Millisecond, loss: 0.001},
	{rate: usual, rtt: 100 * time.Millisecond, loss: 0.01},
	{rate: usual, rtt: 100 * time.Millisecond, loss: 0.03},
	{rate: usual, rtt: 250 * time.Millisecond},
	{rate: usual, rtt: 250 * time.Millisecond, loss: 0.01},
}

// size is how much crosses l: 100 MiB, and 20 where it loses much.
func (l line) size() int64 {
	if l.loss >= 0.03 {
		return 20 << 20
	}
	return 100 << 20
}
