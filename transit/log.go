package transit

import (
	"cmp"
	"slices"

	"sesame/internal/addr"
	"sesame/internal/safetext"
	"sesame/transit/way"
)

// This file writes addresses for the log. They are for the person at this
// computer: see Config.Logger.

// maxLogged is how many of the peer's hints a log lists.
const maxLogged = 32

// hintAddresses lists what hints name.
func hintAddresses(hints []Hint) (all []string) {
	for i, h := range hints {
		switch {
		case i == maxLogged:
			return append(all, "…")
		case len(h.Hints) > 0:
			for _, inner := range h.Hints {
				all = append(all, "relay "+address(inner))
			}
		case h.Type == way.TypeDirect:
			all = append(all, address(h))
		default:
			all = append(all, safetext.Line(h.Type, 40)+" "+address(h))
		}
	}
	return slices.Compact(all) // one address of a relay may go by several types
}

// address writes where h leads, whatever the peer put there.
func address(h Hint) string {
	return safetext.Line(cmp.Or(h.URL, addr.Join(h.Hostname, h.Port)), 80)
}
