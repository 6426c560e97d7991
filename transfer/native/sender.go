package native

import (
	"context"
	"errors"
	"io/fs"
	"sync"

	"sesame/session"
	"sesame/transfer"
	"sesame/tree"
	"sesame/tree/manifest"
)

// A sender is one tree that is sent: an exchange of this side's. The goroutine in run
// takes it from its list to its end; what lanes and the peer do meanwhile is in types
// with locks of their own.
type sender struct {
	c    *Conversation
	x    *session.Exchange // set before anything is dealt with
	cfg  config
	list *manifest.Encoder
	filler
	compare comparer
	ending  ending

	// These belong to the goroutine that deals with messages.
	held     int // end of the last range of HELD
	skipped  int // the same of SKIP
	accepted bool

	told transfer.Progress // Tick's
}

// newSender prepares for sending m from src; files that arrive only in part are the
// caller's to close.
func newSender(c *Conversation, m *manifest.Manifest, src tree.Source, cfg config) (*sender, error) {
	stream := -1
	for i := range m.Entries {
		if m.Entries[i].Size != manifest.StreamSize {
			continue
		}
		if stream >= 0 || cfg.stream == nil {
			return nil, errors.New("a manifest may have one stream, and only if there is something to read it from")
		}
		stream = i
	}
	s := &sender{c: c, cfg: cfg, list: manifest.NewEncoder(m)}
	s.filler = filler{line: newLine(m.Entries, stream), m: m, src: src, packer: &c.packer, asIs: cfg.NoCompress, unread: s.unread}
	s.compare = comparer{s: s, next: -1, wholes: -1}
	return s, nil
}

// open opens the exchange.
func (s *sender) open(ctx context.Context) (err error) {
	typ, body := msgIdentity, s.cfg.ID[:]
	if s.cfg.ID == (tree.ID{}) {
		typ, body = msgPiece, s.list.Next(0)
	}
	if s.x, err = s.c.session.OpenContent(ctx, s, typ, body); err == nil {
		s.c.moving.add(s)
	}
	return err
}

// tell lists what there is.
func (s *sender) tell(ctx context.Context) error {
	enc := s.list
	for piece := enc.Next(0); piece != nil; piece = enc.Next(0) {
		if err := s.x.Post(ctx, msgPiece, piece); err != nil {
			return err
		}
	}
	return s.x.Post(ctx, msgListed, listed{len(s.m.Entries), s.m.Total(), s.m.Holes}.append(nil))
}

// run takes the transfer to its end, once everything has been listed.
func (s *sender) run(ctx context.Context) error {
	var running sync.WaitGroup
	defer running.Wait()
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	defer context.AfterFunc(s.c.session.Context(), func() { cancel(session.ErrLeft) })()
	if err := s.awaitAnswer(ctx); err != nil {
		return err
	}
	s.x.Carry(&s.filler)
	if s.feed != nil {
		go s.feedStream(ctx, s.cfg.stream)
	}
	running.Go(func() { s.compare.run(ctx) })
	for {
		var check, complete bool
		err := s.await(ctx, func() bool {
			check, complete = s.ready()
			return check || s.ending.failing() || complete && s.compare.idle()
		})
		if err != nil {
			return err
		}
		for _, i := range s.finished() {
			s.check(i)
		}
		if err := s.tellFailing(ctx); err != nil {
			return err
		}
		// Nothing fails any more when all is complete: it has been checked by then.
		if check, complete = s.ready(); complete && !check && !s.ending.failing() && s.compare.idle() {
			break
		}
	}
	s.ending.change(func(e *fate) { e.posted = true })
	if err := s.x.Post(ctx, msgSent, nil); err != nil {
		return err
	}
	return s.await(ctx, func() bool { return false })
}

// awaitAnswer waits until somebody wants what is offered. It lies before them when the
// list has been dealt with. What gets another name there is told the user as soon as it
// is known.
func (s *sender) awaitAnswer(ctx context.Context) error {
	accepted := func() bool { return s.ending.is().accepted }
	if s.cfg.put != nil {
		if err := s.x.Dealt(ctx, accepted); err != nil {
			return err
		}
		defer s.cfg.put()()
	}
	if err := s.await(ctx, func() bool { return accepted() || s.ending.is().names != nil }); err != nil {
		return err
	}
	if names := s.ending.is().names; names != nil {
		as, err := names.Apply(ctx, s.m)
		if err != nil {
			return err
		}
		if s.cfg.named != nil {
			s.c.session.Call(func() { s.cfg.named(as) })
		}
	}
	return s.await(ctx, accepted)
}

// await waits until ready reports true, or the exchange ends. That it has ended well is
// no error.
func (s *sender) await(ctx context.Context, ready func() bool) error {
	over := false
	err := s.c.session.Await(ctx, func() bool {
		over = s.x.Over()
		return over || ready()
	})
	if over {
		err = s.x.Err()
	}
	if err == nil && over {
		return errSettled
	}
	return err
}

// errSettled ends what runs when the exchange is settled.
var errSettled = errors.New("it is settled")

// check looks at a large file after its last byte has arrived.
func (s *sender) check(i int32) {
	a := s.activity(i)
	if a == nil {
		return
	}
	if err := a.file.check(&s.files, s.src, int(i)); err != nil {
		s.fail(int(i), err)
	}
	s.with(func(sched *schedule) { sched.retire(i) })
	a.file.close(&s.files)
}

// unread notes that what was chosen of entry i for a lane can't be read. If another lane
// has brought it meanwhile that doesn't matter.
func (s *sender) unread(f *session.Filling, i int, err error) {
	var news bool
	var a *activity
	f.Missing(func() { s.with(func(sched *schedule) { news, a = s.giveUp(sched, i, err) }) })
	s.failed(i, err, news, a)
}

// fail notes that entry i can't be sent.
func (s *sender) fail(i int, err error) {
	var news bool
	var a *activity
	s.with(func(sched *schedule) { news, a = s.giveUp(sched, i, err) })
	s.failed(i, err, news, a)
}

// giveUp notes in the schedule that entry i can't be sent, and that the other side has to be told if
// that is news. Both at once: all is sent when the schedule is complete, and there is nothing to be told.
func (s *sender) giveUp(sched *schedule, i int, err error) (news bool, a *activity) {
	if news, a = sched.fail(i); !news {
		return news, a
	}
	code := transfer.ReasonUnreadable
	why := ownReason(err)
	if why.Changed() {
		code = transfer.ReasonChanged
	}
	s.ending.change(func(e *fate) {
		e.failing = append(e.failing, failure{i, transfer.Because(code)})
		e.failures = append(e.failures, transfer.Failure{Path: s.m.Entries[i].Path, Why: why})
	})
	return news, a
}

// failed closes what entry i held open, and has the other side told if there is news.
func (s *sender) failed(i int, err error, news bool, a *activity) {
	if a != nil {
		a.file.close(&s.files)
	}
	if !news {
		return
	}
	s.c.cfg.Logger.Info("entry can't be sent", "entry", i, "error", err)
	s.c.session.Stir()
}

// ownReason says to the sender's user why a file could not be sent. The peer hears
// less of it.
func ownReason(err error) manifest.Reason {
	if how, changed := changedHow(err); changed {
		return how
	}
	var path *fs.PathError
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return manifest.Because(manifest.CauseGone)
	case errors.As(err, &path):
		err = path.Err // the path stands before it
	}
	return manifest.Because(manifest.CauseUnreadable).Saying(err.Error())
}

// tellFailing tells the receiver what has failed.
func (s *sender) tellFailing(ctx context.Context) error {
	var failing []failure
	s.ending.change(func(e *fate) { failing, e.failing = e.failing, nil })
	for _, f := range failing {
		if err := s.x.Post(ctx, msgFailed, f.append(nil)); err != nil {
			return err
		}
	}
	return nil
}

// end closes what is open, and tells the user how far it got.
func (s *sender) end() {
	s.filler.close()
	s.c.moving.remove(s, 0)
	s.tick(true)
}

// outcome is what has become of it, with the error that ended it.
func (s *sender) outcome(err error) (*transfer.Report, error) {
	now := s.ending.is()
	switch {
	case now.rejected != nil:
		return nil, now.rejected
	case now.finished:
		return s.report(), nil
	case err == nil, errors.Is(err, errSettled):
		err = session.ErrLeft
	}
	return nil, fromSession(err)
}

func (s *sender) report() *transfer.Report {
	rep := &transfer.Report{Failed: s.ending.is().failures, Path: s.c.session.Path()}
	s.with(func(sched *schedule) {
		rep.Resumed, rep.Bytes = sched.kept, sched.done
		rep.Declined, rep.DeclinedBytes = sched.declined, sched.declinedBytes
	})
	return rep
}

// tick calls the user's function if there is news, or at the end.
func (s *sender) tick(last bool) {
	var p transfer.Progress
	s.with(func(sched *schedule) {
		p = transfer.Progress{Done: sched.done, Total: sched.total}
		if sched.streams > 0 {
			p.Total = -1
		}
	})
	if s.c.cfg.Progress == nil || !s.ending.is().accepted || !s.c.session.Connected() {
		return
	}
	s.c.session.Call(func() {
		if p != s.told || last {
			s.told = p
			s.c.cfg.Progress(p)
		}
	})
}
