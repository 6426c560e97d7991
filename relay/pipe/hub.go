// Package pipe joins two clients who say the same token, and carries the bytes of each to
// the other (doc/relay.md §4).
//
// Who is joined, who waits and for how long, and which pair is cut are rules without sockets,
// goroutines or a clock, to which clients are numbers. Around them is a Hub, which has the
// connections.
package pipe

import (
	"context"
	"log/slog"
	"sync/atomic"
	"time"

	"sesame/internal/wire"
	"sesame/relay/figures"
	"sesame/relay/source"
)

// A Config says how a hub behaves.
type Config struct {
	Limits Limits
	// Private has only clients joined whose token Admit was given: others wait until it
	// is given one, and are closed then.
	Private bool
	// Mint takes the tickets that clients show. Without one all are served as if they had one.
	Mint    *Mint
	Figures *figures.Server
	Logger  *slog.Logger
}

// A Hub joins clients, and carries what they send. All its methods may be called
// concurrently.
type Hub struct {
	limits  atomic.Pointer[Limits]
	lobby   *lobby
	mint    *Mint // nil: nobody needs a ticket
	space   *space
	refused *figures.By
	log     *slog.Logger
}

// New returns a hub. Close it.
func New(c Config) *Hub {
	h := &Hub{
		mint:    c.Mint,
		lobby:   newLobby(c.Limits, c.Private),
		space:   &space{ducts: ducts{most: c.Limits.Ducts}, carried: &c.Figures.Carried, meter: newMeter(c.Limits)},
		refused: c.Figures.Refused,
		log:     c.Logger,
	}
	h.limits.Store(&c.Limits)
	return h
}

// Resize has the hub go by other limits. Who waits, or has a partner, keeps what it has;
// Ducts stay as they are.
func (h *Hub) Resize(l Limits) {
	h.limits.Store(&l)
	h.lobby.resize(l)
	h.space.meter.resize(l)
}

// A Client is one who has sent its relay line.
type Client struct {
	Transport
	Source source.Source // whom it counts for
	wire.Plea
	// Waits and Carries are called when the client has to wait, and when it has a partner.
	Waits, Carries func()
}

// Serve joins a client with its partner, waits for one if there is none, and carries what
// the client sends. It returns when the connection is closed.
func (h *Hub) Serve(c Client) {
	defer c.Close()
	now := time.Now()
	classic := h.mint != nil && !h.mint.Take(c.Ticket, now)
	if classic && h.limits.Load().TicketsOnly {
		h.refused.Add(figures.NoTicket)
		TurnAway(c, wire.NoTicket)
		return
	}
	if left := h.space.meter.spent(c.Source, now); left > 0 {
		h.refused.Add(figures.Spent)
		said := wire.Spent
		if c.Ticket != "" { // it is one that reads on
			said += wire.Over(left)
		}
		TurnAway(c, said)
		return
	}
	g := &guest{call: call{token: c.Token, side: c.Side, source: c.Source, since: now, classic: classic}, conn: c.Transport}
	for !hasLeft(c) {
		p, gone, ok, why := h.lobby.arrive(g, func(partner *guest) *pair { return newPair(partner, g, h.space) })
		closeAll(gone)
		switch {
		case why != "":
			h.refused.Add(why)
			return
		case !ok:
			return
		case p == nil:
			c.Waits()
			h.await(g, c.Carries)
			return
		case h.begin(p):
			c.Carries()
			h.run(p, p.flows[1], nil)
			return
		}
		g.again = true
	}
}

// await waits for the partner of g, and for bytes: before there is a partner they
// are a mistake, afterwards they are the first to be carried.
func (h *Hub) await(g *guest, carries func()) {
	buf := make([]byte, 128)
	n, _ := g.conn.Read(buf) // an error comes back with the next read
	p := h.lobby.stay(g)
	if p == nil {
		if n > 0 {
			TurnAway(g.conn, wire.Impatient)
		}
		return
	}
	if <-p.started; !p.failed {
		carries()
		h.run(p, p.flows[0], buf[:n])
	}
}

// begin tells both clients that they are connected. It reports false, and ends
// the pair, if the one who waited has gone; the other may look for a new
// partner then.
func (h *Hub) begin(p *pair) bool {
	defer close(p.started)
	p.watch.start(h.limits.Load().nextCheck(), func() time.Duration { return h.check(p) })
	if p.tell() {
		return true
	}
	p.failed = true
	h.end(p)
	return false
}

// end forgets p.
func (h *Hub) end(p *pair) {
	p.watch.stop()
	h.lobby.end(p)
	close(p.over)
}

// run carries what the source of f sends, beginning with first. It returns when
// both directions have ended.
func (h *Hub) run(p *pair, f *flow, first []byte) {
	err := f.carry(first)
	f.dst.CloseWrite()
	if err != nil {
		drain(f.src, drainTime)
	}
	f.touch()
	f.ended.Store(true)
	if p.left.Add(-1) == 0 {
		h.end(p)
		return
	}
	p.watch.again(h.limits.Load().nextCheck())
	<-p.over
}

// check cuts p if it is time for that, and otherwise says when to come back.
func (h *Hub) check(p *pair) (next time.Duration) {
	reason, next := h.limits.Load().judge(p.flows[0].pulse(), p.flows[1].pulse())
	if reason == "" {
		return next
	}
	h.log.Debug("cut " + reason)
	p.kill()
	return 0
}

// Admit has clients with a token joined, in a hub that is private, and closes those that
// wait with others.
func (h *Hub) Admit(token string) { closeAll(h.lobby.admit(token)) }

// Expire closes those who have waited too long.
func (h *Hub) Expire(now time.Time) { closeAll(h.lobby.expire(now)) }

// Relieve cuts pairs whose receivers don't read if all together hold too much: those
// first that hold most, of the source that does.
func (h *Hub) Relieve() {
	for _, p := range excess(h.burdens(), h.limits.Load().PipeBytes) {
		h.log.Debug("cut a pair of pipes: too much waits for receivers that don't read")
		p.kill()
	}
}

// burdens returns the pairs that stand still with bytes in them.
func (h *Hub) burdens() (burdens []burden) {
	for _, p := range h.lobby.running() {
		if b := p.burden(); b.bytes > 0 {
			burdens = append(burdens, b)
		}
	}
	return burdens
}

// Counts returns how many clients wait, and how many pairs there are.
func (h *Hub) Counts() (waiting, pairs int) { return h.lobby.counts() }

// HangUp closes those that wait, and joins nobody any more.
func (h *Hub) HangUp() { closeAll(h.lobby.close()) }

// Drain waits until all pairs have ended, or returns the error of ctx if that ends first.
func (h *Hub) Drain(ctx context.Context) error {
	for _, p := range h.lobby.running() {
		select {
		case <-p.over:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

// Cut ends all pairs.
func (h *Hub) Cut() {
	for _, p := range h.lobby.running() {
		p.kill()
	}
}

// Close gives back what the hub keeps open for pairs, of which there are none any more.
func (h *Hub) Close() { h.space.ducts.close() }

func closeAll(guests []*guest) {
	for _, g := range guests {
		g.conn.Close()
	}
}
