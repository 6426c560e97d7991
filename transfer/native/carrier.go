package native

import (
	"errors"
	"fmt"
	"io"
	"sync/atomic"
	"time"

	"sesame/transfer"
	"sesame/transit/record"
)

var errSilent = errors.New("nothing arrives")

// A carrier is a lane in a session: one goroutine that writes to it and one that
// reads from it. The session's mu guards what isn't said to belong to one of them.
type carrier struct {
	s      *session
	lane   lane
	number int           // from 1 on, in this session
	up     time.Time     // when it came up
	wake   chan struct{} // of capacity 1
	gone   chan struct{} // closed when the lane is lost or closed
	dead   bool          // gone is closed
	retire bool          // takes no data any more: a better lane is there

	pingDue, pongDue bool
	pong             int64
	pulse            pulse
	gauge            gauge
	since            atomic.Int64 // when Read was called, Unix nanoseconds; 0 while a record is dealt with

	chosen choice // the sender's: what the writing goroutine is about to send
	flight flight // the sender's
	speed  speed  // the sender's

	taken int64     // the receiver's reading goroutine's: records that have been written
	acked time.Time // likewise: when that was said last
	reply []byte    // likewise: a buffer for acknowledgements
	spare []byte    // likewise: a buffer for what is unpacked; the sender's writing goroutine's to pack
}

// add takes a new lane into the session.
func (s *session) add(l lane) {
	c := &carrier{s: s, lane: l, up: time.Now(), wake: make(chan struct{}, 1), gone: make(chan struct{})}
	c.since.Store(c.up.UnixNano())
	c.pingDue = true // nothing is under way yet, so it tells how long the path is
	if d := l.Path().RTT; d > 0 {
		c.gauge.note(d)
	}
	s.mu.Lock()
	s.watch.laneUp(c.up)
	s.lastLane++
	c.number = s.lastLane
	s.carriers = append(s.carriers, c)
	s.ackDue = true // what went before may have been lost
	s.doubtLanes(time.Now())
	s.wg.Go(c.write)
	s.wg.Go(c.read)
	s.mu.Unlock()
	s.cfg.Logger.Info("lane up", "lane", c.number, "path", l.Path().Kind)
	s.noteNews()
}

func (c *carrier) wakeUp() {
	select {
	case c.wake <- struct{}{}:
	default:
	}
}

// waiting returns how long the lane has been read from without a result.
func (c *carrier) waiting(now time.Time) time.Duration {
	since := c.since.Load()
	if since == 0 {
		return 0
	}
	return now.Sub(time.Unix(0, since))
}

// allowance is how much longer than usual silence on the lane may last. The
// session's mu is held.
func (c *carrier) allowance(now time.Time, idle time.Duration) time.Duration {
	return allowance(c.gauge.recent(now, idle), c.s.inflow.crowded())
}

// end takes the lane out of the session and closes it. What it carried goes over
// others. Only the first call does something; io.EOF is no error.
func (c *carrier) end(err error) {
	s := c.s
	s.mu.Lock()
	if c.dead {
		s.mu.Unlock()
		return
	}
	c.dead = true
	close(c.gone)
	for i, other := range s.carriers {
		if other == c {
			s.carriers = append(s.carriers[:i:i], s.carriers[i+1:]...)
			break
		}
	}
	s.farewell = s.farewell || err == io.EOF
	s.out.lost(c.number)
	s.ackDue = s.ackDue || !s.over
	s.half.lost(c)
	s.wakeAll()
	if errors.Is(err, record.ErrDamaged) {
		if s.damaged++; s.damaged > maxDamaged {
			s.failLocked(fmt.Errorf("%d lanes in a row were tampered with: %w", s.damaged, err))
		}
	}
	alone := len(s.carriers) == 0 && !s.over && !s.settled
	s.rehint = s.rehint || alone
	p := c.path()
	s.cond.Broadcast()
	s.mu.Unlock()
	s.cfg.Logger.Info("lane down", "lane", c.number, "error", err)
	if alone {
		s.tellLost(p)
	}
	if err == errSilent {
		c.lane.Drop()
		return
	}
	c.lane.Close()
}

// read takes what the lane brings until it ends.
func (c *carrier) read() {
	for {
		c.since.Store(time.Now().UnixNano())
		typ, p, err := c.lane.Read()
		c.since.Store(0)
		if err == nil {
			err = c.take(typ, p)
		}
		if err != nil {
			var rule *transfer.ProtocolError
			if errors.As(err, &rule) {
				c.s.fail(err)
			}
			c.end(err)
			return
		}
	}
}

// take deals with one record. An error is the lane's; one that ends the session
// has been told to it.
func (c *carrier) take(typ byte, p []byte) error {
	c.s.came.Add(int64(len(p)))
	if len(p) >= leastRecord {
		c.lane.Carried()
	}
	if typ == record.Final {
		return io.EOF
	}
	if typ != recordPlain && typ != recordAsk {
		return brokenf("record of unknown type %d", typ)
	}
	for len(p) > 0 {
		f, rest, err := nextFrame(p)
		if err == nil {
			err = c.s.take(c, &f)
		}
		if err != nil {
			c.s.fail(err)
			return nil // the peer is to hear why
		}
		p = rest
	}
	return c.s.half.written(c, typ == recordAsk)
}

// write sends what there is to send until the lane ends.
func (c *carrier) write() {
	s := c.s
	buf := make([]byte, record.MaxPayload+record.Overhead)
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for {
		s.mu.Lock()
		if c.dead {
			s.mu.Unlock()
			return
		}
		b := buf[record.HeaderSize:record.HeaderSize]
		ready := s.half.ready(c)
		if ready {
			b = s.compose(c, b)
		}
		control, data, wait := len(b) > 0, false, time.Duration(0)
		typ := recordPlain
		if control {
			c.chosen.pieces = c.chosen.pieces[:0]
		} else if ready && !s.over {
			data, wait = s.half.next(c)
		}
		if (control || data) && s.half.flown(c, len(b)) {
			typ = recordAsk
		}
		s.mu.Unlock()

		if !control && !data {
			if wait <= 0 {
				wait = time.Hour
			}
			timer.Reset(wait)
			select {
			case <-c.wake:
			case <-timer.C:
			case <-c.gone:
				return
			}
			continue
		}
		if data {
			b = s.half.fill(c, b)
		}
		if err := c.lane.Write(typ, buf, len(b)); err != nil {
			c.end(err)
			return
		}
	}
}
