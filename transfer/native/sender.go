package native

import (
	"context"
	"errors"
	"math"
	"slices"
	"time"

	"sesame/transfer"
	"sesame/tree"
	"sesame/tree/manifest"
)

// A sender is the half that reads. The session's mu guards what follows m.
type sender struct {
	*session
	m      *manifest.Manifest
	src    tree.Source
	open   openFiles
	resume resuming // belongs to the goroutine that deals with messages
	wholes int      // the last entry that WHOLE was about; belongs to it, too

	sched    *schedule
	feed     *feed  // of the stream, nil if there is none
	growth   growth // of the stream; guards itself
	bucket   bucket
	accepted bool
	owing    bool      // an answer to hashes: nothing may be said to be complete before
	posted   bool      // SENT is on its way
	finished bool      // DONE has come
	held     int       // end of the last range of HELD
	skipped  int       // the same of SKIP
	failing  []failure // to be told, when there is room
	failures []transfer.Failure
	told     transfer.Progress
}

// A choice is what a lane's writing goroutine is about to send.
type choice struct {
	pieces []piece
}

// send runs a session over ls, which it closes.
func send(ctx context.Context, ch transfer.Channel, m *manifest.Manifest, src tree.Source, ls lanes, cfg config) (*transfer.Report, error) {
	s := &sender{session: newSession(ctx, ch, ls, cfg), m: m, src: src, sched: newSchedule(m.Entries)}
	s.half = s
	s.resume.next, s.wholes = -1, -1
	if err := s.findStream(); err != nil {
		ls.Close()
		s.cancel()
		return nil, err
	}
	if _, err := s.introduce(ctx, &mailOffer{len(m.Entries), m.Total()}); err != nil {
		s.cancel()
		ls.Close()
		return nil, err
	}
	s.start()
	s.fail(s.run(ctx))
	err := s.shutdown()
	s.closeFiles()
	s.report(true)
	if err != nil {
		return nil, err
	}
	return &transfer.Report{
		Failed: s.failures, Resumed: s.sched.kept, Bytes: s.sched.done, Path: s.telling.path,
		Declined: s.sched.declined, DeclinedBytes: s.sched.declinedBytes,
	}, nil
}

// findStream prepares for the entry without a size.
func (s *sender) findStream() error {
	for i := range s.m.Entries {
		if s.m.Entries[i].Size != manifest.StreamSize {
			continue
		}
		if s.feed != nil || s.cfg.stream == nil {
			return errors.New("a manifest may have one stream, and only if there is something to read it from")
		}
		s.feed = &feed{index: i}
	}
	return nil
}

// run takes the transfer from the manifest to its end.
func (s *sender) run(ctx context.Context) error {
	if s.cfg.ID != (tree.ID{}) {
		if err := s.post(ctx, msgIdentity, s.cfg.ID[:]); err != nil {
			return err
		}
	}
	enc := manifest.NewEncoder(s.m)
	for piece := enc.Next(0); piece != nil; piece = enc.Next(0) {
		if err := s.post(ctx, msgPiece, piece); err != nil {
			return err
		}
	}
	if err := s.post(ctx, msgListed, listed{len(s.m.Entries), s.m.Total(), s.m.Holes}.append(nil)); err != nil {
		return err
	}
	if err := s.await(ctx, func() bool { return s.accepted }); err != nil {
		return err
	}
	if s.feed != nil {
		go s.feedStream(s.cfg.stream)
	}
	err := s.await(ctx, func() bool {
		s.posted = len(s.failing) == 0 && !s.owing && s.sched.complete() && s.out.room()
		if s.posted {
			s.postLocked(msgSent, nil)
		}
		return s.posted
	})
	if err != nil {
		return err
	}
	return s.await(ctx, func() bool { return s.finished })
}

// closeFiles closes what an early end left open.
func (s *sender) closeFiles() {
	for _, a := range s.sched.active {
		a.file.close(&s.open)
	}
}

func (s *sender) deal(typ message, body []byte) error {
	switch typ {
	case msgHeld:
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.accepted {
			return broken("holds something after it accepted")
		}
		var err error
		s.held, err = parseRanges(msgHeld, body, s.held, len(s.m.Entries), s.sched.hold)
		return err
	case msgAccept:
		return s.dealAccept(body)
	case msgReject:
		r := reader{rest: body}
		why := r.reason()
		if r.failed {
			return nonsense(msgReject)
		}
		return &transfer.Rejection{Reason: why}
	case msgHave:
		return s.answer(body, s.dealHave)
	case msgDone:
		return s.dealDone(body)
	case msgSkip:
		return s.dealSkip(body)
	case msgWhole:
		return s.answer(body, s.dealWhole)
	}
	return brokenf("%v from a receiver", typ)
}

func (s *sender) dealAccept(body []byte) error {
	a, err := parseAcceptance(body)
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case err != nil:
		return err
	case s.accepted:
		return broken("accepts twice")
	case a.ordered && s.sched.held > 0:
		return broken("holds something of what it passes on")
	}
	s.accepted = true
	s.sched.ordered = a.ordered
	s.bucket.rate = s.cfg.Limit
	if a.limit > 0 && (a.limit < s.cfg.Limit || s.cfg.Limit <= 0) {
		s.bucket.rate = a.limit
	}
	s.wakeAll()
	return nil
}

func (s *sender) dealDone(body []byte) error {
	lost, err := parseDone(body, len(s.m.Entries))
	if err != nil {
		return err
	}
	return s.end(lost)
}

// end takes the receiver's word that everything is in place but what is lost.
func (s *sender) end(lost []failure) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.finished:
		return broken("DONE twice")
	case !s.posted:
		return broken("DONE before SENT")
	}
	for _, f := range lost {
		s.failures = append(s.failures, transfer.Failure{Path: s.m.Entries[f.index].Path, Why: f.reason.Entry(), There: true})
	}
	s.finished, s.settled = true, true
	return nil
}

func (s *sender) mailDone(lost []failure) error {
	for _, f := range lost {
		if f.index >= len(s.m.Entries) {
			return broken("mailbox message makes no sense")
		}
	}
	err := s.end(lost)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.cond.Broadcast()
	return err
}

// ready reports whether the lane's flight has room for another record, which
// acknowledgements are counted by.
func (s *sender) ready(c *carrier) bool { return c.flight.n < maxRecords }

func (s *sender) room(c *carrier) int {
	if c.flight.full(c.gauge.least) {
		return 0
	}
	return int(c.flight.window.record())
}

// next chooses data for a lane.
func (s *sender) next(c *carrier) (bool, time.Duration) {
	if !s.accepted || s.flushFailing(c) {
		return false, 0
	}
	c.chosen.pieces = c.chosen.pieces[:0]
	if c.retire || c.flight.full(c.gauge.least) || s.sched.full() {
		return c.flight.quiet > 0, 0
	}
	if wait := s.bucket.wait(time.Now()); wait > 0 {
		return c.flight.quiet > 0, wait
	}
	if _, more := s.sched.peek(); !more && s.feed != nil {
		s.promote()
	}
	c.chosen.pieces = s.sched.take(c.chosen.pieces, min(s.bucket.chunk(), c.flight.window.record()), s.lowest)
	s.bucket.take(cost(c.chosen.pieces))
	// Without pieces the record only asks for an acknowledgement.
	return len(c.chosen.pieces) > 0 || c.flight.quiet > 0, 0
}

// flushFailing tells the receiver what failed, as far as there is room.
func (s *sender) flushFailing(c *carrier) bool {
	if len(s.failing) == 0 || !s.out.room() {
		return false
	}
	for len(s.failing) > 0 && s.out.room() {
		s.out.add(msgFailed, s.failing[0].append(nil))
		s.failing = s.failing[1:]
	}
	s.cond.Broadcast()
	c.wakeUp()
	return true
}

// lowest returns the lowest offset in flight.
func (s *sender) lowest() int64 {
	low := int64(math.MaxInt64)
	for _, c := range s.carriers {
		c.flight.each(func(p piece) { low = min(low, p.off) })
	}
	return low
}

func (s *sender) flown(c *carrier, n int) bool {
	_, more := s.sched.peek()
	idle := !more || len(c.chosen.pieces) == 0 || s.sched.full() || s.bucket.rate > 0
	ask := c.flight.push(c.chosen.pieces, idle, time.Now())
	c.flight.grow(n)
	return ask
}

func (s *sender) written(*carrier, bool) error { return nil }

func (s *sender) lost(c *carrier) {
	c.flight.clear(s.sched.lost)
	s.sched.order()
}

func (s *sender) owes() bool {
	_, more := s.sched.peek()
	return s.accepted && (s.sched.flying > 0 || more && s.bucket.rate == 0)
}

// tick measures, retires lanes that better ones have replaced, and reports.
func (s *sender) tick(now time.Time) {
	s.mu.Lock()
	_, more := s.sched.peek()
	for _, c := range s.carriers {
		c.speed.look(now, c.flight.arrived, more && s.bucket.rate == 0)
	}
	s.retireWorse()
	if !more {
		s.recall(now)
	}
	s.mu.Unlock()
	s.report(false)
}

// retireWorse ends lanes that are of no use beside a better one.
func (s *sender) retireWorse() {
	for _, c := range s.carriers {
		if !slices.ContainsFunc(s.carriers, func(o *carrier) bool { return c.lane.Path().Worse(o.lane.Path()) }) {
			continue
		}
		if !c.retire {
			c.retire = true
			c.wakeUp()
		} else { // it had a moment to bring home what was under way
			s.wg.Go(func() { c.end(errBetter) })
		}
	}
}

var errBetter = errors.New("a better path is there")

// report calls the user's function if there is news, or at the end.
func (s *sender) report(last bool) {
	s.mu.Lock()
	p := transfer.Progress{Done: s.sched.done, Total: s.sched.total}
	if s.sched.streams > 0 {
		p.Total = -1
	}
	news := (p != s.told || last) && s.accepted && s.telling.begun()
	s.told = p
	s.mu.Unlock()
	if news && s.cfg.Progress != nil {
		s.call(func() { s.cfg.Progress(p) })
	}
}
