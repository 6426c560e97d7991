package relay

import (
	"container/list"
	"slices"
	"time"

	"sesame/internal/wire"
	"sesame/relay/source"
)

// A board is everything that the mailbox server remembers. It has no sockets
// and no clock: calls say what happened and when, and return what is to be
// sent to whom, in order. It does no locking; one lock around all calls also
// keeps the deliveries in order, so no call takes longer the more is remembered.
//
// Everything is scoped by application and mailbox: no command of a client of
// one application touches another.
type board struct {
	limits Limits
	lists  bool            // list tells what there is
	pick   func(n int) int // a uniformly random number below n
	newID  func() string   // an unguessable mailbox id

	apps      map[string]*app
	used      list.List     // of *nameplate, in quarantine, the oldest first
	mailboxes []*mailbox    // of all applications, in no order
	bytes     int           // of all messages
	sources   *source.Tally // of mailboxes that exist, by who created them

	claims  source.Rate // of claiming and allocating
	unknown source.Rate // of claiming what nobody holds
	listing source.Rate // of listing
	guesses *guesses
	holds   holds

	guests guestList

	out []delivery // of the running call
}

// A delivery is a message for one caller, the end of its connection, or word
// that it may go on after a command that was held.
type delivery struct {
	to     *caller
	msg    wire.Message
	hangUp bool
	goOn   bool
}

// An app is the nameplates and mailboxes of one application id. It exists
// while it has any.
type app struct {
	id         string
	nameplates map[string]*nameplate
	mailboxes  map[string]*mailbox
	live       []*nameplate       // those that have a mailbox, in no order
	taken      [maxDigits + 1]int // numbers in use or in quarantine, by their digits
}

// A mailbox is where two sides leave messages for each other.
type mailbox struct {
	app       *app
	id        string
	index     int           // in the board's list
	source    source.Source // who created it
	created   time.Time
	touched   time.Time
	nameplate *nameplate // nil without one, or when it is gone

	sides    []*participant // at most two
	met      bool           // there have been two
	messages []message
	bytes    int
	subs     []*caller // in the order in which they opened
	gone     bool      // removed from the board
}

// A participant is one of the two sides of a mailbox.
type participant struct {
	name    string
	source  source.Source // whence it came first
	open    bool          // hasn't closed
	present int           // connections that have claimed or opened as this side
	left    time.Time     // when the last of them ended

	spoke    bool      // has added a message
	since    time.Time // when it did so first
	answered bool      // since it came, the other one has said more than its pake
	seat     *seat     // nil for who came first
}

// A message is what a side has added to a mailbox.
type message struct {
	side, phase, body string
	id                *string
}

// cost returns what m takes in memory.
func (m message) cost() int { return len(m.body) + messageCost }

// messageCost is what a message takes in memory besides its body.
const messageCost = 256

// subsPerSide is how many connections may listen to a mailbox as the same
// side. A client that reconnects needs two for a while.
const subsPerSide = 8

// Phases that a server has to know.
const (
	phasePake    = "pake"
	phaseVersion = "version"
)

func newBoard(l Limits, lists bool, pick func(int) int, newID func() string) *board {
	return &board{
		limits: l, lists: lists, pick: pick, newID: newID,
		apps: make(map[string]*app), sources: source.NewTally(l.MailboxesPerSource, l.Mailboxes),
		claims:  ratePerMinute(l.ClaimsPerSource, l.Remembered),
		unknown: ratePerMinute(l.UnknownPerSource, l.Remembered),
		listing: ratePerMinute(l.ListsPerSource, l.Remembered),
		guesses: newGuesses(l),
		holds:   newHolds(),
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

func (b *board) send(to *caller, m wire.Message) {
	b.out = append(b.out, delivery{to: to, msg: m})
}

// flush ends a call and returns its deliveries.
func (b *board) flush(now time.Time) []delivery {
	b.resume(now)
	out := b.out
	b.out = nil
	return out
}

// room returns why s can't create a mailbox, or nil.
func (b *board) room(s *caller) error {
	switch {
	case len(b.mailboxes) >= b.limits.Mailboxes:
		return errFull
	case !b.sources.Room(s.source):
		return errGreedy
	}
	return nil
}

// create adds an empty mailbox. An empty id stands for a new, random one.
func (b *board) create(a *app, id string, s *caller, now time.Time) (*mailbox, error) {
	if err := b.room(s); err != nil {
		b.forget(a)
		return nil, err
	}
	for id == "" || a.mailboxes[id] != nil {
		id = b.newID()
	}
	m := &mailbox{app: a, id: id, index: len(b.mailboxes), source: s.source, created: now, touched: now}
	a.mailboxes[id] = m
	b.mailboxes = append(b.mailboxes, m)
	b.sources.Add(s.source, 1)
	return m, nil
}

// remove deletes m with everything in it.
func (b *board) remove(m *mailbox, now time.Time) {
	m.gone = true
	for _, p := range m.sides {
		b.giveUp(p, now)
	}
	delete(m.app.mailboxes, m.id)
	last := len(b.mailboxes) - 1
	b.mailboxes[m.index] = b.mailboxes[last]
	b.mailboxes[m.index].index = m.index
	b.mailboxes[last] = nil
	b.mailboxes = b.mailboxes[:last]
	b.bytes -= m.bytes
	b.sources.Add(m.source, -1)
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

// subscribe sends m's messages to s, those that exist and those to come. If
// too many connections listen as the same side, the oldest is dropped.
func (b *board) subscribe(m *mailbox, s *caller, now time.Time) {
	var same []*caller
	for _, other := range m.subs {
		if other.side == s.side {
			same = append(same, other)
		}
	}
	if len(same) >= subsPerSide {
		b.leave(m, same[0], now)
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
func (b *board) add(m *mailbox, s *caller, phase, body string, id *string, now time.Time) error {
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
	cost := msg.cost()
	if len(m.messages) >= b.limits.MailboxMessages || m.bytes+cost > b.limits.MailboxBytes {
		return errMailboxFull
	}
	if b.bytes+cost > b.limits.TotalBytes {
		return errFull
	}
	b.heard(m, s, phase, now)
	m.messages = append(m.messages, msg)
	m.bytes += cost
	b.bytes += cost
	m.touched = now
	for _, to := range m.subs {
		b.send(to, msg.wire())
	}
	return nil
}

// sweepAtOnce is how much a sweep looks at before it returns.
const sweepAtOnce = 128

// sweep removes what has outlived its time: mailboxes to which nobody has
// listened for a while, very old ones, and nameplates whose quarantine is over. It
// does a bounded amount of work, on the mailboxes before a place in the list, and
// returns the place to go on from; all is done if that is 0.
func (b *board) sweep(before int, now time.Time) (next int, out []delivery) {
	next = min(before, len(b.mailboxes))
	for range min(sweepAtOnce, next) {
		next--
		b.age(b.mailboxes[next], now) // the last may come here in its place: that was looked at
	}
	for range sweepAtOnce {
		e := b.used.Front()
		if e == nil || now.Before(e.Value.(*nameplate).usedUntil) {
			return next, b.flush(now)
		}
		b.free(e.Value.(*nameplate))
	}
	return max(next, 1), b.flush(now)
}

// age removes m if it has outlived its time.
func (b *board) age(m *mailbox, now time.Time) {
	old := now.Sub(m.created) >= b.limits.MailboxLife
	if len(m.subs) > 0 && !old {
		m.touched = now
		return
	}
	if !old && now.Sub(m.touched) < b.limits.MailboxIdle {
		return
	}
	b.hangUpAll(m, now)
	b.remove(m, now)
}

// hangUpAll ends the connections that listen to m.
func (b *board) hangUpAll(m *mailbox, now time.Time) {
	for _, s := range slices.Clone(m.subs) {
		b.leave(m, s, now)
		b.out = append(b.out, delivery{to: s, hangUp: true})
	}
}
