package native

import "sesame/internal/safetext"

// A peer may give a reason for every entry. So many different ones are kept;
// whoever has more to say isn't talking to people.
const maxReasons = 256

// reasonShown is how much of a reason is kept, in characters.
const reasonShown = 200

const (
	noReason     = "at the sender: no reason given"
	otherReasons = "at the sender: one reason more than are kept"
)

// A reasonBook keeps what a sender says of entries in the form that can be shown,
// each reason once: a million failures take no more than their list. The zero
// value is ready. It isn't safe for concurrent use.
type reasonBook struct {
	known map[string]string // as it came, to what is kept
}

// keep returns what is kept of a reason.
func (b *reasonBook) keep(reason string) string {
	if kept, ok := b.known[reason]; ok {
		return kept
	}
	if len(b.known) == maxReasons {
		return otherReasons
	}
	kept := noReason
	if reason != "" {
		kept = "at the sender: " + safetext.Quote(reason, reasonShown)
	}
	if b.known == nil {
		b.known = make(map[string]string)
	}
	b.known[reason] = kept
	return kept
}
