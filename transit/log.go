package transit

import (
	"cmp"
	"log/slog"
	"slices"

	"sesame/internal/addr"
	"sesame/internal/safetext"
)

// This file writes addresses for the log. They are for the person at this
// computer: see Config.Logger.

// log tells where the site is.
func (s *site) log(to *slog.Logger) {
	to.Debug("our addresses", "are", s.own)
	if s.listener != nil {
		to.Debug("listening", "at", s.listener.Addr())
	}
}

// maxLogged is how many of the peer's hints a log lists.
const maxLogged = 32

// hintAddresses lists what hints name.
func hintAddresses(hints []Hint) (all []string) {
	for i, h := range hints {
		switch {
		case i == maxLogged:
			return append(all, "…")
		case h.Type == typeRelay:
			for _, inner := range h.Hints {
				all = append(all, "relay "+inner.address())
			}
		case h.Type == typeUDP:
			all = append(all, "UDP "+h.address())
		default:
			all = append(all, h.address())
		}
	}
	return slices.Compact(all) // one address of a relay may go by several types
}

// address writes where h leads, whatever the peer put there.
func (h Hint) address() string {
	return safetext.Line(cmp.Or(h.URL, addr.Join(h.Hostname, h.Port)), 80)
}
