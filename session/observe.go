package session

import (
	"time"

	"sesame/internal/awake"
)

// tickTime is how often a session looks after its lanes.
const tickTime = 200 * time.Millisecond

// An observer is the goroutine that looks at the clock.
type observer struct{ *Session }

// run looks for lanes that are dead and for waits that make no sense.
func (s observer) run() {
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
			s.teller.tell(now, false)
			s.host.Tick()
		case <-s.teller.news:
			s.teller.tell(time.Now(), false)
		}
	}
}

// look does what time brings.
func (s observer) look(now time.Time) {
	refused, came, lost, relay := s.lanes.Refused(), s.came.Load(), false, false
	s.desk.with(func(st *state) {
		if lost, relay = st.look(now, came, refused); lost && len(st.lanes.all) > 0 {
			st.fail(new(LostError))
			lost = false
		}
	})
	if relay {
		s.lanes.Relay(true)
	}
	if lost {
		s.Fail(&LostError{s.lanes.NoPath()})
	}
}
