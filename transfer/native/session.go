package native

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"sesame/transfer"
	"sesame/transit"
)

// A session is one side of a transfer while it lasts: it owns lanes, and
// outlives any of them. What the roles do with it is in half.
//
// mu guards everything below it, and what the half says it guards. cond is told
// whenever something changes that somebody may wait for.
type session struct {
	cfg    config
	ch     transfer.Channel
	lanes  lanes
	half   half
	ctx    context.Context // until the session is shut down
	cancel context.CancelFunc
	wg     sync.WaitGroup
	packer packer
	halted atomic.Bool             // over
	failed chan struct{}           // closed when err is set
	calls  sync.Mutex              // held while a function of cfg is called
	recent atomic.Pointer[carrier] // that brought content, or an acknowledgement of it
	came   atomic.Int64            // bytes in records, on all lanes

	measured chan struct{} // of capacity 1: there may be news of a path

	mu       sync.Mutex
	cond     *sync.Cond
	out      outbox
	in       inbox
	ackDue   bool // the peer doesn't know how much of in was dealt with
	carriers []*carrier
	lastLane int // number of the lane that came last, from 1 on
	err      error
	over     bool // failed, or ended: no data any more
	settled  bool // ended well, whatever happens yet
	farewell bool // the peer has ended a lane in an orderly way
	rehint   bool // the peer should get our addresses
	damaged  int  // lanes that brought damaged records
	watch    watch
	inflow   inflow
	telling  telling
}

// A half is what differs between sender and receiver. Frames and messages that
// the half doesn't expect are a *ProtocolError.
type half interface {
	// deal deals with a control message, in order. It may take its time.
	deal(typ message, body []byte) error
	// frame takes a frame that isn't the session's, in the goroutine that reads
	// from the lane.
	frame(c *carrier, f *frame) error
	// ready reports whether a record may go out on a lane; mu is held.
	ready(c *carrier) bool
	// room returns how long a record with control messages should be at most, 0
	// if none may go out on a lane now; mu is held.
	room(c *carrier) int
	// next chooses what goes out next on a lane; mu is held. ok is false if
	// there is nothing, and wait, if it isn't 0, says when there may be.
	next(c *carrier) (ok bool, wait time.Duration)
	// fill appends what next chose to b, without mu.
	fill(c *carrier, b []byte) []byte
	// flown notes that a record leaves, with n bytes besides what fill will
	// append, and reports whether it asks for an acknowledgement; mu is held.
	flown(c *carrier, n int) (ask bool)
	// written is called in the goroutine that reads from the lane, after each
	// record.
	written(c *carrier, ask bool) error
	// lost takes back what a lane carried; mu is held.
	lost(c *carrier)
	// owes reports whether the peer owes us an acknowledgement; mu is held.
	owes() bool
	// tick is called several times a second.
	tick(now time.Time)
	// mailDone takes a receiver's DONE that came by mailbox.
	mailDone(lost []failure) error
}

func newSession(ctx context.Context, ch transfer.Channel, ls lanes, cfg config) *session {
	s := &session{cfg: cfg, ch: ch, lanes: ls, measured: make(chan struct{}, 1), failed: make(chan struct{})}
	s.cond = sync.NewCond(&s.mu)
	// The session ends in its own way when ctx does: the peer is told.
	s.ctx, s.cancel = context.WithCancel(context.WithoutCancel(ctx))
	return s
}

// introduce exchanges the first mailbox messages and lets the lanes begin.
func (s *session) introduce(ctx context.Context, offer *mailOffer) (*mail, error) {
	ways := s.cfg.Transit.Abilities()
	msg, err := (&mail{Hints: nonNil(s.lanes.Hints()), Ways: ways, Offer: offer}).encode()
	if err != nil {
		return nil, err
	}
	if err := s.ch.Send(ctx, msg); err != nil {
		return nil, err
	}
	theirs, err := s.ch.Receive(ctx)
	if err != nil {
		return nil, err
	}
	m, err := firstMail(theirs)
	if err != nil {
		return nil, err
	}
	if !transit.CanMeet(ways, m.Ways) {
		return nil, transfer.ErrNoWay // the other side sees the same
	}
	s.lanes.Start(s.ch.Key, m.Hints)
	return m, nil
}

func nonNil(h []transit.Hint) []transit.Hint {
	if h == nil {
		return []transit.Hint{}
	}
	return h
}

// start starts the session's goroutines. They end with shutdown.
func (s *session) start() {
	s.watch.patience = s.cfg.Patience
	s.wg.Go(s.accept)
	s.wg.Go(s.readMail)
	s.wg.Go(s.writeMail)
	s.wg.Go(s.watchNetwork)
	s.wg.Go(s.dealAll)
	s.wg.Go(s.observe)
}

// accept takes each lane that comes up.
func (s *session) accept() {
	for {
		l, err := s.lanes.Next(s.ctx)
		if err != nil {
			if s.ctx.Err() == nil {
				s.fail(err)
			}
			return
		}
		s.add(l)
	}
}

// fail ends the session with an error, the first of which counts. The peer
// learns of it during shutdown.
func (s *session) fail(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.failLocked(err)
}

func (s *session) failLocked(err error) {
	if s.over || s.settled || err == nil {
		return
	}
	s.err, s.over = err, true
	close(s.failed)
	s.halted.Store(true)
	var theirs *transfer.PeerError
	if !errors.As(err, &theirs) && !errors.Is(err, transfer.ErrRejected) {
		s.out.add(msgAbort, appendReason(nil, reasonFor(err)))
		s.wakeAll()
	}
	s.cond.Broadcast()
}

// post puts a control message in line, once there is room for it.
func (s *session) post(ctx context.Context, typ message, body []byte) error {
	return s.await(ctx, func() bool {
		if !s.out.room() {
			return false
		}
		s.postLocked(typ, body)
		return true
	})
}

// postLocked is post for messages that are too few to need a window. mu is held.
func (s *session) postLocked(typ message, body []byte) {
	s.out.add(typ, body)
	s.wakeAll()
}

// await waits until ready, called with mu held, reports true. It ends early with
// the session's error or, making that the session's error, with ctx's.
func (s *session) await(ctx context.Context, ready func() bool) error {
	stop := context.AfterFunc(ctx, func() { s.fail(context.Cause(ctx)) })
	defer stop()
	s.mu.Lock()
	defer s.mu.Unlock()
	for {
		if s.err != nil {
			return s.err
		}
		if ready() {
			return nil
		}
		s.cond.Wait()
	}
}

// wakeAll makes every lane look for something to send. mu is held.
func (s *session) wakeAll() {
	for _, c := range s.carriers {
		c.wakeUp()
	}
}

// dealAll deals with the peer's control messages, one after another.
func (s *session) dealAll() {
	for {
		var m incoming
		s.mu.Lock()
		for {
			var ok bool
			if m, ok = s.in.take(); ok && !s.over || s.ctx.Err() != nil {
				break
			}
			s.cond.Wait()
		}
		s.mu.Unlock()
		if s.ctx.Err() != nil {
			return
		}
		err := s.half.deal(m.typ, m.body)
		s.mu.Lock()
		if err != nil {
			s.failLocked(err)
		}
		s.in.done()
		s.ackDue = true
		s.wakeAll()
		s.cond.Broadcast()
		s.mu.Unlock()
	}
}

// take handles the frames that both halves have, and passes the others on.
func (s *session) take(c *carrier, f *frame) error {
	switch f.kind {
	case kindControl:
		if f.typ == msgAbort {
			why, err := parseAbort(f.body)
			if err == nil {
				err = &transfer.PeerError{Reason: why}
			}
			return err
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		s.ackDue = s.ackDue || f.n < s.in.dealt // it hasn't heard
		fresh, err := s.in.add(f.n, f.typ, f.body)
		if fresh {
			s.cond.Broadcast()
		}
		if s.ackDue {
			c.wakeUp()
		}
		return err
	case kindControlAck:
		s.mu.Lock()
		defer s.mu.Unlock()
		before := s.out.acked
		err := s.out.ack(f.n)
		if s.out.acked > before {
			s.watch.progress()
			s.cond.Broadcast()
		}
		return err
	case kindPing:
		s.mu.Lock()
		defer s.mu.Unlock()
		c.pong, c.pongDue = f.n, true
		c.wakeUp()
		return nil
	case kindPong:
		s.mu.Lock()
		defer s.mu.Unlock()
		c.gauge.pong(f.n, time.Now())
		s.noteNews()
		return nil
	}
	s.recent.Store(c)
	return s.half.frame(c, f)
}

// call calls a function of the user's, one at a time.
func (s *session) call(f func()) {
	s.calls.Lock()
	defer s.calls.Unlock()
	f()
}

// compose appends to b what is due on a lane besides data. mu is held.
func (s *session) compose(c *carrier, b []byte) []byte {
	if c.pongDue {
		b, c.pongDue = appendNumber(b, kindPong, c.pong), false
	}
	if c.pingDue {
		b, c.pingDue = appendNumber(b, kindPing, c.gauge.ping(time.Now())), false
	}
	if s.ackDue {
		b, s.ackDue = appendNumber(b, kindControlAck, s.in.dealt), false
	}
	if room := s.half.room(c); room > 0 {
		b = s.out.appendTo(b, c.number, room)
	}
	return b
}
