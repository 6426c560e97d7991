package transit

import (
	"sesame/internal/neterr"
)

// shrink makes what is dialled from now on use smaller segments, since l has
// broken: maybe large packets vanish on its way. If they were small on l already,
// that is only believed where l has carried nothing large, as far as its user
// knows. mu is held.
func (ls *Lanes) shrink(l *Lane) {
	if l.size == ls.size && (ls.size == 0 || !l.carried.Load()) {
		ls.size = ls.size.Next()
		ls.cfg.Logger.Debug("segments are smaller from now on", "size", int(ls.size))
	}
}

// vanished reports whether the reason of a failed dial may be that large packets
// vanish: TLS sends some before there is a lane. mu is held.
func (ls *Lanes) vanished(rep report) bool {
	if rep.accepted || ls.routes[rep.id].path().Kind != RelayWebSocket || ls.ladder == nil || ls.ladder.best() != tiers {
		return false
	}
	return neterr.Is(rep.err, neterr.TimedOut)
}

// Carried notes that something of more than a few packets has arrived over l, in
// the direction in which data goes. If l breaks then, the size of its packets
// isn't why.
func (l *Lane) Carried() { l.carried.Store(true) }
