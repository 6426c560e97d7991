package session

import (
	"testing"
	"time"

	"sesame/session/choice"
	"sesame/transit"
)

// epoch is when tests begin that have a clock of their own.
var epoch = time.Unix(1000, 0)

// Fails if an acknowledgement of what was never sent is taken.
func TestFlightBounds(t *testing.T) {
	f := &flight{lane: new(choice.Chooser).Add(choice.TCP, epoch)}
	none := func(*cargo) {}
	if f.ack(1, epoch, none) == nil {
		t.Error("took an acknowledgement of nothing")
	}
	for !f.full(0) {
		f.push(&cargo{cost: 1}, false, epoch)
		f.grow(30, epoch)
	}
	if f.ack(int64(f.n)+1, epoch, none) == nil || f.ack(int64(f.n), epoch, none) != nil || f.ack(3, epoch, none) != nil || f.n != 0 || f.wire != 0 {
		t.Error("wrong about acknowledgements")
	}
}

// Fails if a rate isn't kept, over seconds and after a pause of hours.
func TestBucket(t *testing.T) {
	for _, rate := range []int64{1000, 1 << 20, 1 << 28} {
		b := bucket{rate: rate}
		now := time.Unix(1, 0)
		sent, began := int64(0), now
		for now.Sub(began) < 20*time.Second {
			if wait := b.wait(now); wait > 0 {
				now = now.Add(wait)
				continue
			}
			n := b.chunk()
			b.take(n)
			sent += n
		}
		if limit := rate*20 + 2*b.chunk(); sent > limit || sent < rate*19 {
			t.Errorf("%d bytes a second: %d in 20 s", rate, sent)
		}
		now = now.Add(100 * time.Hour)
		saved := int64(0)
		for b.wait(now) == 0 {
			b.take(b.chunk())
			saved += b.chunk()
		}
		if saved > 2*b.chunk() {
			t.Errorf("%d bytes a second: %d saved up", rate, saved)
		}
	}
	if new(bucket).wait(time.Now()) != 0 {
		t.Error("no limit makes wait")
	}
}

// Fails if a side doesn't ask every 2 s, or if a lane outlives 6 s of silence.
func TestPulse(t *testing.T) {
	var p pulse
	now := time.Unix(1, 0)
	var seen []verdict
	for silent := time.Duration(0); silent <= 7*time.Second; silent += time.Second {
		seen = append(seen, p.check(now.Add(silent), silent, silent, 0))
	}
	want := []verdict{ask, alive, ask, alive, ask, alive, dead, dead}
	for i := range want {
		if seen[i] != want[i] {
			t.Errorf("after %d s: %v, want %v", i, seen[i], want[i])
		}
	}
	if v := p.check(now.Add(time.Hour), time.Hour, 0, 0); v != ask {
		t.Errorf("busy for an hour: %v", v)
	}
	if v := p.check(now.Add(2*time.Hour), 0, 0, 0); v != ask {
		t.Errorf("while everything arrives: %v", v)
	}
}

// Fails if a lane whose round trips take long is dropped for what they take, or
// lives on for ever because they are said to take very long.
func TestPulseOfLongLine(t *testing.T) {
	now := time.Unix(1, 0)
	for rtt, most := range map[time.Duration]time.Duration{
		2 * time.Second: deadAfter + slack*2*time.Second,
		time.Hour:       deadAfter + slack*longest,
	} {
		p, more := pulse{asked: now}, allowance(rtt, false)
		if v := p.check(now.Add(most-1), most-1, most-1, more); v == dead {
			t.Errorf("dropped before %v", most)
		}
		if v := p.check(now.Add(most), most, most, more); v != dead {
			t.Errorf("after %v: %v", most, v)
		}
		p = pulse{}
		if p.doubt(now, 2*time.Second, more) || !p.doubt(now, doubtAfter+slack*longest, more) {
			t.Error("doubted too early, or never")
		}
		if v := p.check(now.Add(answerTime+2*time.Second), 5*time.Second, 5*time.Second, more); v == dead {
			t.Error("dropped before an answer could have come")
		}
	}
}

// Fails if lanes that share a slow line aren't left the time to take turns, or
// lanes of others are.
func TestCrowdedLine(t *testing.T) {
	for rate, want := range map[int64]bool{0: false, 100: false, 8_000: true, 60_000: true, 500_000: false} {
		var f inflow
		now, total := time.Unix(1, 0), int64(0)
		for range 50 {
			now, total = now.Add(tickTime), total+rate/5
			f.look(total, now)
		}
		if f.crowded() != want {
			t.Errorf("%d bytes a second: crowded %v", rate, !want)
		}
	}
	if allowance(time.Second, true) != allowance(time.Second, false)+crowdTime {
		t.Error("a crowded line has no more time")
	}
}

// Fails if time in which this side didn't run counts as silence of the peer's.
func TestPulseAfterSleep(t *testing.T) {
	now := time.Unix(1, 0)
	var p pulse
	p.doubt(now, time.Minute, 0)
	now = now.Add(time.Hour)
	p.woke(now)
	for silent := time.Duration(0); silent < deadAfter; silent += time.Second {
		if v := p.check(now.Add(silent), time.Hour+silent, time.Hour+silent, 0); v == dead {
			t.Fatalf("dropped %v after waking up", silent)
		}
	}
	if v := p.check(now.Add(deadAfter), time.Hour, time.Hour, 0); v != dead {
		t.Errorf("silent since it woke up: %v", v)
	}
}

// Fails if a lane that is silent when the peer may have moved lives on without an
// answer for more than 2 s, or is dropped although one came, or although this side
// didn't listen.
func TestPulseDoubted(t *testing.T) {
	now := time.Unix(1, 0)
	for _, c := range []struct {
		name         string
		idle, waited time.Duration // 2 s later
		want         verdict
	}{
		{"no answer", 3500 * time.Millisecond, 3500 * time.Millisecond, dead},
		{"answered", time.Second, time.Second, ask},
		{"busy", 3500 * time.Millisecond, 0, ask},
	} {
		var p pulse
		if p.doubt(now, 500*time.Millisecond, 0) || !p.doubt(now, 1500*time.Millisecond, 0) || p.doubt(now, 1500*time.Millisecond, 0) {
			t.Errorf("%s: a ping is wanted at the wrong time", c.name)
		}
		if v := p.check(now.Add(time.Second), 2500*time.Millisecond, 2500*time.Millisecond, 0); v != alive {
			t.Errorf("%s: %v after a second", c.name, v)
		}
		if v := p.check(now.Add(answerTime), c.idle, c.waited, 0); v != c.want {
			t.Errorf("%s: %v, want %v", c.name, v, c.want)
		}
	}
}

// Fails if a session gives up too early or too late.
func TestWatch(t *testing.T) {
	const patience = 15 * time.Minute
	for _, c := range []struct {
		name          string
		lanes         int
		met           bool
		owes, refused bool
		after         time.Duration
	}{
		{"never met", 0, false, false, false, firstPatience},
		{"lost", 0, true, false, false, patience},
		{"lost, and its program gone", 0, true, true, true, hopeless},
		{"takes nothing", 2, true, true, false, stallAfter},
		{"nothing to do", 1, true, false, false, -1},
	} {
		start := time.Unix(1, 0)
		w := watch{patience: patience, met: c.met}
		gave := time.Duration(-1)
		for d := time.Duration(0); d < time.Hour && gave < 0; d += time.Second {
			if w.check(start.Add(d), c.lanes, c.owes, c.refused) {
				gave = d
			}
		}
		if gave != c.after {
			t.Errorf("%s: gave up after %v, want %v", c.name, gave, c.after)
		}
	}
}

// Fails if a session ends soon after this side didn't run for a while: because of
// the time itself, because lanes that it had are gone then, or because the first
// new one doesn't last.
func TestWatchAfterSleep(t *testing.T) {
	now := time.Unix(1, 0)
	w := watch{patience: 15 * time.Minute}
	w.laneUp(now)
	pass := func(d time.Duration, lanes int, refused bool) (gone time.Duration) {
		for ; gone < d; gone += time.Second {
			now = now.Add(time.Second)
			if w.check(now, lanes, true, refused) {
				return gone
			}
		}
		return d
	}
	pass(stallAfter-time.Second, 1, false)
	now = now.Add(time.Hour)
	w.woke(now)
	if took := pass(stallAfter-time.Second, 1, false); took < stallAfter-time.Second {
		t.Errorf("gave up %v after waking up", took)
	}
	now = now.Add(time.Hour)
	w.woke(now)
	if took := pass(hopeless-time.Second, 0, true); took < hopeless-time.Second {
		t.Errorf("gave up %v after waking up, when nobody answered", took)
	}
	w.laneUp(now)
	pass(time.Second, 1, false)
	if took := pass(time.Minute, 0, true); took < wakeTime-2*time.Second || took > wakeTime {
		t.Errorf("gave up %v after the first lane", took)
	}
}

// still is a lane of which only its path is asked.
type still struct{}

func (still) Idle() time.Duration         { return 0 }
func (still) SlowStart() (is, known bool) { return false, false }
func (still) Path() transit.Path          { return transit.Path{Kind: transit.SameMachine} }

// Fails if silence in which nothing is under way ends a session, however long.
func TestSilenceIsNoError(t *testing.T) {
	st := &state{failed: make(chan struct{})}
	st.watch.patience = 15 * time.Minute
	st.lanes.put(newTraffic(still{}, epoch), epoch)
	for d := time.Duration(0); d < 48*time.Hour; d += time.Second {
		if giveUp, _ := st.look(epoch.Add(d), 0, false); giveUp {
			t.Fatalf("given up after %v of silence", d)
		}
	}
	x := &Exchange{}
	st.turns.add(x, bulk{&giver{size: 1}})
	gave := time.Duration(0)
	for ; gave < time.Hour; gave += time.Second {
		if giveUp, _ := st.look(epoch.Add(48*time.Hour+gave), 0, false); giveUp {
			break
		}
	}
	if gave < stallAfter-time.Second || gave > stallAfter+time.Second {
		t.Errorf("given up after %v in which content was not taken", gave)
	}
}
