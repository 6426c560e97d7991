//go:build !js

package local

import "time"

// Times of a responder (RFC 6762 §6 and §8.3). Between two packets on a link there
// is what the RFC asks for where somebody waits for the answer to know which name
// is free. Here somebody always does.
const (
	answerDelay  = 20 * time.Millisecond // and up to as much more as answerSpread
	answerSpread = 40 * time.Millisecond
	answerPause  = 250 * time.Millisecond // between packets on one link
	unaskedPause = time.Second
	unasked      = 2 // packets that nobody asked for, on each link
)

// A responder decides when to announce, and on which links. It has no sockets
// and no clock: events and times go in, links to announce on come out.
type responder struct {
	self  instance
	stage stage
	rand  func(time.Duration) time.Duration // below its argument
	links map[int]*schedule                 // by index
	// rival is set when somebody else announces the same nameplate.
	rival bool
}

// A schedule is when to announce on a link.
type schedule struct {
	due   time.Time // zero if nothing is to be sent
	last  time.Time
	still int // announcements to be made unasked
}

func newResponder(self instance, rand func(time.Duration) time.Duration) *responder {
	return &responder{self: self, rand: rand, links: map[int]*schedule{}}
}

// begin ends the probing: receivers are to find us.
func (r *responder) begin(now time.Time) {
	r.stage = waiting
	for _, s := range r.links {
		s.still = unasked
		s.want(now)
	}
}

// linked tells which links there are. New ones, and those whose addresses have
// changed, are to be told of us.
func (r *responder) linked(now time.Time, all []int, changed map[int]bool) {
	next := map[int]*schedule{}
	for _, index := range all {
		s := r.links[index]
		if s == nil {
			s = &schedule{}
		}
		if r.stage == waiting && (changed[index] || r.links[index] == nil) {
			s.still = unasked
			s.want(now)
		}
		next[index] = s
	}
	r.links = next
}

// want schedules a packet, no sooner than the last one allows.
func (s *schedule) want(at time.Time) {
	if earliest := s.last.Add(answerPause); !s.last.IsZero() && at.Before(earliest) {
		at = earliest
	}
	if s.due.IsZero() || at.Before(s.due) {
		s.due = at
	}
}

// heard takes a packet that came from the given links.
func (r *responder) heard(now time.Time, p packet, links []int) {
	for _, c := range p.claims {
		if c.nameplate == r.self.nameplate && c.id != r.self.id { // ours come back to us
			r.rival = true
		}
	}
	if !r.self.answers(p, r.stage) {
		return
	}
	for _, index := range links {
		if s := r.links[index]; s != nil {
			s.want(now.Add(answerDelay + r.rand(answerSpread)))
		}
	}
}

// tick returns the links to announce on now.
func (r *responder) tick(now time.Time) (out []int) {
	for index, s := range r.links {
		if s.due.IsZero() || now.Before(s.due) {
			continue
		}
		out = append(out, index)
		s.due, s.last = time.Time{}, now
		if s.still = max(0, s.still-1); s.still > 0 {
			s.want(now.Add(unaskedPause))
		}
	}
	return out
}

// wake returns when tick is needed next.
func (r *responder) wake(now time.Time) time.Time {
	next := now.Add(time.Hour)
	for _, s := range r.links {
		if !s.due.IsZero() && s.due.Before(next) {
			next = s.due
		}
	}
	return next
}
