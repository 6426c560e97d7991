package choice

import (
	"testing"
	"time"
)

// brings has a lane carry so many bytes a second from one time to another, one record of
// 16 KiB after the other, and the chooser look every 100 ms.
func brings(c *Chooser, l *Lane, rate float64, from, to float64) {
	const record = 16 << 10
	last := from
	for t := from; t < to; t += 0.01 {
		for ; last+record/rate <= t; last += record / rate {
			l.Sent(record, at(last))
			l.Acked(record, at(last+record/rate))
		}
		if int(t*100+0.5)%10 == 0 {
			c.Look(at(t), Prospect{Left: 1 << 40, Waiting: true})
		}
	}
}

func TestFlightFollowsWhatIsCarried(t *testing.T) {
	var c Chooser
	l := c.Add(TCP, at(0))
	l.Trip(50 * time.Millisecond)
	if got := l.Room(at(0)); got != mostFlight {
		t.Errorf("alone: %d", got)
	}
	other := c.Add(TCP, at(0))
	if got := l.Room(at(0)); got != leastFlight {
		t.Errorf("beside one that has shown nothing, either: %d", got)
	}
	brings(&c, l, 10e6, 0, 3)
	if got := other.Room(at(3)); got != trialFlight {
		t.Errorf("new beside one that works: %d", got)
	}
	want := int64(flightGrowth * 10e6 * 0.3)
	if got := l.Room(at(3)); got < want*8/10 || got > want*12/10 {
		t.Errorf("at 10 MB/s: %d, want about %d", got, want)
	}
	l.Sent(1<<20, at(3))
	if got := l.Room(at(3)); got < want*8/10-1<<20 || got > want*12/10-1<<20 {
		t.Errorf("with 1 MiB under way: %d", got)
	}
	l.Acked(1<<20, at(3.1))
	brings(&c, l, 100e6, 3.1, 5)
	if got := l.Room(at(5)); got != mostFlight {
		t.Errorf("at 100 MB/s: %d", got)
	}
	brings(&c, l, 1e5, 5, 8)
	if got := l.Room(at(8)); got != leastFlight {
		t.Errorf("at 100 kB/s: %d", got)
	}
}

// Fails if a lane in slow start may have no more under way than it has brought home: that was
// sent two round trips ago.
func TestSlowStartIsntHeldBack(t *testing.T) {
	var c Chooser
	l, other := c.Add(UDP, at(0)), c.Add(TCP, at(0))
	brings(&c, other, 1e6, 0, 1)
	if got := l.Room(at(1)); got != trialFlight {
		t.Errorf("where nobody knows: %d", got)
	}
	l.SlowStart(true)
	if got := l.Room(at(1)); got != startFlight {
		t.Errorf("in slow start: %d", got)
	}
	brings(&c, l, 4e6, 1, 3)
	if got := l.Room(at(3)); got != min(startGrowth*l.flight, mostFlight) {
		t.Errorf("later, with a flight of %d: %d", l.flight, got)
	}
	l.SlowStart(false)
	if got := l.Room(at(3)); got != l.flight {
		t.Errorf("afterwards: %d, not %d", got, l.flight)
	}
}

// Fails if a lane that was held back for the sake of a trial begins anew: on long lines
// that takes seconds.
func TestTrialCostsNoStride(t *testing.T) {
	var c Chooser
	c.relays.begun = true
	relay, direct := c.Add(Relay, at(0)), c.Add(UDP, at(0))
	direct.Trip(250 * time.Millisecond)
	brings(&c, direct, 10e6, 0, 3)
	before := direct.flight
	c.relays.state, c.relays.since = Swap, at(3)
	brings(&c, relay, 1e6, 3, 3.5)
	if direct.Room(at(3.5)) != 0 || direct.flight != before {
		t.Errorf("in a swap: room for %d, flight %d, before it %d", direct.Room(at(3.5)), direct.flight, before)
	}
	c.relays.state = Work
	c.Look(at(3.6), Prospect{Left: 1 << 40, Waiting: true})
	if got := direct.Room(at(3.6)); got != before {
		t.Errorf("after it: room for %d, before it %d", got, before)
	}
	brings(&c, direct, 1e5, 3.6, 7)
	if got := direct.Room(at(7)); got != leastFlight {
		t.Errorf("when it carries less for some time: %d", got)
	}
}

func TestAcknowledgementsAreAskedFor(t *testing.T) {
	var c Chooser
	l := c.Add(TCP, at(0))
	l.Ask(0, true, at(0))
	asked := func(n int64, records int, idle bool, after float64) (found int) {
		l.Ask(0, true, at(0))
		for k := range records {
			if l.Ask(n, idle, at(after)) {
				return k + 1
			}
		}
		return 0
	}
	for _, c := range []struct {
		n    int64
		idle bool
		want int
	}{{32 << 10, false, 2}, {64 << 10, false, 1}, {100, false, askRecords}, {100, true, 1}} {
		if got := asked(c.n, 100, c.idle, 0.01); got != c.want {
			t.Errorf("records of %d bytes, idle %v: the %dth asks, want the %dth", c.n, c.idle, got, c.want)
		}
	}
	if got := asked(100, 100, false, askTime.Seconds()); got != 1 {
		t.Errorf("after %v the %dth asks", askTime, got)
	}
}

func TestSilentLanesAreSuspended(t *testing.T) {
	var c Chooser
	good, bad := c.Add(TCP, at(0)), c.Add(Relay, at(0))
	good.Trip(20 * time.Millisecond)
	bad.Trip(20 * time.Millisecond)
	brings(&c, bad, 1e6, 0, 1)
	brings(&c, good, 1e6, 1, 2)
	bad.Sent(100<<10, at(2))
	brings(&c, good, 1e6, 2, 3.9)
	if bad.Suspended() {
		t.Fatal("suspended after 1.9 s")
	}
	brings(&c, good, 1e6, 3.9, 4.3)
	if !bad.Suspended() || bad.Room(at(4.3)) != 0 {
		t.Fatal("not suspended after 2.3 s")
	}
	if good.Suspended() {
		t.Error("one that works is suspended")
	}
	from := 4.3 // it is tried again after 5 s, which leads to nothing, and after 10
	for _, w := range []struct {
		until float64
		is    bool
	}{{9, true}, {10, false}, {12, true}, {21, true}, {22.5, false}} {
		brings(&c, good, 1e6, from, w.until)
		from = w.until
		if bad.Suspended() != w.is {
			t.Errorf("after %v s suspended %v", w.until, !w.is)
		}
	}
	if got := bad.Room(at(22.5)); got != trialFlight-100<<10 {
		t.Errorf("has room for %d, with 100 KiB under way", got)
	}
	bad.Acked(100<<10, at(23))
	if bad.Suspended() || bad.Room(at(23)) < leastFlight {
		t.Error("the first acknowledgement doesn't end it")
	}
}

func TestWhoIsNotSuspended(t *testing.T) {
	wait := func(c *Chooser, s float64) {
		for t := 0.0; t < s; t += 0.1 {
			c.Look(at(t), Prospect{Left: 1 << 40, Waiting: true})
		}
	}
	var one Chooser
	l := one.Add(TCP, at(0))
	l.Sent(1<<20, at(0))
	wait(&one, 20)
	if l.Suspended() {
		t.Error("the only lane is suspended")
	}
	var two Chooser
	a, b := two.Add(TCP, at(0)), two.Add(TCP, at(0))
	wait(&two, 20)
	if a.Suspended() || b.Suspended() {
		t.Error("a lane that has nothing to carry is suspended")
	}
	a.Sent(1, at(20))
	b.Sent(1, at(20))
	for t := 20.0; t < 60; t += 0.1 {
		two.Look(at(t), Prospect{Left: 1 << 40, Waiting: true})
	}
	if a.Suspended() && b.Suspended() {
		t.Error("all lanes are suspended")
	}
	var far Chooser
	a, b = far.Add(TCP, at(0)), far.Add(TCP, at(0))
	a.Trip(time.Second)
	a.Sent(1, at(0))
	wait(&far, 5)
	if a.Suspended() {
		t.Error("suspended within 6 round trips")
	}
	var asleep Chooser
	a, _ = asleep.Add(TCP, at(0)), asleep.Add(TCP, at(0))
	a.Sent(1, at(0))
	asleep.Woke(at(100))
	asleep.Look(at(100.1), Prospect{Left: 1 << 40, Waiting: true})
	if a.Suspended() {
		t.Error("suspended for a silence of this computer's")
	}
}

// What takes an hour on the way isn't silent as long as it comes.
func TestSlowLinesAreNotSilent(t *testing.T) {
	var c Chooser
	l, _ := c.Add(TCP, at(0)), c.Add(Relay, at(0))
	for s := 0.0; s < 40; s += 4 { // 4 KiB each, with one before it
		l.Sent(4<<10, at(s))
		for k := range 40 {
			now := s + float64(k)/10
			if c.Look(at(now), Prospect{Left: 1 << 40, Waiting: true}); l.Suspended() && s > 8 {
				t.Fatalf("suspended at %.1f s", now)
			}
		}
		l.Acked(4<<10, at(s+4))
	}
}

func TestFewBytesAreNoTrial(t *testing.T) {
	for left, want := range map[int64]bool{1 << 20: false, 3 << 20: true, -1: true} {
		var c Chooser
		works, fresh := c.Add(TCP, at(0)), c.Add(TCP, at(0))
		brings(&c, works, 1e6, 0, 2)
		works.Sent(100, at(2))
		c.Look(at(2), Prospect{Left: left, Waiting: true})
		if got := fresh.Room(at(2)) > 0; got != want {
			t.Errorf("%d bytes left: takes some %v", left, got)
		}
	}
}

func TestTailIsSentTwice(t *testing.T) {
	var c Chooser
	slow, fast := c.Add(TCP, at(0)), c.Add(TCP, at(0))
	brings(&c, slow, 1e5, 0, 3)
	brings(&c, fast, 1e6, 3, 6)
	const n = 100 << 10
	slow.Sent(n, at(6))
	for _, w := range []struct {
		ahead int64
		left  float64
		want  bool
	}{{n, 6, true}, {n / 10, 6, false}} {
		due := slow.Due(w.ahead, at(w.left), at(6))
		if got := fast.Sooner(n, due, at(6)); got != w.want {
			t.Errorf("%d bytes, due in %v: sent twice %v", w.ahead, due, got)
		}
	}
	if slow.Sooner(n, fast.Due(n, at(6), at(6)), at(6)) {
		t.Error("sent twice over the slower one")
	}
}

func TestNothingIsAllocated(t *testing.T) {
	var c Chooser
	l, _ := c.Add(TCP, at(0)), c.Add(Relay, at(0))
	now := 0.0
	if n := testing.AllocsPerRun(1000, func() {
		now += 0.1
		l.Sent(1000, at(now))
		l.Ask(1000, false, at(now))
		l.Room(at(now))
		l.Acked(1000, at(now))
		c.Look(at(now), Prospect{Left: 1 << 30, Waiting: true})
	}); n > 0 {
		t.Errorf("%v allocations", n)
	}
}
