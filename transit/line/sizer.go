package line

import "time"

// A sizer finds out how large packets may be, by probes (RFC 8899): packets of padding,
// whose loss says nothing of congestion. Everything passes the smallest size.
type sizer struct {
	size  int  // UDP payload
	tries bool // larger ones may be tried: they aren't cut on their way

	next   int // size of the next probe; 0 is none until at
	at     time.Duration
	wait   time.Duration
	failed int           // probes of next
	flying bool          // one is under way
	lost   int           // larger packets in a row that didn't arrive
	seen   time.Duration // when the newest was sent that did
}

func newSizer(tries bool) sizer {
	return sizer{size: smallest, tries: tries, next: largest, wait: raiseAfter}
}

// due returns the size of the probe that is to be sent, 0 for none.
func (s *sizer) due(now time.Duration) int {
	if !s.tries || s.flying || s.size >= largest || now < s.at {
		return 0
	}
	return s.next
}

// arrived takes a size that has.
func (s *sizer) arrived(size int) {
	s.flying, s.failed, s.lost, s.wait = false, 0, 0, raiseAfter
	s.size = max(s.size, size)
	s.next = largest
}

// missed notes that a probe hasn't arrived.
func (s *sizer) missed(now time.Duration) {
	s.flying = false
	if s.failed++; s.failed < sizeTries {
		return
	}
	s.failed = 0
	if s.next == largest && s.size < middle {
		s.next = middle
		return
	}
	s.next, s.at = largest, now+s.wait
	s.wait *= 2
}

// reached notes that a packet that isn't a probe has arrived, and when it was sent.
func (s *sizer) reached(size int, at time.Duration) {
	if size > smallest {
		s.lost, s.seen = 0, max(s.seen, at)
	}
}

// vanished notes that such a packet hasn't. It reports whether larger ones seem to
// vanish: so many in a row haven't arrived, and none that was sent after them.
func (s *sizer) vanished(size int, at time.Duration) bool {
	if size <= smallest || at <= s.seen {
		return false
	}
	s.lost++
	return s.lost >= shrinkLost
}

// shrink goes back to the smallest size.
func (s *sizer) shrink(now time.Duration) {
	s.size, s.next, s.at = smallest, largest, now+s.wait
	s.failed, s.lost, s.flying = 0, 0, false
}
