package transit

import (
	"net"
	"net/netip"
	"os"
	"slices"
	"time"

	"sesame/internal/addr"
	"sesame/transit/way"
)

// This file is what goes on by itself in Lanes.

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
	c.path = c.by.Proven(c.Conn, c.path, c.accepted)
	c.lane, err = startLane(c.Conn, c.path, ls.role, ls.keys, ls.cfg.Suite)
	if err == nil && (c.accepted || c.path.Kind.Relayed()) {
		// Where we dial, a peer that accepts may first wait for its key.
		c.lane.path.RTT = c.lane.took
	}
	return err
}

// run tells the ladder what happens and when time has passed.
func (ls *Lanes) run() {
	for {
		timer := time.NewTimer(ls.wait())
		select {
		case <-ls.work.ctx.Done():
			timer.Stop()
			return
		case <-ls.kick:
		case <-timer.C:
			ls.grow()
			ls.step(event{kind: tick})
		case rep := <-ls.work.reports:
			ls.note(rep)
			if rep.kind == connReady {
				ls.grow() // how many it begins with is known now
			}
		case <-ls.at.news:
			ls.look()
		}
		timer.Stop()
	}
}

// wait returns how long the ladder has nothing to do.
func (ls *Lanes) wait() time.Duration {
	ls.mu.Lock()
	defer ls.mu.Unlock()
	if !ls.hunt.begun() {
		return time.Hour
	}
	now := time.Now()
	return min(ls.hunt.wake(now).Sub(now), ls.hunt.crop.pause())
}

// grow lets what lanes carry decide how many there are, and the peer know. What is under
// way on one that ends goes over others.
func (ls *Lanes) grow() {
	ls.mu.Lock()
	spare := ls.hunt.grow(time.Now())
	ls.mu.Unlock()
	for _, l := range spare {
		ls.running.Go(func() { l.Close() })
	}
	if ls.at.differs() {
		notify(ls.changed)
	}
}

func (ls *Lanes) step(e event) {
	ls.mu.Lock()
	defer ls.mu.Unlock()
	ls.hunt.step(e, time.Now())
	notify(ls.kick)
}

// look acts on what the ways have found: the peer learns of addresses of ours, and
// the ladder of addresses of the peer.
func (ls *Lanes) look() {
	if ls.at.differs() {
		notify(ls.changed)
	}
	ls.mu.Lock()
	defer ls.mu.Unlock()
	ls.hunt.replan(false, time.Now())
	notify(ls.kick)
}

// note takes a report.
func (ls *Lanes) note(rep report) {
	if rep.accepted {
		rep.id = acceptedID(rep.c.path.Tier())
	}
	if rep.kind == connReady && !ls.take(rep) {
		if rep.accepted {
			ls.work.forget()
			return
		}
		rep.kind, rep.err = connFailed, errStranger
	}
	ls.mu.Lock()
	defer ls.mu.Unlock()
	if rep.kind == connReady {
		ls.aside.up(rep.c.lane, ls.hunt.idle(way.Relayed))
		ls.hunt.hold(rep.c.lane)
	}
	ls.hunt.note(rep, time.Now())
	notify(ls.kick)
	if rep.kind == connReady {
		ls.hand(rep.c.lane)
	}
}

// take makes a lane of a proven connection. It reports false if that is closed
// already.
func (ls *Lanes) take(rep report) bool {
	l := rep.c.lane
	l.gait.ours = !rep.accepted
	l.ended = func(orderly bool) { ls.end(l, rep.id, orderly) }
	l.closed = func() { ls.release(l, rep.id) }
	return ls.work.take(rep.c)
}

// hand gives a lane to Next, or closes it if that is far behind.
func (ls *Lanes) hand(l *Lane) {
	select {
	case ls.up <- l:
	default:
		ls.running.Go(func() { l.Close() })
	}
}

// works reports whether a lane is still of use.
func (ls *Lanes) works(l *Lane) bool {
	ls.mu.Lock()
	defer ls.mu.Unlock()
	return ls.hunt.held[l]
}

// end notes that a lane is of no use any more.
func (ls *Lanes) end(l *Lane, id int, orderly bool) {
	ls.cfg.Logger.Debug("path ended", "path", l.path.Label(), "orderly", orderly)
	ls.mu.Lock()
	defer ls.mu.Unlock()
	ls.hunt.end(l, id, orderly, time.Now())
	notify(ls.kick)
}

// release forgets a lane that has been closed.
func (ls *Lanes) release(l *Lane, id int) {
	ls.mu.Lock()
	defer ls.mu.Unlock()
	if _, held := ls.hunt.held[l]; held && id < 0 {
		ls.work.forget()
	}
	delete(ls.hunt.held, l)
}

// watch notices changes of our addresses. It asks for them every second, which
// takes a tenth of a millisecond, on every system in the same way: what systems
// tell by themselves would come a second sooner, and needs code for each.
func (ls *Lanes) watch(own []netip.Prefix) {
	s, pause := newSurvey(own), surveyEvery
	for {
		select {
		case <-ls.work.ctx.Done():
			return
		case <-time.After(pause):
		}
		own := addr.Own()
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
	ls.hunt.moved(own, len(gone) > 0, time.Now())
	var broken []*Lane
	for l, works := range ls.hunt.held {
		if works && slices.Contains(gone, l.local()) {
			broken = append(broken, l)
		}
	}
	ls.mu.Unlock()
	ls.at.differs() // the peer is told in any case
	notify(ls.moves)
	notify(ls.kick)
	ls.cfg.Logger.Info("this computer's addresses have changed", "gone", len(gone), "lanes dropped", len(broken))
	for _, l := range broken {
		l.end(false)
	}
}
