package native

import (
	"strings"

	"sesame/tree/manifest"
)

// A peer may give a reason for every entry, in words. So many different ones are kept;
// whoever has more to say isn't talking to people.
const maxReasons = 256

// A reasonBook keeps what a sender says of entries, each text once: a million failures
// take no more than their list. The zero value is ready. It isn't safe for concurrent
// use.
type reasonBook struct {
	known map[string]string
}

// keep returns what is kept of a reason.
func (b *reasonBook) keep(why manifest.Reason) manifest.Reason {
	if why.Says == "" {
		return why
	}
	kept, ok := b.known[why.Says]
	if !ok {
		if len(b.known) == maxReasons {
			return manifest.Because(manifest.CauseDropped)
		}
		if b.known == nil {
			b.known = make(map[string]string)
		}
		kept = strings.Clone(why.Says)
		b.known[kept] = kept
	}
	return why.Saying(kept)
}
