package relay

import (
	"encoding/json"
	"slices"
	"time"

	"sesame/internal/wire"
	"sesame/relay/source"
)

// A caller is one connection to the mailbox server: who it is and what it has
// done. Most commands may be given once per connection.
type caller struct {
	source source.Source
	local  bool          // as in client
	out    *outbox       // where the shell puts deliveries; the board doesn't look at it
	goOn   chan struct{} // the shell's: has an element when a held command was answered

	bound       bool
	app, side   string
	didAllocate bool
	didClaim    bool
	didRelease  bool
	didClose    bool
	nameplate   string     // that it tried to claim
	hold        *hold      // the command that isn't answered yet, if there is one
	mailbox     *mailbox   // that it listens to
	present     []*mailbox // that it has claimed or opened
}

// idle reports whether the caller has neither a nameplate nor a mailbox, nor waits for
// one.
func (s *caller) idle() bool {
	return s.mailbox == nil && s.hold == nil && (s.didClose || len(s.present) == 0)
}

// A refusal is an error that is sent to the client. Deployed clients know some
// of the texts.
type refusal string

func (r refusal) Error() string { return string(r) }

const (
	errNoType       refusal = "missing 'type'"
	errUnknown      refusal = "unknown type"
	errNotBound     refusal = "must bind first"
	errBound        refusal = "already bound"
	errNoAppID      refusal = "bind requires 'appid'"
	errNoSide       refusal = "bind requires 'side'"
	errNoPing       refusal = "ping requires 'ping'"
	errLongPing     refusal = "ping is too long"
	errAllocated    refusal = "you already allocated one, don't be greedy"
	errNoNameplate  refusal = "claim requires 'nameplate'"
	errBadNameplate refusal = "a nameplate is 1 to 40 digits without leading zeros"
	errClaimed      refusal = "only one claim per connection"
	errCrowded      refusal = wire.Crowded
	errReclaimed    refusal = wire.Reclaimed
	errUsed         refusal = wire.Used
	errReleased     refusal = "only one release per connection"
	errOtherPlate   refusal = "release and claim must use same nameplate"
	errNoClaim      refusal = "release without nameplate must follow claim"
	errNoMailbox    refusal = "open requires 'mailbox'"
	errOpened       refusal = "only one open per connection"
	errNotOpen      refusal = "must open mailbox before adding"
	errNoPhase      refusal = "missing 'phase'"
	errNoBody       refusal = "missing 'body'"
	errRewrite      refusal = "phase was already added with another body"
	errMailboxFull  refusal = "mailbox is full"
	errClosed       refusal = "only one close per connection"
	errOtherMailbox refusal = "open and close must use same mailbox"
	errNoOpen       refusal = "close without mailbox must follow open"
	errFull         refusal = "server is full, try again later"
	errTooFast      refusal = "too many claims from your address, try again in a minute"
	errGuessing     refusal = "too many claims of unknown nameplates from your address, try again in a minute"
	errGreedy       refusal = "too many mailboxes from your address"
	errListing      refusal = "too many lists for your address, try again in a minute"
)

// moodScary is how a client closes that has met somebody with another code.
const moodScary = "scary"

// handle carries out what a client asked for. The ack comes before any other
// effect: some clients insist on it. A caller whose command is held is given
// no further one until it may go on.
func (b *board) handle(s *caller, r request, now time.Time) []delivery {
	if !r.noAck {
		b.send(s, wire.Message{Type: wire.Ack, ID: r.cmd.ID})
	}
	err := r.refused
	if err == nil {
		err = b.do(s, r.cmd, now)
	}
	b.answer(s, r, err, now)
	return b.flush(now)
}

func errorMessage(err error, orig json.RawMessage) wire.Message {
	return wire.Message{Type: wire.ErrorType, Error: err.Error(), Orig: orig}
}

func (b *board) do(s *caller, c wire.Command, now time.Time) error {
	switch {
	case c.Type == wire.Ping:
		return b.doPing(s, c)
	case c.Type == wire.Bind:
		return b.bind(s, c)
	case !s.bound:
		return errNotBound
	}
	switch c.Type {
	case wire.List:
		return b.doList(s, now)
	case wire.Allocate:
		return b.doAllocate(s, now)
	case wire.Claim:
		return b.doClaim(s, c, now)
	case wire.Release:
		return b.doRelease(s, c, now)
	case wire.Open:
		return b.doOpen(s, c, now)
	case wire.Add:
		return b.doAdd(s, c, now)
	case wire.Close:
		return b.doClose(s, c, now)
	}
	return errUnknown
}

func (b *board) doPing(s *caller, c wire.Command) error {
	switch {
	case len(c.Ping) == 0:
		return errNoPing
	case len(c.Ping) > maxPing:
		return errLongPing
	}
	b.send(s, wire.Message{Type: wire.Pong, Pong: c.Ping})
	return nil
}

func (s *caller) bind(c wire.Command) error {
	switch {
	case s.bound:
		return errBound
	case c.AppID == nil:
		return errNoAppID
	case c.Side == nil:
		return errNoSide
	}
	s.bound, s.app, s.side = true, *c.AppID, *c.Side
	return nil
}

// doList tells the numbers in use only where the operator wants that: who knows
// them all can disturb all who wait.
func (b *board) doList(s *caller, now time.Time) error {
	var l []wire.Nameplate
	if b.lists {
		if !s.local && !b.listing.Allow(s.source, now) {
			return errListing
		}
		if a := b.apps[s.app]; a != nil {
			l = a.list()
		}
	}
	b.send(s, wire.Message{Type: wire.Nameplates, Nameplates: l})
	return nil
}

func (b *board) doAllocate(s *caller, now time.Time) error {
	if s.didAllocate {
		return errAllocated
	}
	if !s.local && !b.claims.Allow(s.source, now) {
		return errTooFast
	}
	a := b.app(s.app)
	id := a.vacant(b.pick)
	if id == "" {
		return errFull
	}
	if _, err := b.claim(a, id, s, true, now); err != nil {
		return err
	}
	s.didAllocate = true
	b.send(s, wire.Message{Type: wire.Allocated, Nameplate: id})
	return nil
}

func (b *board) doClaim(s *caller, c wire.Command, now time.Time) error {
	switch {
	case c.Nameplate == nil:
		return errNoNameplate
	case s.didClaim:
		return errClaimed
	case !validNameplate(*c.Nameplate):
		return errBadNameplate
	}
	if err := b.mayClaim(s, *c.Nameplate, now); err != nil {
		return err
	}
	m, err := b.claim(b.app(s.app), *c.Nameplate, s, c.Once, now)
	if err == errHold {
		return err
	}
	s.didClaim, s.nameplate = true, *c.Nameplate
	if err != nil {
		return err
	}
	b.send(s, wire.Message{Type: wire.Claimed, Mailbox: m.id})
	return nil
}

// mayClaim holds a claim against the rates of its source. Those who come back
// to what is theirs are not counted, nor is a command that was held a second time.
func (b *board) mayClaim(s *caller, id string, now time.Time) error {
	var n *nameplate
	if a := b.apps[s.app]; a != nil {
		n = a.nameplates[id]
	}
	switch {
	case s.local, s.hold != nil, n != nil && n.claimedBy(s.side):
		return nil
	case !b.claims.Allow(s.source, now):
		return errTooFast
	case n == nil && !b.unknown.Allow(s.source, now):
		return errGuessing
	}
	return nil
}

func (b *board) doRelease(s *caller, c wire.Command, now time.Time) error {
	id := s.nameplate
	switch {
	case s.didRelease:
		return errReleased
	case c.Nameplate == nil && id == "":
		return errNoClaim
	case c.Nameplate != nil && id != "" && *c.Nameplate != id:
		return errOtherPlate
	case c.Nameplate != nil:
		id = *c.Nameplate
	}
	s.didRelease = true
	if a := b.apps[s.app]; a != nil {
		b.release(a, id, s.side, now)
	}
	b.send(s, wire.Message{Type: wire.Released})
	return nil
}

func (b *board) doOpen(s *caller, c wire.Command, now time.Time) error {
	switch {
	case c.Mailbox == nil || *c.Mailbox == "":
		return errNoMailbox
	case s.mailbox != nil:
		return errOpened
	}
	a := b.app(s.app)
	m := a.mailboxes[*c.Mailbox]
	if m == nil {
		var err error
		if m, err = b.create(a, *c.Mailbox, s, now); err != nil {
			return err
		}
	}
	if err := b.join(m, s, now); err != nil {
		return err
	}
	b.forgetLeft(m, s.side, now)
	s.mailbox = m
	b.subscribe(m, s, now)
	return nil
}

func (b *board) doAdd(s *caller, c wire.Command, now time.Time) error {
	switch {
	case s.mailbox == nil:
		return errNotOpen
	case c.Phase == nil:
		return errNoPhase
	case c.Body == nil:
		return errNoBody
	}
	return b.add(s.mailbox, s, *c.Phase, *c.Body, c.ID, now)
}

// doClose answers "closed" whatever it finds: a client that waits for it must
// not wait in vain, and a stranger learns nothing. Of the mood it matters whether
// it is scary.
func (b *board) doClose(s *caller, c wire.Command, now time.Time) error {
	switch {
	case s.didClose:
		return errClosed
	case c.Mailbox == nil && s.mailbox == nil:
		return errNoOpen
	case c.Mailbox != nil && s.mailbox != nil && *c.Mailbox != s.mailbox.id:
		return errOtherMailbox
	}
	m := s.mailbox
	if a := b.apps[s.app]; m == nil && a != nil {
		m = a.mailboxes[*c.Mailbox]
	}
	s.didClose, s.mailbox = true, nil
	if m != nil {
		mood := ""
		if c.Mood != nil {
			mood = *c.Mood
		}
		b.closes(m, s, mood, now)
	}
	b.send(s, wire.Message{Type: wire.Closed})
	return nil
}

// disconnect says that the caller's connection is gone.
func (b *board) disconnect(s *caller, now time.Time) []delivery {
	b.holds.drop(s)
	s.mailbox = nil
	delete(b.guests.here, s)
	for _, m := range slices.Clone(s.present) {
		b.leave(m, s, now)
		b.collect(m, now)
	}
	return b.flush(now)
}
