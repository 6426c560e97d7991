package line

import (
	"testing"
	"time"
)

// Fails if a peer that acknowledges all and always calls its window full is sent more
// than that, or packets without end, or has us keep ever more; or if it doesn't go on when
// the window opens at last.
func TestAlwaysFull(t *testing.T) {
	const room, step = 1 << 20, 20 * time.Millisecond
	m := newMachine(setting{now: 1, rtt: 10 * time.Millisecond, seed: 1})
	m.ctl.cwnd = 1 << 20
	buf, packets := make([]byte, largest), 0
	number, next, now := uint64(0), uint64(1), time.Duration(1)
	content := make([]byte, 1<<20)
	pass := func(long time.Duration, open uint64) {
		for end := now + long; now < end; now += step {
			m.write(content)
			m.tick(now)
			for m.next(now, 0, buf).n > 0 {
				packets++
			}
			for ; next < m.flight.next; next++ {
				if next >= m.flight.low && m.flight.record(next).flags&flagSkipped != 0 {
					continue
				}
				number++
				if _, err := m.handle(now, number, ackOf(ack{top: next, window: open}, 1, 0)); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	pass(10*time.Second, room)
	if m.out.sent != room {
		t.Errorf("%d bytes were sent", m.out.sent)
	}
	first := packets
	pass(time.Minute, room)
	if m.out.sent > room || m.out.held() > maxHeld || len(m.flight.sent) > 1<<11 {
		t.Errorf("%d bytes were sent, %d are held, records of %d packets", m.out.sent, m.out.held(), len(m.flight.sent))
	}
	if packets > first+120 {
		t.Errorf("%d packets in a minute in which nothing may be sent", packets-first)
	}
	pass(10*time.Second, room+1)
	m.handle(now, number+1, ackOf(ack{top: next - 1, window: 2 * room}, 1, 0))
	pass(10*time.Second, 2*room)
	if m.err != nil || m.out.sent <= room {
		t.Errorf("%d bytes when the window had opened, %v", m.out.sent, m.err)
	}
}
