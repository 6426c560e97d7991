package line

import (
	"net/netip"
	"time"
)

// This file sends what a machine has to say, in bursts that the system cuts into
// packets.

const (
	// maxBurst is how many packets leave by one call: 64 KiB of the largest.
	maxBurst = 44
	// fullPacket is the size from which on one may be followed by others in a burst.
	fullPacket = 200
	// doze is how short a wait may be that isn't ended by what comes: then packets are
	// sent anyway, and waking for each that comes would cost more.
	doze = 1500 * time.Microsecond
)

// A sender seals packets. It is used by the goroutine of its Conn alone.
type sender struct {
	peer uint32 // its ID
	keys *direction
	buf  []byte
	list []sealed
}

// A sealed packet is about to be, or is, in a sender's buffer.
type sealed struct {
	at int
	outgoing
}

// run sends, for as long as the connection lives.
func (c *Conn) run() {
	defer c.port.table.remove(c)
	defer close(c.over)
	defer c.wake()
	c.out.buf = make([]byte, maxBurst*largest)
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for {
		to, aside, wait, over := c.fill()
		if len(c.out.list) > 0 {
			c.out.send(c.port.socket, to, aside)
			continue
		}
		if over {
			return
		}
		if wait < doze {
			time.Sleep(wait)
			continue
		}
		timer.Reset(wait)
		select {
		case <-c.kick:
		case <-timer.C:
		}
	}
}

// fill puts a burst of packets into the sender's buffer, all but the last of the same
// size. It returns where they go, and if there are none how long to wait.
func (c *Conn) fill() (to, aside netip.AddrPort, wait time.Duration, over bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	s, o := &c.state, &c.out
	now := c.port.now()
	failed := s.machine.err != nil
	s.machine.tick(now)
	o.list = o.list[:0]
	ahead := time.Duration(0)
	for at := 0; len(o.list) < maxBurst; {
		p := s.machine.next(now, ahead, o.buf[at+headerSize:at+largest-tagSize])
		if p.n == 0 {
			break
		}
		ahead = s.machine.ctl.quantum(now)
		o.list = append(o.list, sealed{at, p})
		at += headerSize + p.n + tagSize
		if p.aside || p.n < fullPacket || p.n != o.list[0].n {
			break
		}
	}
	if s.machine.err != nil && !failed {
		c.changed.Broadcast()
	}
	s.asleep = max(s.machine.wake(now), now)
	return s.to, s.aside, s.asleep - now, s.machine.over()
}

// send seals what is in the buffer, and sends it.
func (o *sender) send(s *socket, to, aside netip.AddrPort) {
	end := 0
	for _, p := range o.list {
		end = p.at + len(o.keys.seal(o.buf[p.at:], o.peer, p.number, p.n))
	}
	first, last := o.list[0], o.list[len(o.list)-1]
	size := headerSize + first.n + tagSize
	switch {
	case last.aside:
		s.send(o.buf[:last.at], size, to)
		s.send(o.buf[last.at:end], end-last.at, aside)
	case last.n > first.n: // only the last of a burst may be of another size, and shorter
		s.send(o.buf[:last.at], size, to)
		s.send(o.buf[last.at:end], end-last.at, to)
	default:
		s.send(o.buf[:end], size, to)
	}
}
