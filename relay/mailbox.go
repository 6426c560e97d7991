package relay

import (
	"slices"
	"time"

	"sesame/internal/wire"
)

// A board is everything that the mailbox server remembers. It has no sockets
// and no clock: calls say what happened and when, and return what is to be
// sent to whom, in order. It does no locking; one lock around all calls also
// keeps the deliveries in order.
//
// Everything is scoped by application and mailbox: no command of a client of
// one application touches another.
type board struct {
	limits Limits
	pick   func(n int) int // a uniformly random number below n
	newID  func() string   // an unguessable mailbox id

	apps      map[string]*app
	used      []*nameplate   // in quarantine, the oldest first
	mailboxes int            // of all applications
	bytes     int            // of all messages
	sources   map[string]int // mailboxes that exist, by the source that created them

	claims  *limiter[string] // of claiming and allocating, by source
	unknown *limiter[string] // of claiming what nobody holds

	guests guestList

	out []delivery // of the running call
}

// A delivery is a message for one session, or the end of its connection.
type delivery struct {
	to     *session
	msg    wire.Message
	hangUp bool
}

// An app is the nameplates and mailboxes of one application id. It exists
// while it has any.
type app struct {
	id         string
	nameplates map[string]*nameplate
	mailboxes  map[string]*mailbox
	taken      [maxDigits + 1]int // numbers in use or in quarantine, by their digits
}

// A mailbox is where two sides leave messages for each other.
type mailbox struct {
	app       *app
	id        string
	source    string // who created it
	created   time.Time
	touched   time.Time
	nameplate *nameplate // nil without one, or when it is gone

	sides    []*participant // at most two
	met      bool           // there have been two
	messages []message
	bytes    int
	subs     []*session // in the order in which they opened
	gone     bool       // removed from the board
}

// A participant is one of the two sides of a mailbox.
type participant struct {
	name    string
	open    bool // hasn't closed
	spoke   bool // has added a message
	present int  // connections that have claimed or opened as this side
}

// A message is what a side has added to a mailbox.
type message struct {
	side, phase, body string
	id                *string
}

// messageCost is what a message takes in memory besides its body.
const messageCost = 256

// subsPerSide is how many connections may listen to a mailbox as the same
// side. A client that reconnects needs two for a while.
const subsPerSide = 8

func newBoard(l Limits, pick func(int) int, newID func() string) *board {
	return &board{
		limits: l, pick: pick, newID: newID,
		apps: make(map[string]*app), sources: make(map[string]int),
		claims:  newLimiter[string](l.ClaimsPerSource, time.Minute/time.Duration(l.ClaimsPerSource), l.Remembered),
		unknown: newLimiter[string](l.UnknownPerSource, time.Minute/time.Duration(l.UnknownPerSource), l.Remembered),
	}
}

// app returns the application with the given id and creates it if need be.
func (b *board) app(id string) *app {
	a := b.apps[id]
	if a == nil {
		a = &app{id: id, nameplates: make(map[string]*nameplate), mailboxes: make(map[string]*mailbox)}
		b.apps[id] = a
	}
	return a
}

// forget removes a if nothing is left of it.
func (b *board) forget(a *app) {
	if len(a.nameplates) == 0 && len(a.mailboxes) == 0 {
		delete(b.apps, a.id)
	}
}

func (b *board) send(to *session, m wire.Message) {
	b.out = append(b.out, delivery{to: to, msg: m})
}

// flush returns the deliveries of the running call.
func (b *board) flush() []delivery {
	out := b.out
	b.out = nil
	return out
}

// create adds an empty mailbox. An empty id stands for a new, random one.
func (b *board) create(a *app, id string, s *session, now time.Time) (*mailbox, error) {
	if b.mailboxes >= b.limits.Mailboxes {
		b.forget(a)
		return nil, errFull
	}
	if b.sources[s.source] >= b.limits.MailboxesPerSource {
		b.forget(a)
		return nil, errGreedy
	}
	for id == "" || a.mailboxes[id] != nil {
		id = b.newID()
	}
	m := &mailbox{app: a, id: id, source: s.source, created: now, touched: now}
	a.mailboxes[id] = m
	b.mailboxes++
	b.sources[s.source]++
	return m, nil
}

// remove deletes m with everything in it.
func (b *board) remove(m *mailbox, now time.Time) {
	m.gone = true
	delete(m.app.mailboxes, m.id)
	b.mailboxes--
	b.bytes -= m.bytes
	if b.sources[m.source]--; b.sources[m.source] == 0 {
		delete(b.sources, m.source)
	}
	if m.nameplate != nil {
		b.vacate(m.nameplate, now)
	}
	b.forget(m.app)
}

// collect removes m if nobody needs it any more.
func (b *board) collect(m *mailbox, now time.Time) {
	open := func(p *participant) bool { return p.open }
	if !m.gone && len(m.subs) == 0 && !slices.ContainsFunc(m.sides, open) {
		b.remove(m, now)
	}
}

func (m *mailbox) side(name string) *participant {
	for _, p := range m.sides {
		if p.name == name {
			return p
		}
	}
	return nil
}

// join makes the session's side one of the two of m. It reports false, and
// leaves no trace, if there are two others.
//
// A side that has gone without ever saying anything doesn't count: otherwise a
// stranger, or a person who mistyped, could use up the second place for good.
func (m *mailbox) join(s *session, now time.Time) bool {
	p := m.side(s.side)
	if p == nil {
		if len(m.sides) == 2 && !m.evict() {
			return false
		}
		p = &participant{name: s.side}
		m.sides = append(m.sides, p)
		m.met = m.met || len(m.sides) == 2
	}
	p.open = true
	m.touched = now
	if !slices.Contains(s.present, m) {
		s.present = append(s.present, m)
		p.present++
	}
	return true
}

// evict makes room for a side by removing one that is absent and silent,
// preferably the one that came later. It reports whether there is room.
func (m *mailbox) evict() bool {
	for i := len(m.sides) - 1; i >= 0; i-- {
		if p := m.sides[i]; p.present == 0 && !p.spoke {
			m.sides = slices.Delete(m.sides, i, i+1)
			if m.nameplate != nil {
				m.nameplate.dropClaim(p.name)
			}
			return true
		}
	}
	return false
}

// leave ends the session's part in m: its subscription and its presence.
func (m *mailbox) leave(s *session, now time.Time) {
	if i := slices.Index(m.subs, s); i >= 0 {
		m.subs = slices.Delete(m.subs, i, i+1)
		m.touched = now
	}
	if s.mailbox == m {
		s.mailbox = nil
	}
	if i := slices.Index(s.present, m); i >= 0 {
		s.present = slices.Delete(s.present, i, i+1)
		if p := m.side(s.side); p != nil {
			p.present--
		}
	}
}

// subscribe sends m's messages to s, those that exist and those to come. If
// too many connections listen as the same side, the oldest is dropped.
func (b *board) subscribe(m *mailbox, s *session, now time.Time) {
	var same []*session
	for _, other := range m.subs {
		if other.side == s.side {
			same = append(same, other)
		}
	}
	if len(same) >= subsPerSide {
		m.leave(same[0], now)
		b.out = append(b.out, delivery{to: same[0], hangUp: true})
	}
	m.subs = append(m.subs, s)
	for _, msg := range m.messages {
		b.send(s, msg.wire())
	}
}

func (m message) wire() wire.Message {
	return wire.Message{Type: wire.MessageType, Side: m.side, Phase: m.phase, Body: m.body, ID: m.id}
}

// add stores a message and sends it to all who listen, its author included. A
// copy of a message that is there already is only echoed to its author, for
// whom the echo is the receipt.
func (b *board) add(m *mailbox, s *session, phase, body string, id *string, now time.Time) error {
	msg := message{side: s.side, phase: phase, body: body, id: id}
	for _, old := range m.messages {
		if old.side != s.side || old.phase != phase {
			continue
		}
		if old.body != body {
			return errRewrite
		}
		m.touched = now
		msg.body = old.body // to be kept once
		b.send(s, msg.wire())
		return nil
	}
	cost := len(body) + messageCost
	if len(m.messages) >= b.limits.MailboxMessages || m.bytes+cost > b.limits.MailboxBytes {
		return errMailboxFull
	}
	if b.bytes+cost > b.limits.TotalBytes {
		return errFull
	}
	if p := m.side(s.side); p != nil {
		p.spoke = true
	}
	m.messages = append(m.messages, msg)
	m.bytes += cost
	b.bytes += cost
	m.touched = now
	for _, to := range m.subs {
		b.send(to, msg.wire())
	}
	return nil
}

// prune removes what has outlived its time: mailboxes to which nobody has
// listened for a while, very old ones, and nameplates whose quarantine is over.
func (b *board) prune(now time.Time) []delivery {
	for _, a := range b.apps {
		for _, m := range a.mailboxes {
			old := now.Sub(m.created) >= b.limits.MailboxLife
			if len(m.subs) > 0 && !old {
				m.touched = now
				continue
			}
			if !old && now.Sub(m.touched) < b.limits.MailboxIdle {
				continue
			}
			for _, s := range slices.Clone(m.subs) {
				m.leave(s, now)
				b.out = append(b.out, delivery{to: s, hangUp: true})
			}
			b.remove(m, now)
		}
	}
	for len(b.used) > 0 && !now.Before(b.used[0].usedUntil) {
		b.free(b.used[0])
	}
	return b.flush()
}
