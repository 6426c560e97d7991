package session

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"sesame/internal/varint"
	"sesame/transit"
)

// A Config says how a session goes. The zero value is ready to use. Its functions are
// called one at a time; the session waits for them.
type Config struct {
	// Transit says how to reach the peer; default nil, transit's own defaults.
	Transit *transit.Config
	// Lanes are used instead of transit's, which are opened as Transit says. The
	// session closes them.
	Lanes Lanes
	// Connected is called when a path to the peer is found, when another one is used,
	// after Lost, and when the round-trip time of the same has changed much. Default nil.
	Connected func(transit.Path)
	// Lost is called when all paths are lost and new ones are looked for. Default nil.
	Lost func()
	// Patience is how long that takes at most; for the first one it is two minutes at
	// most, and if the peer's program seems to be gone half a minute. Default 15 min.
	Patience time.Duration
	// Limit is how many bytes of content this side sends in a second; default 0, any
	// number. See also Session.Limit.
	Limit int64
	// Reason is what the peer is told of an error that isn't this package's. Default
	// ReasonFor, which is for those.
	Reason func(error) Reason
	// Logger gets what is worth knowing when something went wrong; default nil, silent.
	Logger *slog.Logger
}

func (c *Config) withDefaults() Config {
	var out Config
	if c != nil {
		out = *c
	}
	if out.Patience == 0 {
		out.Patience = 15 * time.Minute
	}
	if out.Reason == nil {
		out.Reason = ReasonFor
	}
	if out.Logger == nil {
		out.Logger = slog.New(slog.DiscardHandler)
	}
	return out
}

// message returns an empty transit message that knows the hints of all ways that may be
// used.
func (c *Config) message() transit.Message {
	if c.Transit == nil {
		return transit.Message{}
	}
	return transit.Message{Ways: c.Transit.Ways}
}

// A Host is whose session it is. It is called by the one goroutine that deals with the
// peer's control messages, but for Tick.
type Host interface {
	// Opened is called when the peer opens an exchange; kind is "" for one of content.
	// It returns soon who handles it, nil if nobody knows the kind: then it is dropped.
	Opened(x *Exchange, kind string) Handler
	// Heard is called with a text: 1 to MaxText bytes of UTF-8, not safe to print. The
	// peer learns that it was shown when Heard returns nil, and nothing else is dealt
	// with before; an error ends the session. ctx ends with that.
	Heard(ctx context.Context, text string) error
	// Left is called when the peer has said that it begins nothing more.
	Left()
	// Tick is called several times a second while the session lasts.
	Tick()
}

// A Session is one side's end of a conversation. Its methods may be called by several
// goroutines.
type Session struct {
	cfg    Config
	ch     Channel
	host   Host
	lanes  Lanes
	desk   *desk
	teller *teller
	came   atomic.Int64    // bytes in records, on all lanes
	ctx    context.Context // until the session is shut down
	cancel context.CancelFunc
	wg     sync.WaitGroup
	ending sync.Once
}

// Begin begins a session with the peer on ch, both sides alike, and returns when the
// peer has too. host is called with the session, before anything happens in it, for whose it is. ctx bounds the call only; whoever gets a Session calls Close
// or End.
//
// The error is ctx's or ch's, ErrNoWay, a *ProtocolError, a *PeerError if the peer gave
// up before, or *Foreign.
func Begin(ctx context.Context, ch Channel, host func(*Session) Host, cfg *Config) (*Session, error) {
	full := cfg.withDefaults()
	ls := full.Lanes
	if ls == nil {
		var err error
		if ls, err = openLanes(ctx, ch, &full); err != nil {
			return nil, err
		}
	}
	s := &Session{cfg: full, ch: ch, lanes: ls, desk: newDesk()}
	s.teller = newTeller(s.desk, &full)
	s.desk.with(func(st *state) {
		st.failed, st.reason = make(chan struct{}), s.reason
		st.watch.patience = full.Patience
		st.turns.limit(full.Limit)
	})
	// The session ends in its own way when ctx does: the peer is told.
	s.ctx, s.cancel = context.WithCancel(context.WithoutCancel(ctx))
	if err := s.introduce(ctx); err != nil {
		s.cancel()
		ls.Close()
		return nil, err
	}
	s.host = host(s)
	s.wg.Go(keeper{s}.run)
	s.wg.Go(mailer{s}.read)
	s.wg.Go(mailer{s}.write)
	s.wg.Go(mailer{s}.watch)
	s.wg.Go((&dealer{s, s.desk, s.host}).run)
	s.wg.Go(observer{s}.run)
	return s, nil
}

// introduce exchanges the first mailbox messages and lets the lanes begin.
func (s *Session) introduce(ctx context.Context) error {
	ways := s.cfg.Transit.Abilities()
	msg, err := (&mail{Hints: nonNil(s.lanes.Hints()), Ways: ways}).encode(s.cfg.message())
	if err != nil {
		return err
	}
	if err := s.ch.Send(ctx, msg); err != nil {
		return err
	}
	theirs, err := s.ch.Receive(ctx)
	if err != nil {
		return err
	}
	m, err := firstMail(theirs, s.cfg.message())
	if err != nil {
		return err
	}
	if !transit.CanMeet(ways, m.Ways) {
		return ErrNoWay // the other side sees the same
	}
	s.lanes.Start(s.ch.Key, m.Hints)
	return nil
}

func nonNil(h []transit.Hint) []transit.Hint {
	if h == nil {
		return []transit.Hint{}
	}
	return h
}

// Key derives a key of size bytes for one purpose from the session's.
func (s *Session) Key(purpose string, size int) []byte { return s.ch.Key(purpose, size) }

// Open opens an exchange that h handles, of a kind that has no content. Kind is its
// name, 1 to 64 visible characters of ASCII. It waits while 16 that this side has opened
// are unsettled.
func (s *Session) Open(ctx context.Context, kind string, h Handler) (*Exchange, error) {
	if !isKind(kind) {
		return nil, errors.New("session: no name of a kind of exchange")
	}
	return s.open(ctx, &Exchange{s: s, h: h, ended: make(chan struct{})}, msgOpen, []byte(kind))
}

// OpenContent is Open for an exchange of content, which begins with its first message.
func (s *Session) OpenContent(ctx context.Context, h Handler, typ Message, body []byte) (*Exchange, error) {
	return s.open(ctx, &Exchange{s: s, content: true, h: h, ended: make(chan struct{})}, typ, body)
}

// open gives x its number and says first what begins it: numbers come in their order.
func (s *Session) open(ctx context.Context, x *Exchange, typ Message, body []byte) (*Exchange, error) {
	var err error
	waiting := s.desk.until(ctx, func(st *state) bool {
		switch {
		case st.err != nil:
			err = st.err
		case st.book.left || st.over:
			err = ErrLeft
		case !st.book.room() || !st.out.room(len(body)):
			return false
		default:
			st.book.begin(x)
			st.post(typ, append(varint.Append(nil, uint64(x.number)), body...), nil)
		}
		return true
	})
	if waiting != nil {
		return nil, waiting
	}
	return x, err
}

// Say says a text of 1 to MaxText bytes of UTF-8, and returns when the other side has
// shown it.
func (s *Session) Say(ctx context.Context, text string) error {
	if err := checkText(text); err != nil {
		return err
	}
	var err error
	number := int64(-1)
	waiting := s.desk.until(ctx, func(st *state) bool {
		switch {
		case number >= 0 && st.out.acked > number:
			return true
		case st.err != nil:
			err = st.err
			return true
		case number >= 0:
			return false
		case st.book.left || st.over:
			err = ErrLeft
			return true
		case st.out.room(len(text)):
			number = st.post(msgText, []byte(text), nil)
		}
		return false
	})
	if waiting != nil {
		return waiting
	}
	return err
}

// Leave tells the other side that this one begins nothing more. What is unsettled goes
// on.
func (s *Session) Leave() {
	s.desk.with(func(st *state) {
		if !st.book.left && !st.over {
			st.book.left = true
			st.post(msgLeave, nil, nil)
		}
	})
}

// Limit lowers how many bytes of content this side sends in a second to n, if that is
// above 0 and less than it was.
func (s *Session) Limit(n int64) {
	s.desk.with(func(st *state) {
		st.turns.limit(n)
		st.lanes.wake()
	})
}

// Await waits until ready reports true, which is asked whenever there is news in the
// session; Stir makes some. It must return at once and call nothing of the session. The
// error is the session's, or ctx's.
func (s *Session) Await(ctx context.Context, ready func() bool) error {
	var err error
	waiting := s.desk.until(ctx, func(st *state) bool {
		err = st.err
		return err != nil || ready()
	})
	if waiting != nil {
		return waiting
	}
	return err
}

// Stir has those asked who wait in Await.
func (s *Session) Stir() {
	s.desk.with(func(st *state) { st.stirred = true })
}

// Fail ends the session with an error, the first of which counts, and which the peer is
// told of by End. When all is settled there is nothing that could fail.
func (s *Session) Fail(err error) {
	s.desk.with(func(st *state) { st.fail(err) })
}

// Failed is closed when the session has failed.
func (s *Session) Failed() (failed <-chan struct{}) {
	s.desk.with(func(st *state) { failed = st.failed })
	return failed
}

// Context ends when the session is shut down.
func (s *Session) Context() context.Context { return s.ctx }

// reason is what the peer is told of an error. What it said itself it isn't told.
func (s *Session) reason(err error) (why Reason, tell bool) {
	var theirs *PeerError
	if errors.As(err, &theirs) {
		return why, false
	}
	return s.cfg.Reason(err), true
}

// Call calls a function of the user's, one at a time with those of the Config.
func (s *Session) Call(f func()) { s.teller.call(f) }

// Connected reports whether the user was told of a path.
func (s *Session) Connected() (told bool) {
	s.desk.with(func(st *state) { told = st.telling.begun() })
	return told
}

// Met waits until the user was told of a path. The error is the session's, or ctx's.
func (s *Session) Met(ctx context.Context) error {
	var err error
	waiting := s.desk.until(ctx, func(st *state) bool {
		err = st.err
		return err != nil || st.telling.begun()
	})
	if waiting != nil {
		return waiting
	}
	return err
}

// Path returns the path that the user was told of last.
func (s *Session) Path() (p transit.Path) {
	s.desk.with(func(st *state) { p = st.telling.path })
	return p
}
