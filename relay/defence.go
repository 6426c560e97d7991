package relay

import (
	"log/slog"
	"sync"
	"time"

	"sesame/relay/level"
	"sesame/relay/source"
	"sesame/relay/stamp"
)

// A defence holds the level at which a server defends itself, and has what depends on it
// follow. It may be used concurrently.
type defence struct {
	seen   func() level.Seen
	known  func(source.Source, time.Time) bool // who needs not work
	follow func(l *Limits)                     // has all parts go by limits
	live   *live
	log    *slog.Logger

	mu      sync.Mutex
	machine level.Machine
	now     int
}

// newDefence returns that of a server whose parts are there.
func newDefence(s *Server) *defence {
	d := &defence{live: &s.live, log: s.log, known: s.mail.board.Proven}
	d.seen = func() level.Seen {
		conns, claims := s.door.sums(), s.mail.board.Claims()
		return level.Seen{Tries: conns.Tries, Rushed: conns.Rushed, Late: conns.Late, Claims: claims.All, Strange: claims.Strange}
	}
	d.follow = func(l *Limits) {
		s.door.resize(*l)
		s.mail.board.Resize(l.mailboxes())
		s.pipes.Resize(l.pipes(s.live.now.Load().permit.tokens != nil))
	}
	d.machine.Look(level.Seen{}, time.Now()) // what comes at once counts, too
	d.change(s.live.now.Load())
	return d
}

// level returns the level that holds.
func (d *defence) level() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.now
}

// look moves the level if it is time for that.
func (d *defence) look(now time.Time) {
	seen := d.seen()
	d.mu.Lock()
	defer d.mu.Unlock()
	_, why := d.machine.Look(seen, now)
	d.settle(string(why))
}

// change has the server go by another policy.
func (d *defence) change(p *policy) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.live.now.Store(p)
	d.follow(p.limits.at(d.now))
	d.settle("setting")
}

// settle has the level be what it is to be, and tells.
func (d *defence) settle(why string) {
	p := d.live.now.Load()
	to := d.machine.Level()
	if p.level != nil {
		to = *p.level
	}
	if to == d.now {
		return
	}
	said := d.log.Info
	if to >= 2 && to > d.now {
		said = d.log.Warn
	}
	said("level of defence", "from", d.now, "to", to, "because of", why)
	d.now = to
	d.follow(p.limits.at(to))
}

// effort is how much work is asked for, by level.
var effort = [level.Max + 1]int{2: 20, 3: 24}

// demand returns the work that a newcomer from a source has to do, which has called the
// server that, or nil.
func (d *defence) demand(s source.Source, host string, now time.Time) *stamp.Demand {
	if n := effort[d.level()]; n > 0 && !d.known(s, now) {
		return stamp.New(n, host, now)
	}
	return nil
}

// at returns the limits that hold at a level: from 1 on a source may have half as much.
func (l Limits) at(n int) *Limits {
	if n > 0 {
		for _, each := range []*int{
			&l.ConnsPerSource, &l.AcceptsPerSource, &l.MailboxesPerSource, &l.ClaimsPerSource, &l.UnknownPerSource,
			&l.RuinedPerSource, &l.ListsPerSource, &l.WaitingPerSource,
		} {
			*each = max(1, *each/2)
		}
	}
	return &l
}
