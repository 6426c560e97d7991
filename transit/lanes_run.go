package transit

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"slices"
	"strings"
	"time"

	"sesame/internal/neterr"
)

// prove is the handshake of lanes. It waits for the key.
func (ls *Lanes) prove(c *candidate) (err error) {
	patience := time.NewTimer(handshakeTime)
	defer patience.Stop()
	select {
	case <-ls.keyed:
	case <-patience.C:
		return os.ErrDeadlineExceeded
	case <-c.ctx.Done():
		return net.ErrClosed
	}
	if c.accepted {
		c.path = ls.opened(c)
	}
	c.lane, err = startLane(c.Conn, c.path, ls.role, ls.keys, ls.cfg.Suite)
	if err == nil && (c.accepted || c.path.isRelay()) {
		// Where we dial, a peer that accepts may first wait for its key.
		c.lane.path.RTT = c.lane.took
	}
	return err
}

// run tells the ladder what happens and when time has passed.
func (ls *Lanes) run() {
	var news <-chan struct{}
	if ls.here.punch != nil {
		news = ls.here.punch.Changed()
	}
	for {
		timer := time.NewTimer(ls.wait())
		select {
		case <-ls.work.ctx.Done():
			timer.Stop()
			return
		case <-ls.kick:
		case <-timer.C:
			ls.tell(event{kind: tick})
		case rep := <-ls.work.reports:
			ls.note(rep)
		case <-news:
			ls.noteUDP()
		}
		timer.Stop()
	}
}

// wait returns how long the ladder has nothing to do.
func (ls *Lanes) wait() time.Duration {
	ls.mu.Lock()
	defer ls.mu.Unlock()
	if ls.ladder == nil {
		return time.Hour
	}
	now := time.Now()
	return ls.ladder.wake(now).Sub(now)
}

func (ls *Lanes) tell(e event) {
	ls.mu.Lock()
	defer ls.mu.Unlock()
	ls.step(e)
}

// step lets the ladder decide. mu is held.
func (ls *Lanes) step(e event) {
	if ls.ladder != nil && !ls.closed {
		ls.do(ls.ladder.step(e, time.Now()))
	}
}

// do carries out actions. mu is held.
func (ls *Lanes) do(actions []action) {
	for _, a := range actions {
		switch a.kind {
		case doDial:
			ls.stop[a.id] = ls.work.dial(a.id, ls.routes[a.id], ls.size)
		case doStop:
			ls.stop[a.id]()
		}
	}
	ls.seekUDP()
	notify(ls.kick)
}

// note takes a report.
func (ls *Lanes) note(rep report) {
	ls.mu.Lock()
	defer ls.mu.Unlock()
	e := rep.event
	if rep.accepted {
		e.id = acceptedID
		if rep.c.path.udp {
			e.id = acceptedUDPID
		}
	}
	switch e.kind {
	case laneReady:
		if !ls.hold(rep.c, e.id) {
			if rep.accepted {
				return
			}
			e.kind, rep.err = laneFailed, errStranger
		}
	case laneFailed, laneStranger:
		var none noRelayError
		switch {
		case neterr.Is(rep.err, neterr.Refused):
			e.kind = laneRefused
		case errors.As(rep.err, &none) && ls.routes[e.id].path().Foreign:
			e.kind = laneBarred
		}
	}
	if e.kind == laneFailed && ls.vanished(rep) {
		ls.size = ls.size.Next()
	}
	if e.kind != laneConnected && !rep.accepted {
		ls.errs[e.id] = rep.err
		ls.stop[e.id]()
	}
	ls.step(e)
}

// hold hands a proven connection out. It reports false if that is closed
// already, or there are too many. mu is held.
func (ls *Lanes) hold(c *candidate, id int) bool {
	l := c.lane
	if at, err := netip.ParseAddrPort(l.path.Remote); l.path.udp && l.path.Kind == ThroughNAT && err == nil && ls.plain(at.Addr()) {
		l.path.Kind = Direct
	}
	l.ended = func(orderly bool) { ls.end(l, id, orderly) }
	l.closed = func() { ls.release(l, id) }
	if !ls.work.take(c) {
		if id < 0 {
			ls.work.forget()
		}
		return false
	}
	l.size = ls.size
	ls.held[l] = true
	select {
	case ls.up <- l:
	default:
		ls.running.Go(func() { l.Close() })
	}
	return true
}

// end notes that a lane is of no use any more.
func (ls *Lanes) end(l *Lane, id int, orderly bool) {
	ls.mu.Lock()
	defer ls.mu.Unlock()
	ls.held[l] = false
	ls.cfg.Logger.Debug("path ended", "path", l.path.label(), "orderly", orderly)
	if orderly {
		ls.step(event{laneLeft, id})
	} else {
		ls.shrink(l)
		ls.step(event{laneLost, id})
		if ls.here.punch != nil && !ls.closed && ls.ladder.best() == tiers {
			ls.here.punch.Restart()
		}
	}
}

// release forgets a lane that has been closed.
func (ls *Lanes) release(l *Lane, id int) {
	ls.mu.Lock()
	defer ls.mu.Unlock()
	if _, held := ls.held[l]; held && id < 0 {
		ls.work.forget()
	}
	delete(ls.held, l)
}

// maxAddresses is how many addresses of the peer and of relays are dialled in a
// session, however often the peer sends others.
const maxAddresses = 64

// maxForeign is how many of them may be of relays that only the peer names: as many
// as it can name at once.
const maxForeign = maxRelays * maxInner

// replan makes rungs of all addresses that may be dialled. With again, they are
// dialled at once. mu is held.
func (ls *Lanes) replan(again bool) {
	if ls.ladder == nil || ls.closed {
		return
	}
	if ls.here.punch != nil {
		ls.here.punch.SetPeer(udpAddrs(ls.hints))
	}
	p := makePlan(&ls.cfg.Config, ls.here.own, Message{Hints: ls.hints})
	ls.unused = p.skipped
	for _, rt := range slices.Concat(ls.openRoutes(), ls.openTCP()) {
		p.add("", rt, noFallback, 0)
	}
	numbers, rungs, order := make([]int, len(p.lanes)), map[int]rung{}, []int(nil)
	for i, rt := range p.routes {
		to := rt.path()
		address := fmt.Sprint(to.tier(), to.both, to.Kind == RelayWebSocket, strings.ToLower(to.Remote), to.Via)
		id, known := ls.ids[address]
		if !known && (len(ls.ids) == maxAddresses || to.Foreign && ls.foreign == maxForeign) {
			numbers[i] = noFallback
			continue
		}
		if !known {
			id = len(ls.ids)
			ls.ids[address] = id
			if to.Foreign {
				ls.foreign++
			}
		}
		instead := noFallback
		if k := p.lanes[i].instead; k != noFallback {
			instead = numbers[k]
		}
		numbers[i], ls.routes[id], rungs[id] = id, rt, rung{tier: to.tier(), both: to.both, instead: instead, wait: p.lanes[i].wait}
		order = append(order, id)
	}
	ls.do(ls.ladder.replace(order, rungs, again, time.Now()))
}

// mergeHints returns the peer's hints, the latest first. What is beyond the
// number of those that are ever acted on falls off.
func mergeHints(latest, earlier []Hint) []Hint {
	var out []Hint
	seen := map[string]bool{}
	kept, most := map[string]int{}, map[string]int{typeDirect: 2 * maxDirect, typeUDP: 2 * maxUDP, typeOpen: 2 * maxOpen, typeRelay: 2 * maxRelays}
	for _, h := range slices.Concat(latest, earlier) {
		if id := h.id(); !seen[id] && kept[h.Type] < most[h.Type] {
			seen[id] = true
			kept[h.Type]++
			out = append(out, h)
		}
	}
	return out
}
