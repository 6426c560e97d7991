package mailbox

import (
	"net/netip"
	"time"

	"sesame/relay/source"
)

// Claims are sums of claims of nameplates: all, and those that look like guesses: of what
// nobody holds, unless two meet there, where two have met, and of seats that were ruined. Of those a source counts strangeEach times a
// minute at most, so that no single one tells much.
type Claims struct{ All, Strange int64 }

// strangeEach is how many strange claims of a source count, in a minute and at once.
const strangeEach = 10

// Strangers count claims. It has no clock and does no locking.
type strangers struct {
	sums Claims
	each source.Rate
}

func newStrangers(remembered int) strangers {
	return strangers{each: ratePerMinute(strangeEach, remembered)}
}

func (s *strangers) claim() { s.sums.All++ }

// count counts a strange claim, and reports whether it counts.
func (s *strangers) count(from source.Source, now time.Time) bool {
	counts := s.each.Allow(from, now)
	if counts {
		s.sums.Strange++
	}
	return counts
}

// met says that two have met in a mailbox. If it was made by a strange claim, that
// was none: two have agreed on a number, as people do who make up their codes.
func (s *strangers) met(m *local) {
	if m.strange {
		m.strange = false
		s.sums.Strange--
	}
}

// provenFor is how long it is remembered of a source that it has met somebody.
const provenFor = 24 * time.Hour

// Proven are the sources from which somebody has met somebody else lately, and has gone
// content. It has no clock and does no locking; it takes a bounded amount of memory, and
// forgets those first that have met nobody for longest.
type proven struct {
	last *source.Memory[netip.Prefix, time.Time]
}

func newProven(remembered int) proven {
	return proven{source.NewMemory[netip.Prefix, time.Time](remembered)}
}

func (p proven) met(s source.Source, now time.Time) { *p.last.At(s.Narrowest()) = now }

func (p proven) known(s source.Source, now time.Time) bool {
	at := p.last.Peek(s.Narrowest())
	return !at.IsZero() && now.Sub(at) < provenFor
}
