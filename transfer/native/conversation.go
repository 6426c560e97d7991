package native

import (
	"context"
	"errors"
	"io"
	"slices"
	"sync"

	"sesame/session"
	"sesame/transfer"
	"sesame/tree/manifest"
)

// A Conversation is a session over which trees and texts go both ways, any number of
// them, one after another or at once. Its methods may be called by several goroutines.
type Conversation struct {
	session *session.Session
	cfg     config
	packer  packer
	come    inbox
	moving  moving
}

// Begin begins a conversation with the peer on ch, both sides alike. ctx bounds the
// call only; whoever gets a Conversation calls Close. Errors are Send's.
//
// The channel must not be used by others meanwhile, nor serve a second conversation.
func Begin(ctx context.Context, ch transfer.Channel, how *Settings) (*Conversation, error) {
	c, err := begin(ctx, ch, nil, true, configFor(how))
	return c, blame(err)
}

// begin is Begin over lanes that the session closes, transit's if they are nil. Who
// takes nothing refuses what the other side offers.
func begin(ctx context.Context, ch transfer.Channel, ls session.Lanes, takes bool, cfg config) (*Conversation, error) {
	c := &Conversation{cfg: cfg}
	c.come.shut = !takes
	_, err := session.Begin(ctx, ch, func(s *session.Session) session.Host {
		c.session = s
		return host{c}
	}, &session.Config{
		Transit: cfg.Transit, Lanes: ls, Connected: cfg.Connected, Lost: cfg.Lost, Patience: cfg.Patience, Limit: max(cfg.Limit, 0),
		Reason: reasonFor, Logger: cfg.Logger,
	})
	if err != nil {
		return nil, err
	}
	return c, nil
}

// An Outgoing is a tree that has been offered.
type Outgoing struct {
	s    *sender
	l    *transfer.Listing
	over chan struct{}
	err  error // once over is closed
}

// Offer lists what there is now and offers that to the other side. It returns when the
// other side is told of it; Wait says what becomes of it. ctx bounds the call only.
func (c *Conversation) Offer(ctx context.Context, what Load) (*Outgoing, error) {
	l, err := what.Fix(ctx)
	if err != nil {
		return nil, err
	}
	cfg := c.cfg
	cfg.ID, cfg.NoCompress, cfg.stream = what.ID, what.NoCompress, l.Stream
	cfg.put = what.Put
	cfg.named = what.Named
	return c.send(ctx, l, cfg)
}

// send is Offer for what is listed, which it closes in the end.
func (c *Conversation) send(ctx context.Context, l *transfer.Listing, cfg config) (*Outgoing, error) {
	s, err := newSender(c, l.Manifest, l.Files, cfg)
	if err == nil {
		err = s.open(ctx)
	}
	if err != nil {
		l.Close()
		return nil, blame(err)
	}
	out := &Outgoing{s: s, l: l, over: make(chan struct{})}
	go func() {
		defer close(out.over)
		defer l.Close()
		if out.err = s.tell(c.session.Context()); out.err == nil {
			out.err = s.run(c.session.Context())
		}
		if !errors.Is(out.err, errSettled) {
			s.x.Drop(reasonFor(out.err))
		}
		<-s.x.Ended()
		s.end()
	}()
	return out, nil
}

// Wait returns when everything is in place at the other side, but for what the Report
// says, or when the offer has ended otherwise. Errors are Send's, or ctx's, which ends
// the wait only.
func (o *Outgoing) Wait(ctx context.Context) (*transfer.Report, error) {
	select {
	case <-o.over:
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
	rep, err := o.s.outcome(o.err)
	if err != nil {
		return nil, wrap("send", err)
	}
	rep.Skipped, rep.Grown = o.l.Manifest.Skipped, o.l.Grown(rep.Failed)
	return rep, nil
}

// Drop takes the offer back, and tells the other side why.
func (o *Outgoing) Drop(why transfer.Reason) { o.s.x.Drop(theirs(why)) }

// Say says a text, and returns when the other side has shown it. CheckText says which
// texts are refused.
func (c *Conversation) Say(ctx context.Context, text string) error {
	return blame(c.session.Say(ctx, text))
}

// Next returns what the other side offers next: a tree, or a text, which it learns has
// been shown when it is accepted; nothing else is offered before. The error is io.EOF
// when the other side has left, ctx's, or why the conversation has ended.
func (c *Conversation) Next(ctx context.Context) (*transfer.Offer, error) {
	a, err := c.next(ctx)
	switch {
	case err == io.EOF:
		return nil, err
	case err != nil:
		return nil, blame(err)
	case a.text != nil:
		return transfer.NewText(a.text.text, a.text), nil
	}
	p, err := a.tree.treeOffer(ctx, false)
	if err != nil {
		return nil, blame(err)
	}
	return transfer.NewListed(p.as, p), nil
}

func (c *Conversation) next(ctx context.Context) (a arrival, err error) {
	var some, left bool
	err = c.session.Await(ctx, func() bool {
		a, some, left = c.come.take()
		return some || left && !c.moving.listing()
	})
	if err == nil && !some {
		err = io.EOF
	}
	if err == nil { // who is asked about the offer knows the path
		err = c.session.Met(ctx)
	}
	return a, err
}

// Close tells the other side that this one offers nothing more, waits until what is
// unsettled is settled, and ends the conversation. The error is what ended it before,
// or ctx's.
func (c *Conversation) Close(ctx context.Context) error {
	defer c.packer.close()
	c.refuse()
	return blame(c.session.Close(ctx))
}

// finish ends a conversation that was about one exchange only, with the error that
// ended that. It returns what became of the exchange.
func (c *Conversation) finish(x *session.Exchange, err error) error {
	defer c.packer.close()
	c.refuse()
	if x != nil && settled(x) {
		c.session.Close(context.Background()) // it takes some seconds at most
		return x.Err()
	}
	c.session.Fail(err)
	if over := c.session.End(); over != nil || x == nil {
		return over
	}
	return x.Err()
}

// settled reports whether an exchange has ended, and not with its session.
func settled(x *session.Exchange) bool {
	select {
	case <-x.Ended():
	default:
		return false
	}
	var dropped *session.DropError
	err := x.Err()
	return err == nil || errors.As(err, &dropped)
}

// host is a Conversation as its session sees it.
type host struct{ c *Conversation }

// Opened is session.Host's.
func (h host) Opened(x *session.Exchange, kind string) session.Handler {
	if kind != "" {
		return nil
	}
	r := newReceiver(h.c, x)
	if h.c.come.closed() {
		r.refuse()
	}
	return r
}

// Heard is session.Host's.
func (h host) Heard(ctx context.Context, text string) error {
	if h.c.come.closed() {
		return &transfer.Rejection{Reason: transfer.Because(transfer.ReasonLeaving).Saying("nothing is received there")}
	}
	t := &textOffer{c: h.c, text: text, answer: make(chan error, 1)}
	h.c.arrived(arrival{text: t})
	select {
	case err := <-t.answer:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Left is session.Host's.
func (h host) Left() { h.c.come.leave() }

// Tick is session.Host's.
func (h host) Tick() {
	for _, m := range h.c.moving.all() {
		m.tick(false)
	}
}

// arrived puts something in line for Next.
func (c *Conversation) arrived(a arrival) {
	c.come.put(a)
	c.session.Stir()
}

// refuse has nothing more offered: what wasn't accepted by now is dropped.
func (c *Conversation) refuse() {
	c.come.close()
	for _, m := range c.moving.all() {
		if r, ok := m.(*receiver); ok && r.dst.Load() == nil {
			r.refuse()
		}
	}
}

// An arrival is what the other side offers: a tree or a text.
type arrival struct {
	tree *receiver
	text *textOffer
}

// An inbox has what wasn't looked at yet. It may be used by several goroutines.
type inbox struct {
	mu   sync.Mutex
	line []arrival
	left bool // the other side has
	shut bool // nobody looks any more
}

func (b *inbox) put(a arrival) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.line = append(b.line, a)
}

func (b *inbox) leave() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.left = true
}

func (b *inbox) close() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.shut = true
}

func (b *inbox) closed() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.shut
}

func (b *inbox) take() (next arrival, some, left bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.line) == 0 {
		return next, false, b.left
	}
	next, b.line = b.line[0], b.line[1:]
	return next, true, b.left
}

// A mover is a tree on its way, which tells the user how far it is.
type mover interface{ tick(last bool) }

// moving are those of a conversation, and how much the other side lists in all of its
// own. It may be used by several goroutines.
type moving struct {
	mu      sync.Mutex
	movers  []mover
	entries int
}

func (m *moving) all() []mover {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.movers)
}

// listing reports whether the other side hasn't listed all yet of something it offers.
func (m *moving) listing() bool {
	return slices.ContainsFunc(m.all(), func(x mover) bool {
		r, ok := x.(*receiver)
		return ok && !r.x.Over() && !r.tally.is().listed
	})
}

func (m *moving) add(x mover) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.movers = append(m.movers, x)
}

// remove forgets a mover, which counted for so many entries.
func (m *moving) remove(x mover, entries int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.movers = slices.DeleteFunc(m.movers, func(o mover) bool { return o == x })
	m.entries -= entries
}

// count notes more entries, and reports whether there are not too many.
func (m *moving) count(more int) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.entries += more
	return m.entries <= manifest.MaxEntries
}
