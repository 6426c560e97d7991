package rendezvous

import (
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"sesame/internal/wire"
)

// A listener notes what a machine has to tell.
func (r *rig) told() string {
	var all []string
	cfg := &Config{
		Unanswered: func() { all = append(all, "unanswered") },
		Returned:   func(away time.Duration) { all = append(all, "returned after "+away.String()) },
	}
	for _, tell := range r.m.news {
		tell(cfg)
	}
	r.m.news = nil
	return strings.Join(all, ", ")
}

// sleep lets time pass in which the machine's process doesn't run.
func (r *rig) sleep(d time.Duration) {
	r.now = r.now.Add(d)
	r.m.slept(r.now, d, d)
}

// comes puts a side's pake and version into the mailbox, under which the
// machine's pake lies already.
func (r *rig) comes(p *rigPeer) {
	r.message(p.side, "pake", p.pake())
	if p.key == nil {
		p.finish(r.m)
	}
	r.message(p.side, "version", p.seal("version", `{"app_versions":{}}`))
}

// again makes the connection anew, up to where the mailbox is open again.
func (r *rig) again() {
	r.t.Helper()
	if !r.m.reconnect {
		r.t.Error("it doesn't want another connection")
	}
	r.m.disconnected(r.now, errors.New("gone"))
	r.take()
	r.welcome()
	r.says(`{"type":"claimed","mailbox":"box1"}`)
	if got := r.take(); got != "bind claim open ping" {
		r.t.Errorf("on the new connection it sends %q", got)
	}
}

// answers counts the exchanges that the machine has finished: each is answered
// with a version, and with nothing else.
func (r *rig) answers() (n int) {
	r.take()
	for _, c := range r.sent {
		if c.Type == wire.Add && *c.Phase == phaseVersion {
			n++
		}
	}
	return n
}

// Fails if a side that slept while somebody came and left, and then another one,
// answers who has left, or both: each answer is a guess at the code.
func TestOneFinishAfterSleep(t *testing.T) {
	for _, c := range []struct {
		name   string
		stored []int // whose messages the server still has, in their order
		want   int   // who becomes the peer, -1 for nobody
	}{
		{"the server has dropped the first", []int{1}, 1},
		{"it has kept both", []int{0, 1}, 1},
		{"only the first is there", []int{0}, 0},
		{"nobody is there", nil, -1},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := newRig(t)
			r.toWaiting()
			peers := []*rigPeer{newPeer(t, "first", rigCode), newPeer(t, "second", rigCode)}
			r.sleep(3 * time.Minute)
			for _, p := range peers {
				r.comes(p) // over the old connection, on which it lay
			}
			if r.m.stage != waiting || r.answers() > 0 {
				t.Fatalf("it believes what came in while it slept: stage %d", r.m.stage)
			}
			r.again()
			r.echo()
			for _, i := range c.stored {
				r.comes(peers[i])
			}
			if r.answers() > 0 {
				t.Error("it answers before it knows who is there")
			}
			r.says(`{"type":"pong","pong":"1"}`)
			r.echo()
			if c.want < 0 {
				if got := r.told(); r.m.stage != waiting || got != "returned after 3m0s" || r.answers() > 0 {
					t.Errorf("stage %d, tells %q", r.m.stage, got)
				}
				r.comes(peers[1]) // and now comes while it listens
				if r.m.stage != confirmed || r.m.absence.late != 0 || r.answers() != 1 {
					t.Errorf("stage %d, late by %v, %d answers", r.m.stage, r.m.absence.late, r.answers())
				}
				return
			}
			if r.m.stage != confirmed || r.m.peer != peers[c.want].side || r.m.absence.late != 3*time.Minute {
				t.Errorf("stage %d with %q, late by %v", r.m.stage, r.m.peer, r.m.absence.late)
			}
			for _, p := range peers {
				r.comes(p)
			}
			if n := r.answers(); n != 1 {
				t.Errorf("%d exchanges were finished", n)
			}
		})
	}
}

// Fails if a side that had no connection when the other came doesn't know that it
// is late, or takes a short pause for news.
func TestLateAfterALostConnection(t *testing.T) {
	for _, away := range []time.Duration{3 * time.Second, time.Minute} {
		r := newRig(t)
		r.toWaiting()
		r.m.disconnected(r.now, errors.New("gone"))
		r.now = r.now.Add(away)
		r.welcome()
		r.says(`{"type":"claimed","mailbox":"box1"}`)
		r.echo()
		p := newPeer(t, "peer", rigCode)
		r.comes(p)
		r.says(`{"type":"pong","pong":"1"}`)
		if r.m.stage != confirmed || r.m.absence.late != away {
			t.Errorf("stage %d, late by %v, want %v", r.m.stage, r.m.absence.late, away)
		}
		r = newRig(t)
		r.toWaiting()
		r.m.disconnected(r.now, errors.New("gone"))
		r.now = r.now.Add(away)
		r.welcome()
		r.says(`{"type":"claimed","mailbox":"box1"}`)
		r.echo()
		r.says(`{"type":"pong","pong":"1"}`)
		if got := r.told(); (got != "") != (away >= longGap) {
			t.Errorf("after %v it tells %q", away, got)
		}
	}
}

// Fails if a side whose peer sleeps doesn't say so after 10 seconds, or says in the
// end that the code is good where it isn't.
func TestUnanswered(t *testing.T) {
	for welcome, again := range map[string]bool{
		`{}`:                                false,
		`{"sesame":{"relay-port":4001}}`:    false,
		`{"sesame":{"seats-return":true}}`:  true,
		`{"sesame":{"seats-return":false}}`: false,
	} {
		r := newRig(t)
		r.m.connected(r.now)
		r.says(`{"type":"welcome","welcome":%s}`, welcome)
		r.m.meet(r.now, code(t, rigCode))
		r.says(`{"type":"claimed","mailbox":"box1"}`)
		r.echo()
		r.message("peer", "pake", newPeer(t, "peer", rigCode).pake())
		r.echo()
		r.pass(waitQuiet - 1)
		if got := r.told(); got != "" {
			t.Errorf("too early it tells %q", got)
		}
		r.pass(1)
		if got := r.told(); got != "unanswered" || r.m.err != nil {
			t.Errorf("it tells %q, %v", got, r.m.err)
		}
		r.pass(waitVersion - waitQuiet)
		var unanswered *UnansweredError
		if !errors.As(r.m.err, &unanswered) || unanswered.Again != again || r.told() != "" {
			t.Errorf("welcome %s: %v, again: %v", welcome, r.m.err, unanswered)
		}
	}
}

// Fails if the time in which a process was stopped counts as the other side's
// silence.
func TestSleepIsNoSilence(t *testing.T) {
	r := newRig(t)
	p := r.toAgreed()
	r.pass(5 * time.Second)
	r.sleep(time.Hour)
	r.pass(time.Second)
	if got := r.told(); r.m.err != nil || got != "" {
		t.Fatalf("%v, tells %q", r.m.err, got)
	}
	r.message(p.side, "version", p.seal("version", `{"app_versions":{}}`))
	if r.m.stage != confirmed {
		t.Errorf("stage %d", r.m.stage)
	}
}

// Fails if a client that waits for a person for hours, and isn't stopped, ever
// thinks that it was, or leaves its heartbeat behind.
func TestClientThatIsAwake(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newFakeServer().client(t, nil)
		met := make(chan error, 1)
		go func() {
			_, err := a.Meet(t.Context(), code(t, rigCode))
			met <- err
		}()
		time.Sleep(3 * time.Hour)
		synctest.Wait()
		defer func() {
			a.Close()
			<-met
		}()
		a.mu.Lock()
		defer a.mu.Unlock()
		if a.m.stage != waiting || !a.m.absence.since.IsZero() {
			t.Errorf("stage %d, away since %v", a.m.stage, a.m.absence.since)
		}
	})
}
