package main

import (
	"slices"
	"sync"
	"time"

	"sesame/client"
)

const (
	// quietFor is how long nothing may be said about a wait in a log.
	quietFor = 3 * time.Second
	// repeatAfter is how often a log says that a wait goes on.
	repeatAfter = 30 * time.Second
)

// A waitingRoom tells what is waited for, for as long as it lasts: on a terminal in one
// line that is kept up to date, in a log by a line when it has become something else and
// now and then, and to programs when it has changed. Its methods may be called at the
// same time.
type waitingRoom struct {
	ui *teller

	mu      sync.Mutex
	open    []client.Waiting // what began last keeps the two people
	busy    string           // what is done meanwhile, "" for nothing
	ticking bool
	changed time.Time // since then, said or not, it is what it is
	said    waitingFor
	saidAt  time.Time // zero: not yet
}

// take takes what is told of a wait.
func (r *waitingRoom) take(w client.Waiting) {
	r.mu.Lock()
	defer r.mu.Unlock()
	before := r.last()
	i := slices.IndexFunc(r.open, func(o client.Waiting) bool { return o.For == w.For })
	switch {
	case w.Over && i >= 0:
		r.open = slices.Delete(r.open, i, i+1)
	case w.Over:
	case i >= 0:
		r.open[i] = w
	default:
		r.open = append(r.open, w)
	}
	if now := r.last(); now != before {
		r.turn(now)
	}
}

// work notes what is done while somebody is waited for.
func (r *waitingRoom) work(what string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.busy = what
	if r.ui.live && len(r.open) > 0 {
		r.tell(time.Now())
	} else {
		r.ui.show(what)
	}
}

// last returns what keeps the two people, zero if nothing does.
func (r *waitingRoom) last() waitingFor {
	if len(r.open) == 0 {
		return waitingFor{}
	}
	return wait(r.open[len(r.open)-1])
}

// turn tells that something else is waited for, or that more is known of it.
func (r *waitingRoom) turn(w waitingFor) {
	now := time.Now()
	if w.Cause != r.said.Cause { // a log is told of a count with what else it is told
		r.changed, r.saidAt = now, time.Time{}
	}
	r.said = w
	if w == (waitingFor{}) {
		r.ui.show("")
		return
	}
	if r.ui.events != nil {
		r.ui.report(w)
		return
	}
	r.tell(now)
	if !r.ticking {
		r.ticking = true
		time.AfterFunc(time.Second, r.tick)
	}
}

// tell tells people what is due.
func (r *waitingRoom) tell(now time.Time) {
	switch {
	case r.ui.live && r.busy != "":
		r.ui.show(r.busy)
	case r.ui.live:
		r.ui.show(r.said.line(now))
	case r.saidAt.IsZero() && now.Sub(r.changed) < quietFor, now.Sub(r.saidAt) < repeatAfter:
	default:
		r.saidAt = now
		r.ui.write(r.said.line(now) + "\n")
	}
}

// tick tells people how long they have waited, until the wait is over.
func (r *waitingRoom) tick() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.ticking = len(r.open) > 0; r.ticking {
		r.tell(time.Now())
		time.AfterFunc(time.Second, r.tick)
	}
}
