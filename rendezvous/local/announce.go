//go:build !js

package local

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	mathrand "math/rand/v2"
	"strconv"
	"sync"
	"time"
)

// probeTime is how long it takes to find out that a nameplate is free. Others
// answer within 310 ms.
const probeTime = 500 * time.Millisecond

// An Announcement makes a sender known until it is closed.
type Announcement struct {
	// Nameplate is the number under which the sender is found.
	Nameplate string
	// Rival is closed when somebody else begins to announce the same nameplate:
	// Find will choose neither.
	Rival <-chan struct{}

	cancel context.CancelFunc
	ended  chan struct{}
}

// Announce makes known on all links, also on those that come up later, that a
// mailbox is served at a TCP port of this computer. It uses the given nameplate,
// or if that is "" one that nobody else on the links uses; ErrTaken says that
// somebody else uses the given one. Another error says that multicast isn't
// possible. It takes half a second, and more only where nameplates are
// rare.
func Announce(ctx context.Context, nameplate string, port int) (*Announcement, error) {
	g, err := join()
	if err != nil {
		return nil, err
	}
	w := &announcer{group: g, port: uint16(port), taken: map[string]bool{}}
	if err := w.settle(ctx, nameplate); err != nil {
		g.close()
		return nil, err
	}
	running, cancel := context.WithCancel(context.Background())
	rival := make(chan struct{})
	a := &Announcement{Nameplate: w.self.nameplate, Rival: rival, cancel: cancel, ended: make(chan struct{})}
	w.begin(time.Now())
	go func() {
		defer close(a.ended)
		w.run(running, sync.OnceFunc(func() { close(rival) }))
	}()
	return a, nil
}

// Close says that the sender is gone, and ends the announcement. A nil
// Announcement, and one that Announce didn't make, may be closed.
func (a *Announcement) Close() {
	if a != nil && a.cancel != nil {
		a.cancel()
		<-a.ended
	}
}

// An announcer is a responder in the world.
type announcer struct {
	*responder
	group *group
	port  uint16
	taken map[string]bool // nameplates of others, maxTaken at most
}

// maxTaken is how many nameplates of others are remembered.
const maxTaken = 1000

// settle finds a nameplate.
func (w *announcer) settle(ctx context.Context, wish string) error {
	for round := 0; ; round++ {
		nameplate := wish
		if wish == "" {
			nameplate = freeNameplate(round, w.taken, mathrand.IntN)
		}
		id := make([]byte, idSize/2)
		rand.Read(id)
		w.responder = newResponder(instance{nameplate, hex.EncodeToString(id), w.port}, randomBelow)
		if err := w.probe(ctx); err != nil {
			return err
		}
		switch {
		case !w.rival:
			return nil
		case wish != "":
			return ErrTaken
		case round == 20: // whoever it is, he won't stop
			return nil
		}
	}
}

// probe asks all links for the service, twice, and answers itself meanwhile: of
// two who probe the same nameplate at least one hears of the other.
func (w *announcer) probe(ctx context.Context) error {
	links := w.group.indexes()
	w.linked(time.Now(), links, nil)
	for range 2 {
		for _, index := range links {
			w.group.send(index, question(serviceName))
		}
		over := time.NewTimer(probeTime / 2)
		defer over.Stop()
		for waits := len(links) > 0; waits; {
			tick := time.NewTimer(time.Until(w.wake(time.Now())))
			select {
			case <-ctx.Done():
				return ctx.Err()
			case <-over.C:
				waits = false
			case <-tick.C:
				w.announce()
			case p := <-w.group.in:
				w.note(p)
			}
			tick.Stop()
		}
	}
	return nil
}

// note takes what was heard.
func (w *announcer) note(p arrival) {
	for _, c := range p.claims {
		if c.id != w.self.id && len(w.taken) < maxTaken {
			w.taken[c.nameplate] = true
		}
	}
	w.heard(time.Now(), p.packet, p.links)
}

// announce sends what is due.
func (w *announcer) announce() {
	for _, index := range w.tick(time.Now()) {
		w.send(index)
	}
}

func (w *announcer) send(index int) {
	w.group.send(index, w.self.announcement(w.group.all()[index].addresses(), w.stage))
}

// run announces until ctx ends. Then it says goodbye. It calls rival when there is
// one.
func (w *announcer) run(ctx context.Context, rival func()) {
	defer w.group.close()
	scan := time.NewTicker(scanEvery)
	defer scan.Stop()
	for {
		tick := time.NewTimer(time.Until(w.wake(time.Now())))
		select {
		case <-ctx.Done():
			tick.Stop()
			w.stage = gone
			for _, index := range w.group.indexes() {
				w.send(index)
			}
			return
		case <-tick.C:
			w.announce()
		case <-scan.C:
			changed := w.group.scan()
			w.linked(time.Now(), w.group.indexes(), changed)
		case p := <-w.group.in:
			if w.note(p); w.rival {
				rival()
			}
		}
		tick.Stop()
	}
}

// freeNameplate returns a random number that isn't taken: of one digit if half
// of those are free, else of two, and so on. Each round without success counts
// as much as that.
func freeNameplate(round int, taken map[string]bool, pick func(int) int) string {
	low := 1
	for digits := 1; ; digits++ {
		n := 0
		for t := range taken {
			if len(t) == digits {
				n++
			}
		}
		if span := 9 * low; (2*n <= span && round < 4*digits) || digits == 9 {
			for range 100 {
				if s := strconv.Itoa(low + pick(span)); !taken[s] {
					return s
				}
			}
		}
		low = min(10*low, 100_000_000)
	}
}

func randomBelow(d time.Duration) time.Duration { return mathrand.N(d) }
