package line

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"testing"
	"time"
)

// crossing sends content over a world, and returns the link, what has come, and whether
// both the end was read and the sender knows it.
func crossing(w *world, seed uint64, content []byte) (l *link, got []byte, complete bool) {
	left, eof := content, false
	buf := make([]byte, 1<<16)
	l = w.join(seed, func(l *link, i int) {
		if i == 0 {
			if left = left[l.ends[0].write(left):]; len(left) == 0 {
				l.ends[0].finish()
			}
			return
		}
		for {
			n, err := l.ends[1].read(buf)
			got = append(got, buf[:n]...)
			if eof = eof || err == io.EOF; n == 0 {
				return
			}
		}
	})
	w.run(func() bool { return eof && l.ends[0].flushed() || l.fail != nil })
	return l, got, eof && l.ends[0].flushed()
}

// Fails if bytes don't arrive whole and in order over a line that loses, doubles and
// reorders packets.
func TestStream(t *testing.T) {
	for seed := range uint64(20) {
		w := newWorld(seed, world{rate: 20e6, rtt: 30 * time.Millisecond, jitter: 14 * time.Millisecond, loss: 0.05, twice: 0.05, queue: 30000, end: time.Minute})
		content := random(2<<20, seed)
		l, got, complete := crossing(w, seed, content)
		if !complete || !bytes.Equal(got, content) {
			t.Fatalf("seed %d: %d of %d bytes, complete %v, %v", seed, len(got), len(content), complete, l.fail)
		}
	}
}

// Fails if packets don't get as large as the line carries them, if a connection stands
// still where large ones vanish from one moment on, or if larger ones are sent where
// they would be cut.
func TestSizes(t *testing.T) {
	for name, c := range map[string]struct {
		most func(now time.Duration) int // what passes
		want int
	}{
		"Ethernet":     {func(time.Duration) int { return 1500 }, largest},
		"a tunnel":     {func(time.Duration) int { return 1420 }, middle},
		"the smallest": {func(time.Duration) int { return smallest + ipSize }, smallest},
		"large ones vanish in the middle": {func(now time.Duration) int {
			if now > time.Second {
				return 1300
			}
			return 1500
		}, smallest},
	} {
		w := newWorld(1, world{rate: 20e6, rtt: 40 * time.Millisecond, loss: 0.01, end: 20 * time.Second})
		w.carves = func(now time.Duration, size int) bool { return size > c.most(now) }
		content := random(8<<20, 1)
		begun := w.now
		l, got, complete := crossing(w, 1, content)
		if !complete || !bytes.Equal(got, content) {
			t.Errorf("%s: %d of %d bytes, %v", name, len(got), len(content), l.fail)
		}
		if size := l.ends[0].sizer.size; size != c.want {
			t.Errorf("%s: packets of %d bytes, want %d", name, size, c.want)
		}
		if took := w.now - begun; took > 6*time.Second {
			t.Errorf("%s: it took %v", name, took)
		}
	}
	w := newWorld(1, world{rate: 20e6, rtt: 40 * time.Millisecond, end: time.Second})
	l := w.join(1, func(l *link, i int) { l.ends[i].write(make([]byte, 1<<16)) })
	for _, m := range l.ends {
		m.sizer.tries = false
	}
	w.carves = func(_ time.Duration, size int) bool {
		if size > smallest+ipSize {
			t.Fatalf("a packet of %d bytes", size)
		}
		return false
	}
	w.run(func() bool { return false })
}

// Fails if a connection doesn't live through a key change, or through packets that come
// late from before it.
func TestNextKey(t *testing.T) {
	dialler, acceptor := nonce{1}, nonce{2}
	a, b := newEnd(sessionKey, true, dialler, acceptor), newEnd(sessionKey, false, dialler, acceptor)
	seal := func(number uint64) []byte {
		buf := make([]byte, 100)
		copy(buf[headerSize:], fmt.Sprintf("number %8d", number))
		return a.out.seal(buf, 5, number, 15)
	}
	opens := func(p []byte, number uint64) bool {
		n, plain, ok := b.in.open(bytes.Clone(p))
		return ok && n == number && string(plain) == fmt.Sprintf("number %8d", number)
	}
	var early [][]byte
	for generation := range uint64(4) {
		last := (generation+1)*keyPackets - 1
		late := seal(last - 1)
		for _, n := range []uint64{last, last + 1, last + 2} {
			p := seal(n)
			if early = append(early, p); !opens(p, n) {
				t.Fatalf("packet %d isn't opened", n)
			}
		}
		if !opens(late, last-1) {
			t.Error("a packet that comes late isn't opened")
		}
	}
	if opens(early[0], keyPackets-1) {
		t.Error("a key is kept for ever")
	}
	far := bytes.Clone(early[len(early)-1])
	put48(far[5:], 40*keyPackets)
	if opens(far, 40*keyPackets) || !opens(seal(4*keyPackets+9), 4*keyPackets+9) {
		t.Error("a forged number changes the key")
	}
}

// Fails if packets of a connection get the same key, number and direction twice, or if
// its two directions have the same keys.
func TestDirections(t *testing.T) {
	a, b := newEnd(sessionKey, true, nonce{1}, nonce{2}), newEnd(sessionKey, false, nonce{1}, nonce{2})
	buf := make([]byte, 100)
	p := bytes.Clone(a.out.seal(buf, 5, 1, 20))
	if _, _, ok := a.in.open(bytes.Clone(p)); ok {
		t.Error("a reflected packet is opened")
	}
	if _, _, ok := b.in.open(bytes.Clone(p)); !ok {
		t.Error("a packet isn't opened")
	}
	for i := range p {
		damaged := bytes.Clone(p)
		damaged[i] ^= 1
		if _, _, ok := b.in.open(damaged); ok {
			t.Errorf("a packet whose byte %d was changed is opened", i)
		}
		if _, _, ok := b.in.open(bytes.Clone(p[:i])); ok {
			t.Errorf("a packet that was cut to %d bytes is opened", i)
		}
	}
	other := newEnd(sessionKey, false, nonce{1}, nonce{3})
	if _, _, ok := other.in.open(bytes.Clone(p)); ok {
		t.Error("a packet of another connection is opened")
	}
}

// sentBy has a machine that has sent so many packets with data.
func sentBy(n int) *machine {
	m := newMachine(setting{now: 1, rtt: 10 * time.Millisecond, seed: 1})
	buf := make([]byte, largest)
	m.write(make([]byte, 1<<20))
	for now := time.Duration(1); m.flight.next <= uint64(n); now += time.Millisecond {
		m.ctl.cwnd = 1 << 20
		m.next(now, time.Hour, buf)
	}
	return m
}

// ackOf writes an ACK.
func ackOf(a ack, spans ...byte) []byte {
	b := make([]byte, ackHead, ackHead+len(spans))
	a.count = len(spans) / 2
	putAckHead(b, a)
	return append(b, spans...)
}

// Fails if a peer that acknowledges what was never sent, or left out, or that sends
// beyond its window or its end, isn't found out.
func TestDishonestPeer(t *testing.T) {
	const now = time.Second
	for name, b := range map[string][]byte{
		"an ACK of what comes later":     ackOf(ack{top: 41, window: 1 << 20}, 1, 0),
		"an ACK of far more":             ackOf(ack{top: 1 << 40, window: 1 << 20}, 1, 0),
		"data beyond the window":         {frameData, 0, 0, 1, 0, 0, 0, 0, 1, 0},
		"an end beyond the window":       {frameFin, 0, 0, 1, 0, 0, 0},
		"a second end":                   {frameFin, 0, 0, 0, 0, 0, 9, frameFin, 0, 0, 0, 0, 0, 8},
		"data behind the end":            {frameFin, 0, 0, 0, 0, 0, 9, frameData, 0, 0, 0, 0, 0, 9, 0, 1, 0},
		"an end before what has come":    {frameData, 0, 0, 0, 0, 0, 9, 0, 1, 0, frameFin, 0, 0, 0, 0, 0, 9},
		"a span below zero":              ackOf(ack{top: 3, window: 1 << 20}, 9, 0),
		"a gap below zero":               ackOf(ack{top: 3, window: 1 << 20}, 1, 9),
		"an ACK of nothing":              ackOf(ack{top: 3, window: 1 << 20}),
		"an unknown frame":               {99},
		"half a frame":                   {frameData, 0, 0},
		"a frame that is longer than it": {frameData, 0, 0, 0, 0, 0, 0, 0, 9, 1, 2},
	} {
		m := sentBy(40)
		if _, err := m.handle(now, 1, b); !errors.Is(err, errDamaged) {
			t.Errorf("%s: %v", name, err)
		}
		if o := m.next(now, 0, make([]byte, largest)); o.n != closeSize {
			t.Errorf("%s: the peer isn't told", name)
		}
	}
	m := sentBy(skipMost + 10)
	skipped := uint64(0)
	for n := uint64(1); n < m.flight.next; n++ {
		if m.flight.record(n).flags&flagSkipped != 0 {
			skipped = n
		}
	}
	if skipped == 0 {
		t.Fatal("no number was left out")
	}
	if _, err := m.handle(now, 1, ackOf(ack{top: skipped, window: 1 << 20}, 1, 0)); !errors.Is(err, errDamaged) {
		t.Errorf("an ACK of a number that was left out: %v", err)
	}
	if _, err := sentBy(40).handle(now, 1, ackOf(ack{top: 40, window: 1 << 20}, 40, 0)); err != nil {
		t.Errorf("an honest ACK: %v", err)
	}
}

// Fails if a packet counts twice, or one so old that nobody can know any more whether
// it does.
func TestReplay(t *testing.T) {
	m := newMachine(setting{now: 1, rtt: 10 * time.Millisecond, seed: 1})
	ping := []byte{framePing}
	for range 3 {
		m.handle(2, 7, ping)
	}
	if m.acks.waiting != 1 {
		t.Errorf("%d packets count", m.acks.waiting)
	}
	for n := range uint64(2*maxSeen + 10) { // each leaves a hole
		m.handle(2, 10+2*n, ping)
	}
	if len(m.acks.seen) > maxSeen {
		t.Errorf("%d spans are remembered", len(m.acks.seen))
	}
	before := m.acks.waiting
	m.handle(2, 7, ping)
	if m.acks.waiting != before {
		t.Error("a packet from long ago counts")
	}
}

// Fails if a peer can have us keep more than a window, and what there is of it in holes.
func TestHoles(t *testing.T) {
	m := newMachine(setting{now: 1, rtt: 10 * time.Millisecond, seed: 1})
	m.in.said = window
	number := uint64(0)
	for at := uint64(0); at < window; at += 100 {
		number++
		b := append([]byte{frameData, 0, 0, 0, 0, 0, 0, 0, 1}, 1)
		put48(b[1:], at)
		if _, err := m.handle(2, number, b); err != nil {
			t.Fatal(err)
		}
	}
	if len(m.in.got) > maxHoles || len(m.in.ring.b) > window {
		t.Errorf("%d holes, %d bytes", len(m.in.got), len(m.in.ring.b))
	}
	if m.acks.known(number) {
		t.Error("what wasn't kept will be acknowledged")
	}
	said := []byte{framePing, frameData, 0, 0, 0, 0, 0, 1, 0, 99}
	if m.handle(2, number+1, append(said, make([]byte, 99)...)); !m.acks.known(number+1) || m.in.ready() != 101 {
		t.Error("what fills a hole isn't taken where there are many")
	}
	if m.handle(2, number+2, []byte{framePing}); !m.acks.known(number + 2) {
		t.Error("what has no content isn't taken where there are many holes")
	}
}

// Fails if a peer that has us answer, and acknowledges nothing, has us keep ever more, or
// what only answers for long ends because of that.
func TestRecords(t *testing.T) {
	for _, owed := range []int{0, 1 << 20} {
		m := newMachine(setting{now: 1, rtt: 10 * time.Millisecond, seed: 1})
		m.ctl.cwnd = 1 << 20
		m.write(make([]byte, owed))
		buf := make([]byte, largest)
		now, broken := time.Duration(1), error(nil)
		for n := uint64(1); n < 3*mostSent && broken == nil; n++ {
			_, broken = m.handle(now, n, []byte{framePing})
			now += 2 * ackLate
			m.tick(now)
			for m.next(now, 0, buf).n > 0 {
			}
		}
		if len(m.flight.sent) > mostSent {
			t.Errorf("%d bytes are owed: records of %d packets", owed, len(m.flight.sent))
		}
		if owed == 0 && broken != nil {
			t.Errorf("who only answers: %v", broken)
		}
	}
}

// Fails if a connection that nobody uses doesn't live, or if one whose peer is gone
// does.
func TestSilence(t *testing.T) {
	w := newWorld(1, world{rate: 1e6, rtt: 100 * time.Millisecond, loss: 0.1, end: 3 * time.Minute})
	l := w.join(1, func(*link, int) {})
	w.run(func() bool { return false })
	for i, m := range l.ends {
		if m.err != nil {
			t.Errorf("end %d: %v", i, m.err)
		}
	}
	if w.sent > 100 {
		t.Errorf("%d packets were sent", w.sent)
	}
	w.cut = [2]time.Duration{w.now, time.Hour}
	w.end += silence + 2*time.Second
	w.run(func() bool { return false })
	for i, m := range l.ends {
		if !errors.Is(m.err, errSilent) || !m.over() {
			t.Errorf("end %d: %v", i, m.err)
		}
	}
}

// Fails if a set of numbers isn't what was added to it.
func TestSet(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	for range 300 {
		var s set
		var want [200]bool
		for range 40 {
			lo := rnd.IntN(190)
			hi := lo + rnd.IntN(10)
			fresh := uint64(0)
			for i := lo; i < hi; i++ {
				if !want[i] {
					want[i], fresh = true, fresh+1
				}
			}
			if got := s.add(uint64(lo), uint64(hi)); got != fresh {
				t.Fatalf("%d are new, want %d", got, fresh)
			}
		}
		for i, in := range want {
			if s.has(uint64(i), uint64(i)+1) != in {
				t.Fatalf("%d: %v", i, !in)
			}
		}
		for i := 1; i < len(s); i++ {
			if s[i-1].hi >= s[i].lo {
				t.Fatalf("spans touch: %v", s)
			}
		}
	}
}
