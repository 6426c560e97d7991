package client

import "time"

// A rate is the speed of the last few seconds.
type rate struct {
	samples [16]struct {
		at   time.Time
		done int64
	}
	n int // samples taken so far
}

// sampleEvery spaces the samples, so that together they span four seconds.
const sampleEvery = 250 * time.Millisecond

// pause is how long nothing moves until what moved before says nothing of what comes.
const pause = 10 * time.Second

// forget has the speed measured anew: what it was before a pause, and the pause, don't
// count.
func (r *rate) forget() { r.n = 0 }

func (r *rate) add(at time.Time, done int64) {
	if r.n > 0 && at.Sub(r.samples[(r.n-1)%len(r.samples)].at) > pause {
		r.forget()
	}
	if r.n > 0 && at.Sub(r.samples[(r.n-1)%len(r.samples)].at) < sampleEvery {
		return
	}
	s := &r.samples[r.n%len(r.samples)]
	s.at, s.done = at, done
	r.n++
}

// perSecond returns bytes a second, 0 as long as nothing can be said.
func (r *rate) perSecond() int64 {
	if r.n < 2 {
		return 0
	}
	last := r.samples[(r.n-1)%len(r.samples)]
	first := r.samples[0]
	if r.n > len(r.samples) {
		first = r.samples[r.n%len(r.samples)]
	}
	elapsed := last.at.Sub(first.at).Seconds()
	if elapsed <= 0 {
		return 0
	}
	return int64(float64(last.done-first.done) / elapsed)
}
