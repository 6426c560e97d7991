// Package mailbox is what a relay decides about nameplates and mailboxes. It has no
// sockets and no clock: calls say who does what and when, and return what is to be sent
// to whom, in order. Who is connected is a number.
//
// What has to last is in a store (package store): each nameplate and each mailbox is a record. A
// command reads, decides, commits, and answers; where somebody else was faster it reads
// and decides again. What is said reaches who listens from the store's feed alone, whoever
// has said it, and wherever.
//
//	plate/application/number   whose mailbox it leads to, or until when it rests
//	box/application/id         the two sides; its items are what they said
//
// What spans a nameplate and its mailbox is one group of changes: they are made together, and part
// together. One whose mailbox isn't there all the same, or has ended by itself, is repaired by who
// reads it.
//
// Everything is scoped by application and mailbox: no command of a client of
// one application touches another.
package mailbox

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	mathrand "math/rand/v2"
	"time"

	"sesame/internal/wire"
	"sesame/relay/figures"
	"sesame/relay/source"
	"sesame/relay/store"
)

// An ID is a connection.
type ID uint64

// A Delivery is a message for a connection, the end of it, or word that it may go on
// with a command that was held.
type Delivery struct {
	To      ID
	Message wire.Message
	HangUp  bool
	GoOn    bool // call Again
	More    bool // the answer follows, before Handle returns
}

// A Config says how a board behaves.
type Config struct {
	// Store is where what has to last is. What it reads must not be old, as it isn't where one process
	// uses a store (storetest.Run): a board refuses, and tells of messages, by what it reads.
	Store  store.Store
	Limits Limits
	// List has the board tell every client the nameplates in use.
	List bool
	// Deliver is given what is to be sent, in order and in a row. It must not wait, nor call the
	// board, nor keep the list.
	Deliver func([]Delivery)
	// Logger receives what an operator has to know. Default: silent.
	Logger *slog.Logger
	// Figures are where it is counted what is refused, how clients leave, and how long
	// the store takes. Default: nobody looks.
	Figures *figures.Server
}

// A Board carries out the commands of mailbox clients. Its methods may be called
// concurrently. Create it with New, and call Start before any other method.
type Board struct {
	desk  *desk
	lists bool
	log   *slog.Logger
	seen  *figures.Server
	marks *marks          // as of Start
	pick  func(n int) int // a uniformly random number below n
	newID func() string   // an unguessable mailbox id
}

// New returns a board that has read nothing yet.
func New(cfg Config) *Board {
	seen := cmp.Or(cfg.Figures, figures.New())
	b := &Board{
		desk: newDesk(cfg.Store, cfg.Limits, cfg.Deliver, seen.Commits), seen: seen, lists: cfg.List, log: cfg.Logger,
		pick: mathrand.IntN, newID: newMailboxID,
	}
	if b.log == nil {
		b.log = slog.New(slog.DiscardHandler)
	}
	return b
}

// Start reads what is in the store. Records that can't be read are set aside there, under a kind of their own, which
// the log says. It is ErrNewer if a newer version of this program has put something there.
func (b *Board) Start(ctx context.Context, now time.Time) (err error) {
	b.desk.started = now
	if b.marks, err = readMarks(ctx, b.desk.store); err != nil {
		return err
	}
	var odd oddities
	if err := b.desk.readPlates(ctx, now, &odd); err != nil {
		return err
	}
	if err := b.desk.readBoxes(ctx, now, &odd); err != nil {
		return err
	}
	return odd.setAside(ctx, b.desk.store, b.log)
}

// Connect adds a connection from a source; local says that no rate holds for it.
func (b *Board) Connect(s source.Source, local bool) (id ID) {
	m := b.marks.of(s)
	b.desk.with(func(st *state) {
		st.last++
		id = st.last
		st.callers[id] = &caller{id: id, source: s, mark: m, local: local}
	})
	return id
}

func (b *Board) visit(ctx context.Context, s *caller, now time.Time) *visit {
	return &visit{board: b, ctx: ctx, caller: s, now: now}
}

// A Standing is how far a connection has come.
type Standing struct {
	Held  bool // its command isn't answered: it is given no further one until Again has answered it
	Bound bool // it has said who it is
	Ours  bool // and that its program is one of this project
	Idle  bool // it has neither a nameplate nor a mailbox, nor waits for one
}

// Handle carries out what a client asked for. The ack comes before any other
// effect: some clients insist on it.
func (b *Board) Handle(ctx context.Context, id ID, r Request, now time.Time) Standing {
	var s *caller
	b.desk.with(func(st *state) {
		if s = st.callers[id]; s != nil && !r.noAck {
			st.out = append(st.out, Delivery{To: s.id, Message: wire.Message{Type: wire.Ack, ID: r.cmd.ID}, More: true})
		}
	})
	if s == nil {
		return Standing{}
	}
	err := r.refused
	if err == nil {
		err = b.visit(ctx, s, now).do(r.cmd)
	}
	return b.answer(s, r, err, now)
}

// Again tries once more a command that is held.
func (b *Board) Again(ctx context.Context, id ID, now time.Time) Standing {
	var s *caller
	var h *hold
	b.desk.with(func(st *state) {
		if s = st.callers[id]; s != nil {
			h = s.hold
		}
	})
	if h == nil {
		return Standing{}
	}
	v := b.visit(ctx, s, now)
	v.again = true
	return b.answer(s, h.request, v.do(h.request.cmd), now)
}

// answer ends a command: with its error, if it has one. What can't be decided
// yet is held, but not for ever.
func (b *Board) answer(s *caller, r Request, err error, now time.Time) (after Standing) {
	b.desk.with(func(st *state) {
		defer func() { after = Standing{Held: s.hold != nil, Bound: s.bound, Ours: s.ours, Idle: s.idle()} }()
		if err == errHold {
			if s.hold == nil && st.holds.add(s, r, now) || s.hold != nil && now.Sub(s.hold.since) < holdTime {
				return
			}
			err = errRuined(st.guesses.wait(s.source, now))
		}
		st.holds.drop(s)
		switch why := err.(type) {
		case nil:
		case refusal:
			if name, counted := refusals[why]; counted {
				b.seen.Refused.Add(name)
			}
			st.send(s, wire.Message{Type: wire.ErrorType, Error: string(why), Orig: r.orig})
		default:
			b.fails(st, s, r, err)
		}
	})
	return after
}

// refusals are those that are counted: what a client does wrong alone is nobody's matter.
var refusals = map[refusal]string{
	errCrowded: figures.Crowded, errReclaimed: figures.Crowded,
	errFull: figures.Full, errMailboxFull: figures.Full,
	errTooFast: figures.TooOften, errListing: figures.TooOften,
	errGuessing: figures.Unknown, errGreedy: figures.TooMany,
}

// Disconnect says that a connection is gone.
func (b *Board) Disconnect(ctx context.Context, id ID, now time.Time) {
	var s *caller
	var sits []sitting
	b.desk.with(func(st *state) {
		if s = st.callers[id]; s == nil {
			return
		}
		delete(st.callers, id)
		delete(st.guests.here, s)
		st.holds.drop(s)
		s.mailbox = nil
		sits = append(sits, s.sits...)
	})
	for _, p := range sits {
		if err := b.visit(ctx, s, now).leave(p.box); err != nil {
			b.trouble(err)
		}
	}
}

// Tick wakes who has been held for long enough. It is to be called every second or so,
// and does a bounded amount of work.
func (b *Board) Tick(now time.Time) {
	b.desk.with(func(st *state) { st.holds.tired(now, st.goOn) })
}

// Pressure says how large a share of codes has been guessed wrong lately, 0 to 3.
func (b *Board) Pressure(now time.Time) (level int) {
	b.desk.with(func(st *state) { level = st.guesses.share.pressure(now) })
	return level
}

// Claims returns the claims so far.
func (b *Board) Claims() (sums Claims) {
	b.desk.with(func(st *state) { sums = st.strange.sums })
	return sums
}

// Proven reports whether somebody from a source has met somebody else in the last day, and
// has closed the mailbox as happy. A restart forgets it.
func (b *Board) Proven(s source.Source, now time.Time) (known bool) {
	b.desk.with(func(st *state) { known = st.proven.known(s, now) })
	return known
}

// Resize has the board go by other limits from now on, but for Remembered. Who holds more than he may
// from now on keeps it.
func (b *Board) Resize(l Limits) {
	b.desk.now.Store(&l)
	b.desk.with(func(st *state) { st.resize(&l) })
}

// Mailboxes returns how many there are, as far as this relay knows.
func (b *Board) Mailboxes() (n int) {
	b.desk.with(func(st *state) { n = len(st.list) })
	return n
}

// Health returns why nothing new is kept, or nil.
func (b *Board) Health() error {
	_, err := b.desk.store.state()
	return err
}

// Stalled returns for how long the oldest change has been waiting for the store's answer, 0 if none waits.
func (b *Board) Stalled() time.Duration { return b.desk.store.stalled() }

// Seal takes nobody any more but those sides that mailboxes have. Others are cut.
func (b *Board) Seal(ctx context.Context) error {
	only := make(map[identity]bool)
	err := each(ctx, b.desk.store, kindBox, func(k store.Key, r store.Record) error {
		x, err := parseBox(r.Head)
		for _, p := range x.sides {
			only[identity{k.App, p.name}] = true
		}
		return err
	})
	if err != nil {
		return err
	}
	b.desk.with(func(st *state) {
		st.guests.only = only
		for s := range st.guests.here {
			if !only[identity{s.app, s.side}] {
				st.hangUp(s)
			}
		}
	})
	return nil
}

// fails ends a command that the store hasn't taken. Who understands it waits; who doesn't is
// cut, and comes back by itself.
func (b *Board) fails(st *state, s *caller, r Request, err error) {
	b.trouble(err)
	b.seen.Refused.Add(figures.NotSaved)
	if !s.patient {
		st.hangUp(s)
		return
	}
	wait := int(b.desk.store.patience() / time.Second)
	st.send(s, wire.Message{Type: wire.ErrorType, Error: string(errBusy), Retry: wait, Orig: r.orig})
}

// trouble logs what the store has against a command.
func (b *Board) trouble(err error) {
	if !errors.Is(err, context.Canceled) && !errors.Is(err, store.ErrClosed) {
		b.log.Debug("the store failed", "error", err)
	}
}
