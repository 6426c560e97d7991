package choice

import (
	"math/rand/v2"
	"time"
)

// The simulator plays a transfer over several ways in virtual time: the same seed, the
// same result. What it is about is done by the types that the program uses.
const (
	step        = 0.01      // s
	pieceBytes  = 64 << 10  // in one record
	firstWindow = 10 * 1400 // bytes, of a transport
	lookEvery   = 10        // steps
	giveUp      = 600.0     // s
)

var epoch = time.Unix(1e9, 0)

func at(t float64) time.Time { return epoch.Add(time.Duration(t * 1e9)) }

// A world is a transfer.
type world struct {
	rnd     *rand.Rand // of what happens in no order
	ways    []*simWay
	groups  []func(t float64) float64 // what the bottlenecks carry
	size    int
	change  float64 // when something changes, s; 0 for never
	ordered bool    // the receiver passes data on in order
	cap     float64 // bytes a second that a person allows, or a disk brings; 0 for any
	slow    bool    // it is a disk

	chooser  Chooser
	single   int // the only way that is used, -1 for all
	t        float64
	now      time.Time
	ticks    int
	next     int // pieces given out first
	acked    []bool
	copies   []int8
	lost     []int
	low      int     // all before it are there
	ahead    int     // pieces there, from low on
	early    int     // the most of them, ever
	inFlight float64 // bytes, without what was taken back
	done     int     // bytes there
	twice    float64
	over     [Relay + 1]float64 // bytes that crossed each sort of way
	budget   float64
	starved  bool      // there was nothing to send for a moment since the last look
	gain     []float64 // bytes there after each quarter of a second
	switches int
	resting  bool
	trace    func(*world)
}

func newWorld(size int) *world { return &world{size: size, single: -1} }

func (w *world) add(x *simWay) *simWay {
	x.cwnd, x.slow, x.asked = firstWindow, true, -9
	if x.weight == 0 {
		x.weight = 1
	}
	w.ways = append(w.ways, x)
	return x
}

func (w *world) pieces() int { return (w.size + pieceBytes - 1) / pieceBytes }

func (w *world) bytes(id int) float64 { return float64(min(pieceBytes, w.size-id*pieceBytes)) }

// run plays until all is there, and returns how long that took, in s.
func (w *world) run() float64 {
	w.acked, w.copies = make([]bool, w.pieces()), make([]int8, w.pieces())
	for ; w.t < giveUp && w.done < w.size; w.t, w.ticks = w.t+step, w.ticks+1 {
		w.now = at(w.t)
		w.budget = min(w.budget+w.cap*step, w.cap/4+pieceBytes)
		w.appear()
		if w.ticks%lookEvery == 0 {
			w.look()
		}
		if w.ticks%25 == 0 {
			w.gain = append(w.gain, float64(w.done))
		}
		w.assign()
		w.transport()
	}
	return w.t
}

// appear has lanes come up.
func (w *world) appear() {
	for i, x := range w.ways {
		if x.lane == nil && x.up(w.t) && (w.single < 0 || w.single == i) {
			x.lane = w.chooser.Add(x.sort, w.now)
			x.lane.Trip(seconds(x.rtt))
		}
	}
}

// look is the session's tick.
func (w *world) look() {
	p := Prospect{Left: int64(w.size - w.done), Waiting: !w.starved, Ordered: w.ordered}
	if w.cap > 0 && !w.slow {
		p.Limit = int64(w.cap)
	}
	w.starved = false
	for _, x := range w.ways {
		if x.lane != nil {
			x.lane.SlowStart(x.slow)
		}
	}
	w.chooser.Look(w.now, p)
	resting := w.chooser.State() == Rest || w.chooser.State() == Look
	if resting != w.resting {
		w.resting = resting
		w.switches++
	}
	for _, x := range w.ways {
		if x.lane != nil && x.lane.Suspended() {
			w.back(x)
		}
	}
	if w.trace != nil {
		w.trace(w)
	}
}

// back takes what a way holds back. What is in the system's buffers still leaves, some
// time.
func (w *world) back(x *simWay) {
	for k := range x.queue {
		c := &x.queue[k]
		if c.back {
			continue
		}
		c.back = true
		w.inFlight -= c.bytes
		if w.copies[c.id]--; !w.acked[c.id] && w.copies[c.id] == 0 {
			w.lost = append(w.lost, c.id)
		}
	}
}

// transport moves bytes for one step.
func (w *world) transport() {
	for _, x := range w.ways {
		x.wish(w.t)
	}
	for g, c := range w.groups {
		share(w.ways, g, c(w.t))
	}
	for _, x := range w.ways {
		x.carry(w.t)
		x.answer(w.t)
		for len(x.acks) > 0 && x.acks[0].at <= w.t {
			w.acknowledge(x, x.acks[0].n)
			x.acks = x.acks[1:]
		}
	}
}

// acknowledge takes the receiver's word that it has dealt with the first n records.
func (w *world) acknowledge(x *simWay, n int) {
	if n <= x.number {
		return
	}
	sum := 0.0
	for _, c := range x.queue[:n-x.number] {
		sum += c.bytes
		if !c.back {
			w.inFlight -= c.bytes
		}
		w.arrived(c.id)
	}
	x.queue, x.gone, x.number = x.queue[n-x.number:], x.gone-(n-x.number), n
	x.held -= sum
	w.over[x.sort] += sum
	x.lane.Acked(int64(sum), w.now)
}

func (w *world) arrived(id int) {
	if w.acked[id] {
		return
	}
	w.acked[id] = true
	w.done += int(w.bytes(id))
	for w.ahead++; w.low < len(w.acked) && w.acked[w.low]; w.low++ {
		w.ahead--
	}
	w.early = max(w.early, w.ahead)
}
