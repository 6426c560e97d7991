package client

import (
	"cmp"
	"net/url"
	"slices"
	"sync"
	"time"

	"sesame/rendezvous"
	"sesame/transit"
)

// A wait is told of from its beginning to its end. Its methods may be called at the
// same time.
type wait struct {
	told *teller

	mu  sync.Mutex
	now Waiting
}

// waiting begins a wait.
func (t *teller) waiting(what Code, args ...any) *wait {
	return t.waitingSince(time.Now(), what, args...)
}

func (t *teller) waitingSince(since time.Time, what Code, args ...any) *wait {
	w := &wait{told: t, now: Waiting{For: what, Args: args, Since: since}}
	t.event(w.now)
	return w
}

// turn says what is waited for now, since the same time, or what more is known of it. args
// can be compared.
func (w *wait) turn(what Code, args ...any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.now.Over || what == w.now.For && slices.Equal(args, w.now.Args) {
		return
	}
	if what != w.now.For {
		w.over()
	}
	w.now = Waiting{For: what, Args: args, Since: w.now.Since}
	w.told.event(w.now)
}

// end ends it. It may be called twice.
func (w *wait) end() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.now.Over {
		w.over()
	}
}

func (w *wait) over() {
	w.now.Over = true
	w.told.event(w.now)
}

// mutedAfter is how long a server that hasn't been heard yet may say nothing until the
// user hears of that.
const mutedAfter = 8 * time.Second

// serverName is what people know the mailbox server by: its host, with the port if it
// isn't the usual one.
func serverName(cfg *Config) string {
	u, err := url.Parse(cmp.Or(cfg.Server, rendezvous.DefaultURL))
	if err != nil {
		return cfg.Server
	}
	return u.Host
}

// reaching tells of the wait for the mailbox server, before somebody can be waited for
// there.
func reaching(c *core) (done func()) {
	host := serverName(&c.cfg)
	w := c.told.waiting(WaitServer, host)
	late := time.AfterFunc(mutedAfter, func() { w.turn(WaitSilent, host) })
	return func() {
		late.Stop()
		w.end()
	}
}

// A search is the wait for a path, of which it counts those that are tried.
type search struct {
	told *teller

	mu    sync.Mutex
	wait  *wait // nil while none is waited for
	found bool  // others are looked for, and nobody has to wait for them
	count int
	at    time.Time // when the count was told
	// refusals are what relays have said of which has been told.
	refusals map[string]bool
}

// retold spaces what is told of a count.
const retold = time.Second

// begin begins the wait, after one was lost again.
func (s *search) begin() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.found, s.count = false, 0
	s.start()
}

func (s *search) start() {
	if s.wait == nil {
		s.at = time.Now()
		s.wait = s.told.waiting(WaitWay, s.count)
	}
}

// trying notes that one is tried: it is waited for, if that hasn't begun.
func (s *search) trying() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.count++
	if s.found {
		return
	}
	s.start()
	if now := time.Now(); now.Sub(s.at) >= retold {
		s.at = now
		s.wait.turn(WaitWay, s.count)
	}
}

// refused notes that a relay carries nothing for this computer. It is told once, whatever
// addresses it has, and only to who waits: where there is another way nobody has to know.
func (s *search) refused(at transit.Path, why transit.NoWay) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.wait == nil {
		return
	}
	s.wait.turn(WaitWay, s.count) // nothing more may be tried for long
	if key := at.Host + " " + string(why); !s.refusals[key] && len(s.refusals) < mostTried {
		if s.refusals == nil {
			s.refusals = map[string]bool{}
		}
		s.refusals[key] = true
		s.told.note(NoteRelayRefuses, account(at, why))
	}
}

// end ends the wait. It may be called twice.
func (s *search) end() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.found = true
	if s.wait != nil {
		s.wait.end()
		s.wait = nil
	}
}
