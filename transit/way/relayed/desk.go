package relayed

import (
	"net"
	"sync/atomic"
	"time"

	"sesame/internal/wire"
	"sesame/transit/way"
)

// A desk is an address of a relay, with what it has said when it was asked. It may be used
// concurrently.
type desk struct {
	at     *finder
	ticket func() string // the last one for it; nil for none
	plain  atomic.Bool   // it doesn't know of tickets, since an older one has taken its place
	last   atomic.Pointer[refusal]
}

// A refusal is what a desk has said, and for how long that holds.
type refusal struct {
	err   error  // a *way.Refusal
	to    string // for as long as we show that ticket,
	moves int64  // are where we were,
	until int64  // and until then, in seconds since 1970, as a computer that sleeps has them, too; 0 for ever
}

// join asks for our peer with a line, and shows the ticket of now if there is one.
func (d *desk) join(conn net.Conn, line []byte) error {
	to, moves := d.shown(), d.at.moves.Load()
	if to != "" {
		line = wire.WithTicket(line, to)
	}
	err := join(conn, line)
	switch said := err.(type) {
	case nil:
		d.last.Store(nil)
	case way.NoRelayError:
		if to != "" && said.Said+"\n" == wire.BadHandshake {
			d.plain.Store(true)
		}
	case *way.Refusal:
		r := &refusal{err: err, to: to, moves: moves}
		if said.Over > 0 {
			r.until = time.Now().Unix() + int64(said.Over/time.Second)
		} else {
			d.plain.Store(false) // it knows of tickets, in any case
		}
		d.last.Store(r)
	}
	return err
}

// shown returns the ticket to show, "" for none.
func (d *desk) shown() string {
	if d.ticket == nil || d.plain.Load() {
		return ""
	}
	return d.ticket()
}

// closed is way.Route.Closed.
func (d *desk) closed() error {
	r := d.last.Load()
	if r == nil || r.to != d.shown() || r.moves != d.at.moves.Load() || r.until != 0 && time.Now().Unix() >= r.until {
		return nil
	}
	return r.err
}
