// Package relayed is the way through a server that joins two connections, over TCP
// or over a WebSocket. The relays are ours, and those that the peer names. Source:
// doc/transit.md §5.
package relayed

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"net"
	"sync"
	"sync/atomic"

	"sesame/internal/wire"
	"sesame/transit/way"
)

// Way is through relays. The zero value reaches them over WebSockets alone, as a page
// does.
type Way struct {
	// TCP reaches them over TCP, too: way.Dialer.Dial where there is any.
	TCP func(from way.Dialer, ctx context.Context, addr string) (net.Conn, error)
}

func (Way) Form() way.Form             { return form() }
func (Way) Tier() way.Tier             { return way.Relayed }
func (Way) Classic() bool              { return true }
func (Way) Allowed(c *way.Config) bool { return !c.NoRelay }

func (w Way) Open(_ context.Context, at *way.Site) (way.Finder, error) {
	return &finder{at: at, tcp: w.TCP, desks: map[string]*desk{}}, nil
}

// A finder is relays as one Site uses them.
type finder struct {
	way.Plain
	at  *way.Site
	tcp func(from way.Dialer, ctx context.Context, addr string) (net.Conn, error) // see Way

	moves atomic.Int64 // how often this side has had other addresses than before

	mu    sync.Mutex
	lines [][]byte         // what they are asked with, by number; final from Start on
	desks map[string]*desk // addresses of relays, by their keys
}

// Start draws the side of this session, the same at every relay, so that none joins
// us with ourselves, and says with which token they are asked first to who wants to know.
func (f *finder) Start(s way.Session) {
	if f.at.Joining != nil {
		f.at.Joining(hex.EncodeToString(s.Tokens[0]))
	}
	var side [8]byte
	rand.Read(side[:])
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, token := range s.Tokens {
		f.lines = append(f.lines, wire.PleaseRelay(token, side))
	}
}

// Hints are our relays, but for those that the peer knows its own way to, and how many
// lanes are wanted at whichever relay.
func (f *finder) Hints() (hints []way.Hint) {
	for _, r := range f.at.Relays {
		if !r.Embedded {
			hints = append(hints, hintOf(r))
		}
	}
	if wanted := f.at.Asks().Relayed; wanted > 0 {
		if len(hints) == 0 {
			hints = append(hints, way.Hint{Type: typeRelay})
		}
		hints[0].Wanted = wanted
	}
	return hints
}

func (f *finder) Peer(hints []way.Hint) ([]way.Route, []way.Attempt) {
	p := makePlan(f, hints)
	return p.routes, p.skipped
}

// line returns what a relay is asked with for the connection with that number.
func (f *finder) line(number int) []byte {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.lines[number]
}

// desk returns what is known of an address of a relay, the same for the same key.
func (f *finder) desk(key string, ticket func() string) *desk {
	f.mu.Lock()
	defer f.mu.Unlock()
	d := f.desks[key]
	if d == nil {
		d = &desk{at: f, ticket: ticket}
		if len(f.desks) < maxDesks {
			f.desks[key] = d
		}
	}
	return d
}

// maxDesks is how many addresses of relays are remembered: more than are dialled in a session.
const maxDesks = 128

// Moved has all relays asked again: by another address this side may be somebody else to them.
func (f *finder) Moved(changed, _ bool) {
	if changed {
		f.moves.Add(1)
	}
}
