package transit

import (
	"maps"
	"net/netip"
	"slices"
	"time"

	"sesame/internal/addr"
)

// Changed returns a channel that delivers a value when the peer should be sent
// Hints again, because there are others than before. Several changes may make
// one value; it is for one receiver.
func (ls *Lanes) Changed() <-chan struct{} { return ls.changed }

// Moved returns a channel that delivers a value when this computer has other
// addresses than before: it may be in another network. Lanes that used an
// address that is gone have been dropped then, and everything known is dialled
// again. Hints should be sent even if they are the same, since the peer can't
// know. It is for one receiver.
func (ls *Lanes) Moved() <-chan struct{} { return ls.moves }

// Refresh looks at the network interfaces again, dials as AddHints does, and
// returns what Hints would.
func (ls *Lanes) Refresh() []Hint {
	own := addr.Own()
	ls.mu.Lock()
	defer ls.mu.Unlock()
	ls.here.own = own
	ls.work.move(own)
	ls.moveUDP(false)
	ls.replan(true)
	return ls.ownHints()
}

// ownHints is Hints. mu is held.
func (ls *Lanes) ownHints() []Hint {
	hints := ls.cfg.message(ls.here).Hints
	for _, finder := range slices.Sorted(maps.Keys(ls.found)) {
		hints = append(hints, ls.found[finder]...)
	}
	return hints
}

// offer replaces what one finder adds to our hints: addresses that aren't those
// of an interface and take time to find out.
func (ls *Lanes) offer(finder string, hints []Hint) {
	ls.mu.Lock()
	defer ls.mu.Unlock()
	if slices.EqualFunc(ls.found[finder], hints, func(a, b Hint) bool { return a.id() == b.id() }) {
		return
	}
	ls.found[finder] = hints
	notify(ls.changed)
}

// notify puts a value into a channel of capacity 1, if there is none.
func notify(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// watch notices changes of our addresses. It asks for them every second, which
// takes a tenth of a millisecond, on every system in the same way: what systems
// tell by themselves would come a second sooner, and needs code for each.
func (ls *Lanes) watch(here site) {
	s, pause := newSurvey(here.own), surveyEvery
	for {
		select {
		case <-ls.work.ctx.Done():
			return
		case <-time.After(pause):
		}
		own := here.look()
		changed, gone, again := s.look(own, time.Now())
		if changed {
			ls.moved(own, gone)
		}
		pause = again
	}
}

// moved adapts to new addresses of ours. What used one that is gone would only
// be found out by silence.
func (ls *Lanes) moved(own []netip.Prefix, gone []netip.Addr) {
	ls.mu.Lock()
	ls.here.own = own
	ls.work.move(own)
	if ls.ladder != nil && !ls.closed {
		ls.do(ls.ladder.moved(len(gone) > 0, time.Now()))
	}
	ls.moveUDP(len(gone) > 0)
	ls.moveTCP()
	if ls.mapper != nil {
		ls.mapper.Move()
		ls.mapUDP()
	}
	ls.replan(true)
	notify(ls.moves)
	var broken []*Lane
	for l, works := range ls.held {
		if works && slices.Contains(gone, localIP(l.s.raw)) {
			broken = append(broken, l)
		}
	}
	ls.cfg.Logger.Info("this computer's addresses have changed", "gone", len(gone), "lanes dropped", len(broken))
	ls.mu.Unlock()
	for _, l := range broken {
		l.end(false)
	}
}
