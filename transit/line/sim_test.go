package line

import (
	"math/rand/v2"
	"slices"
	"time"
)

// A world is a line between two hosts in virtual time, with flows: the same seed, the
// same result.
type world struct {
	rate   float64 // bits a second
	rtt    time.Duration
	jitter time.Duration // each way, more or less
	loss   float64
	queue  int                                    // bytes, there; back there is always room
	twice  float64                                // part of the packets that come twice
	cut    [2]time.Duration                       // nothing gets through in between
	carves func(now time.Duration, size int) bool // what vanishes besides, if set
	busy   time.Duration                          // for how long, on average, a host does something else, ten times a second
	end    time.Duration

	now    time.Duration
	events events
	rnd    *rand.Rand
	free   [2]time.Duration
	rests  [2]time.Duration // until when the hosts do something else
	waits  []float64        // ms, of each packet in the queue
	sent   int
	full   int
}

func newWorld(seed uint64, w world) *world {
	w.rnd = rand.New(rand.NewPCG(seed, 99))
	if w.queue == 0 {
		w.queue = 1 << 20
	}
	return &w
}

// after has f called at a time.
func (w *world) after(at time.Duration, f func()) { w.events.push(max(at, w.now), f) }

// host has a host call f as soon as it does nothing else.
func (w *world) host(i int, f func()) {
	if w.rests[i] > w.now {
		w.after(w.rests[i], f)
		return
	}
	f()
}

// hosts has both do something else now and then.
func (w *world) hosts() {
	for i := range w.rests {
		var rest func()
		rest = func() {
			w.rests[i] = w.now + time.Duration(w.rnd.ExpFloat64()*float64(w.busy))
			w.after(w.rests[i]+time.Duration(w.rnd.ExpFloat64()*float64(100*time.Millisecond)), rest)
		}
		w.after(w.now, rest)
	}
}

// run lets time pass until the end, or until done.
func (w *world) run(done func() bool) {
	for len(w.events.heap) > 0 && !done() {
		if w.events.heap[0].at > w.end {
			break
		}
		var f func()
		w.now, f = w.events.pop()
		f()
	}
}

// carry takes a packet of size bytes there (0) or back (1), and calls f if it arrives.
func (w *world) carry(way, size int, f func()) {
	if way == 0 {
		w.sent++
	}
	if w.rnd.Float64() < w.loss || w.now >= w.cut[0] && w.now < w.cut[1] || w.carves != nil && w.carves(w.now, size) {
		return
	}
	free := max(w.free[way], w.now)
	waits := (free - w.now).Seconds() * w.rate / 8
	if way == 0 {
		if int(waits)+size > w.queue {
			w.full++
			return
		}
		w.waits = append(w.waits, (free-w.now).Seconds()*1e3)
	}
	w.free[way] = free + time.Duration(float64(size)*8/w.rate*float64(time.Second))
	for again := true; again; again = w.twice > 0 && w.rnd.Float64() < w.twice {
		at := w.free[way] + w.rtt/2
		if w.jitter > 0 {
			at += time.Duration((w.rnd.Float64()*2 - 1) * float64(w.jitter))
		}
		w.after(at, f)
	}
}

// wait returns the mean time that packets have waited in the queue, in ms.
func (w *world) wait() float64 {
	sum := 0.0
	for _, x := range w.waits {
		sum += x
	}
	return sum / float64(max(1, len(w.waits)))
}

// A flow is what one of several does with the line.
type flow struct {
	open func(w *world) (got func() uint64) // begins, and counts bytes that have come
	at   time.Duration

	got  func() uint64
	half uint64
}

// rates runs flows, and returns what each carried from its beginning on, and in the
// second half, in Mbit/s.
func (w *world) rates(flows ...*flow) (whole, late []float64) {
	if w.busy > 0 {
		w.hosts()
	}
	for _, f := range flows {
		w.after(f.at, func() { f.got = f.open(w) })
		w.after(f.at+(w.end-f.at)/2, func() { f.half = f.got() })
	}
	w.run(func() bool { return false })
	for _, f := range flows {
		took := (w.end - f.at).Seconds()
		whole = append(whole, float64(f.got())*8e-6/took)
		late = append(late, float64(f.got()-f.half)*16e-6/took)
	}
	return whole, late
}

// events are a heap of what is to happen; of two at the same time the earlier one comes
// first.
type events struct {
	heap []event
	n    int
}

type event struct {
	at time.Duration
	n  int
	f  func()
}

func (a event) before(b event) bool { return a.at < b.at || a.at == b.at && a.n < b.n }

func (e *events) push(at time.Duration, f func()) {
	e.n++
	e.heap = append(e.heap, event{at, e.n, f})
	for i := len(e.heap) - 1; i > 0; {
		up := (i - 1) / 2
		if !e.heap[i].before(e.heap[up]) {
			return
		}
		e.heap[i], e.heap[up] = e.heap[up], e.heap[i]
		i = up
	}
}

func (e *events) pop() (time.Duration, func()) {
	first, last := e.heap[0], len(e.heap)-1
	e.heap[0] = e.heap[last]
	e.heap[last] = event{}
	e.heap = e.heap[:last]
	for i := 0; ; {
		least := i
		for _, k := range [...]int{2*i + 1, 2*i + 2} {
			if k < last && e.heap[k].before(e.heap[least]) {
				least = k
			}
		}
		if least == i {
			return first.at, first.f
		}
		e.heap[i], e.heap[least] = e.heap[least], e.heap[i]
		i = least
	}
}

// least and median return those of a list.
func least(x []float64) float64 { return slices.Min(x) }
func median(x []float64) float64 {
	x = slices.Sorted(slices.Values(x))
	return x[len(x)/2]
}
