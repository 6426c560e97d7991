package rendezvous

import "time"

// A process that was stopped, or whose computer slept, for so long can't know
// any more who is in the mailbox, whatever has come in meanwhile.
const (
	beatEvery = 2 * time.Second
	longGap   = 10 * time.Second
)

// An absence is a time in which a side that waited in its mailbox heard nothing
// from there, because it had no connection or its process didn't run. Who came
// meanwhile may have left again.
type absence struct {
	since time.Time // zero: there is none
	late  time.Duration
	// expected says that the server had said that it would be away.
	expected bool
}

// begin notes that nothing is heard since then.
func (a *absence) begin(since time.Time) {
	if a.since.IsZero() {
		a.since = since
	}
}

// end returns how long it was, 0 if there was none.
func (a *absence) end(now time.Time) time.Duration {
	if a.since.IsZero() {
		return 0
	}
	gone := now.Round(0).Sub(a.since.Round(0)) // by the calendar
	a.since = time.Time{}
	return gone
}

// slept tells the machine that its process didn't run: run is that time as
// deadlines count it, real how long it was. Nothing could come in then, so nothing
// is late; but what came in for a side that waits may be of somebody who has left
// again. It asks the server anew.
func (m *machine) slept(now time.Time, run, real time.Duration) {
	m.deadlines.shift(run)
	if m.stage != waiting {
		return
	}
	m.absence.begin(now.Add(-real))
	if m.online {
		m.stale, m.reconnect = true, true
	}
}

// returned looks, after an absence, at what is in the mailbox now. Of several
// sides the last one that came is there, if any is: the server keeps two seats,
// and one that is free again was left. It becomes the peer; with the others no
// key is computed.
func (m *machine) returned(now time.Time) {
	gone := m.absence.end(now)
	last := -1
	for i, msg := range m.early {
		if msg.Phase == phasePake {
			last = i
		}
	}
	if last < 0 {
		if gone >= longGap && !m.absence.expected {
			m.tell(func(c *Config) { c.Returned(gone) })
		}
		return
	}
	m.absence.late = gone
	all := m.early
	m.early = nil
	m.heard(now, all[last])
	for i, msg := range all {
		if i != last && m.stage <= confirmed {
			m.message(now, msg)
		}
	}
}

// tell queues news for the program.
func (m *machine) tell(news func(*Config)) { m.news = append(m.news, news) }

// An UnansweredError says that the other side had been at the mailbox with its
// part of the key exchange, but didn't answer ours: its computer may be asleep or
// offline. errors.As finds a *TimeoutError in it, too.
type UnansweredError struct {
	// Again says that the same code may be tried again: the server gives this
	// side's seat back, and the other side has computed no key.
	Again bool

	late *TimeoutError
}

func (e *UnansweredError) Error() string {
	return "the other side has been here with this code, but doesn't answer"
}

// Unwrap returns the *TimeoutError.
func (e *UnansweredError) Unwrap() error { return e.late }
