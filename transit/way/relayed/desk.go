package relayed

import (
	"errors"
	"net"
	"sync"
	"time"

	"sesame/internal/wire"
	"sesame/transit/way"
)

// A desk is an address of a relay, with what it has said when it was asked. It may be used
// concurrently.
type desk struct {
	ticket func() string // the last one for it; nil for none
	now    func() time.Time

	mu   sync.Mutex
	last answer
}

// An answer is what a relay has said that holds the next time.
type answer struct {
	plain   bool        // it doesn't know of tickets, since an older one has taken its place
	refusal way.Refusal // the zero value for none,
	to      string      // who showed that ticket,
	until   time.Time   // or until then; zero for as long as that one is shown
}

// join asks for our peer with a line, and shows the ticket of now if there is one.
func (d *desk) join(conn net.Conn, line []byte) error {
	shown := d.shown()
	if shown != "" {
		line = wire.WithTicket(line, shown)
	}
	err := join(conn, line)
	d.note(err, shown)
	return err
}

// shown returns the ticket to show, "" for none.
func (d *desk) shown() string {
	if d.ticket == nil {
		return ""
	}
	d.mu.Lock()
	plain := d.last.plain
	d.mu.Unlock()
	if plain {
		return ""
	}
	return d.ticket()
}

// note keeps what is to be learnt of how a relay has answered.
func (d *desk) note(err error, shown string) {
	no, refused := errors.AsType[way.Refusal](err)
	odd, other := errors.AsType[way.NoRelayError](err)
	d.mu.Lock()
	defer d.mu.Unlock()
	switch {
	case err == nil:
		d.last.refusal = way.Refusal{}
	case refused:
		d.last.refusal, d.last.to, d.last.until = no, shown, time.Time{}
		d.last.plain = d.last.plain && no.Why != way.ErrNoTicket // it knows of them again
		if no.Over > 0 {
			d.last.until = d.now().Add(no.Over).Round(0) // by the clock on the wall: this computer may sleep
		}
	case other && shown != "" && odd.Said+"\n" == wire.BadHandshake:
		d.last.plain = true
	}
}

// closed is way.Route.Closed.
func (d *desk) closed() error {
	shown := d.shown()
	d.mu.Lock()
	defer d.mu.Unlock()
	a := &d.last
	switch {
	case a.refusal == way.Refusal{}, a.to != shown, !a.until.IsZero() && !d.now().Before(a.until):
		return nil
	}
	return a.refusal
}

// forget has the relay asked as if it had said nothing.
func (d *desk) forget() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.last = answer{}
}
