package session

import (
	"time"

	"sesame/internal/awake"
)

// tickTime is how often a session looks after its lanes.
const tickTime = 200 * time.Millisecond

// recallAfter is how long what is under way on one lane is waited for while others
// have nothing to do, beside its round trips.
const recallAfter = 2 * time.Second

// observe looks for lanes that are dead and for waits that make no sense.
func (s *Session) observe() {
	ticker := time.NewTicker(tickTime)
	defer ticker.Stop()
	meter := awake.Meter{Least: gapTime}
	for {
		select {
		case <-s.ctx.Done():
			return
		case <-ticker.C:
			now := time.Now() // the ticker may have kept an old one for us
			if _, gap := meter.Pass(now); gap > 0 {
				s.cfg.Logger.Info("this program didn't run for a while", "time", gap.Round(time.Second))
				s.desk.with(func(st *state) { st.woke(now) })
			}
			s.look(now)
			s.tellPath(now, false)
			s.host.Tick()
		case <-s.teller.news:
			s.tellPath(time.Now(), false)
		}
	}
}

// look does what time brings.
func (s *Session) look(now time.Time) {
	refused, came, lost := s.lanes.Refused(), s.came.Load(), false
	s.desk.with(func(st *state) {
		st.inflow.look(came, now)
		st.measure(now)
		st.prune()
		st.recall(now)
		lost = !st.over && st.watch.check(now, len(st.lanes), st.owes(), refused)
		if lost && len(st.lanes) > 0 {
			st.fail(new(LostError))
			lost = false
		}
	})
	if lost {
		s.Fail(&LostError{s.lanes.NoPath()})
	}
}

// measure looks for signs of life of each lane, and at what it carries.
func (st *state) measure(now time.Time) {
	busy := st.turns.bucket.rate == 0 && st.turns.waiting()
	for _, t := range st.lanes {
		idle := t.lane.Idle()
		switch t.pulse.check(now, idle, t.waiting(now), st.allowance(t, now, idle)) {
		case ask:
			t.ping()
		case dead:
			t.end(errSilent)
		}
		if t.gauge.wants(now) && !t.pingDue {
			t.ping()
		}
		t.speed.look(now, t.flight.arrived, busy)
	}
}

// allowance is how much longer than usual silence on a lane may last.
func (st *state) allowance(t *traffic, now time.Time, idle time.Duration) time.Duration {
	return allowance(t.gauge.recent(now, idle), st.inflow.crowded())
}

// doubtLanes asks lanes on which nothing comes whether they still work: another one has
// come up, or the peer sent new addresses, so it may have moved.
func (st *state) doubtLanes(now time.Time) {
	for _, t := range st.lanes {
		idle := t.lane.Idle()
		if t.pulse.doubt(now, idle, st.allowance(t, now, idle)) {
			t.ping()
		}
	}
}

// woke notes that this process didn't run for a while.
func (st *state) woke(now time.Time) {
	st.watch.woke(now)
	for _, t := range st.lanes {
		t.pulse.woke(now)
		t.gauge.woke()
		t.ping()
	}
}

// prune takes content off lanes that are of no use beside a better one, and ends them.
func (st *state) prune() {
	for _, t := range st.lanes {
		switch {
		case !t.worse(st.lanes):
		case !t.retire:
			t.retire = true
			t.wakeUp()
		case st.leads: // it had a moment to bring home what was under way
			t.end(errBetter)
		}
	}
}

// recall sends over other lanes, which have nothing more to do, what one has held up
// for long: of lanes that share a slow line one may have to wait for a while.
func (st *state) recall(now time.Time) {
	if st.turns.bytes == 0 || st.turns.waiting() || !st.resting() {
		return
	}
	for _, t := range st.lanes {
		rtt := min(t.gauge.recent(now, t.lane.Idle()), longest)
		if t.flight.overdue(now, recallAfter+slack*rtt) {
			t.flight.recall(st.lose)
		}
	}
	st.wakeAll()
}

// resting reports whether some lane has no content under way.
func (st *state) resting() bool {
	for _, t := range st.lanes {
		if !t.retire && t.flight.bytes == 0 {
			return true
		}
	}
	return false
}
