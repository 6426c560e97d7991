package transit

import (
	"errors"
	"net"
	"os"
	"time"
)

// Who has seen the sender's line can repeat it, with "go" behind it, and be quicker
// than the sender (doc/transit.md §3.3). What it can't do is seal a record. So a
// receiver goes on with its search until the first record has come, and takes the
// connection on which that is.

// Limits of a vote.
const (
	maxVotes  = 32              // connections of which the first record is awaited
	maxRival  = 1 << 20         // bytes of a first record on any but the first of them
	votePause = 3 * time.Second // for another one, when all have failed
)

// A vote is what a receiver's Conn needs to change its connection. Others belongs to
// the Conn's standing.
type vote struct {
	come   chan *candidate // on which the sender said go as well; closed when none will
	over   chan struct{}   // closed when it is clear which one is used
	end    func()          // ends the search
	adopt  func(*candidate) *link
	others []*link // whose first record is awaited besides
}

// A ballot is what came of waiting for a first record.
type ballot struct {
	l      *link
	record []byte
	err    error
}

// commit makes the link in use the one, and ends the search.
func (c *Conn) commit() *link {
	c.mu.Lock()
	l, v := c.link, c.vote
	c.standing.decide(v, l)
	c.mu.Unlock()
	if v != nil {
		v.end()
	}
	return l
}

// decide makes l the link in use, for good, and drops the others.
func (s *standing) decide(v *vote, l *link) {
	if v == nil || s.vote != v {
		return
	}
	if s.link != l {
		s.link.s.raw.Close()
	}
	for _, other := range v.others {
		if other != l {
			other.s.raw.Close()
		}
	}
	s.link, s.vote = l, nil
	close(v.over)
}

// settle reads the first record of all links on which the sender said go, as they
// come, and returns the first that is one. If there is none the error is that of the
// connection that was chosen first.
func (c *Conn) settle(v *vote) ([]byte, error) {
	results := make(chan ballot, maxVotes) // none of the readers waits
	read := func(l *link) {
		p, err := l.r.ReadRecord()
		results <- ballot{l, p, err}
	}
	first, _ := c.current()
	go read(first)
	var failed error // on first
	var patience <-chan time.Time
	come, tried, waiting := v.come, 1, 1
	for waiting > 0 || come != nil && !final(failed) {
		select {
		case other, ok := <-come:
			switch {
			case !ok:
				come = nil
			case tried < maxVotes && c.try(v, other, read):
				tried, waiting = tried+1, waiting+1
			default:
				other.Close()
			}
		case b := <-results:
			waiting--
			if b.err == nil && c.elect(v, b.l) {
				return b.record, nil
			}
			if b.l == first {
				failed = b.err
			}
			patience = time.After(votePause)
		case <-patience:
			if patience = nil; waiting == 0 {
				come = nil
			}
		case <-v.over: // somebody has written, or closed, and so chosen the first
			for failed == nil {
				if b := <-results; b.l == first {
					return b.record, b.err
				}
			}
			return nil, failed
		}
	}
	c.commit()
	return nil, failed
}

// final reports whether an error is that of a time that has passed, so that nobody
// else need be waited for.
func final(err error) bool {
	return errors.Is(err, os.ErrDeadlineExceeded) || errors.Is(err, net.ErrClosed)
}

// try has the first record of one more connection read. It reports false if there is
// no vote any more.
func (c *Conn) try(v *vote, other *candidate, read func(*link)) bool {
	l := v.adopt(other)
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.vote != v {
		return false
	}
	l.s.setIdle(c.idle, c.idle)
	v.others = append(v.others, l)
	go read(l)
	return true
}

// elect goes on with the link on which a first record came. It reports false if
// another one has been written on meanwhile.
func (c *Conn) elect(v *vote, l *link) bool {
	c.mu.Lock()
	c.standing.decide(v, l)
	elected := c.link == l
	c.mu.Unlock()
	v.end()
	return elected
}

// contend lets c change to other connections on which the sender says go, as long as
// the search goes on. It is called before c is used.
func (c *Conn) contend(f *first) {
	v := &vote{come: make(chan *candidate), over: make(chan struct{}), end: func() { f.e.Close() }}
	v.adopt = func(other *candidate) *link {
		return newLink(other.Conn, other.described(), f.e.key, f.e.role, maxRival)
	}
	c.vote = v
	f.e.work.running.Go(func() { f.follow(v) })
}

// follow goes on with the search, and hands over what else the sender chooses.
func (f *first) follow(v *vote) {
	defer close(v.come)
	defer f.refuse()
	for {
		f.end.goOn()
		c, err := f.run(f.e.work.ctx)
		if err != nil {
			return
		}
		select {
		case v.come <- c:
		case <-v.over:
			c.Close()
			return
		case <-f.e.work.ctx.Done():
			c.Close()
			return
		}
	}
}

// described returns the path of c with what is known of it now.
func (c *candidate) described() Path {
	p := c.path
	if !p.Kind.Relayed() { // else it is only the way to the relay
		p.RTT = tcpRTT(c.Conn)
	}
	return p
}
