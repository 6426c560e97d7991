package native

import (
	"errors"
	"io/fs"
	"time"

	"sesame/transfer"
	"sesame/tree/manifest"
)

// frame takes acknowledgements.
func (s *sender) frame(c *carrier, f *frame) error {
	if f.kind != kindAck {
		return brokenf("frame of kind %d from a receiver", f.kind)
	}
	var whole []int32
	settled := 0
	s.mu.Lock()
	err := c.flight.ack(f.n, time.Now(), func(pieces []piece, cost int64) {
		whole = s.sched.settle(pieces, cost, whole)
		settled += len(pieces)
		s.feed.settle(pieces)
	})
	if settled > 0 { // a sign of life is none
		s.watch.progress()
	}
	if c.flight.arrived > firstFlight {
		c.lane.Carried()
	}
	for _, i := range whole {
		s.finish(i)
	}
	s.wakeAll()
	s.cond.Broadcast()
	s.mu.Unlock()
	return err
}

// finish checks a large file after its last byte has arrived. mu is held, and
// released meanwhile.
func (s *sender) finish(i int32) {
	a := s.sched.active[i]
	if a == nil {
		return
	}
	s.mu.Unlock()
	err := a.file.check(&s.open, s.src, int(i))
	s.mu.Lock()
	if err != nil {
		s.giveUpLocked(int(i), err)
	}
	s.sched.retire(i)
	a.file.close(&s.open)
}

// giveUp notes that entry i can't be sent.
func (s *sender) giveUp(i int, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.giveUpLocked(i, err)
}

func (s *sender) giveUpLocked(i int, err error) {
	news, a := s.sched.fail(i)
	if a != nil {
		a.file.close(&s.open)
	}
	if !news {
		return
	}
	s.cfg.Logger.Info("entry can't be sent", "entry", i, "error", err)
	code := transfer.ReasonUnreadable
	why := ownReason(err)
	if why.Changed() {
		code = transfer.ReasonChanged
	}
	s.failing = append(s.failing, failure{i, transfer.Because(code)})
	s.failures = append(s.failures, transfer.Failure{Path: s.m.Entries[i].Path, Why: why})
	s.wakeAll()
	s.cond.Broadcast()
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
