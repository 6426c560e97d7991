package rendezvous

import (
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
)

func TestBursts(t *testing.T) {
	r := newRig(t)
	r.m.connected(r.now)
	r.m.meet(r.now, code(t, rigCode))
	step := func(what, want string) {
		t.Helper()
		if got := r.take(); got != want {
			t.Errorf("after %s it sends %q, want %q", what, got, want)
		}
	}
	step("meet, without welcome", "")
	r.says(`{"type":"welcome","welcome":{}}`)
	step("welcome", "bind claim")
	r.says(`{"type":"claimed","mailbox":"box1"}`)
	step("claimed", "open add:pake")
	p := newPeer(t, "peer", rigCode)
	r.message("peer", "pake", p.pake())
	step("the peer's pake", "release add:version")
	p.finish(r.m)
	r.message("peer", "version", p.seal("version", "{}"))
	step("the peer's version", "")
	r.m.say(r.now, []byte("hi"))
	step("say", "add:0")
	r.m.close(r.now, Happy)
	step("close", "release close:happy") // released hasn't come
	r.says(`{"type":"closed"}`)
	if r.m.stage != done || r.m.err != nil {
		t.Errorf("stage %d, error %v", r.m.stage, r.m.err)
	}
}

func TestAllocateBurst(t *testing.T) {
	r := newRig(t)
	r.welcome()
	r.m.allocate(r.now)
	if got := r.take(); got != "bind allocate" {
		t.Errorf("sends %q", got)
	}
	r.says(`{"type":"allocated","nameplate":"12"}`)
	if got := r.take(); got != "claim" {
		t.Errorf("after allocated it sends %q", got)
	}
	r.m.close(r.now, Lonely)
	if got := r.take(); got != "" {
		t.Errorf("before claimed it sends %q", got)
	}
	r.says(`{"type":"claimed","mailbox":"box1"}`)
	if got := r.take(); got != "release close:lonely" {
		t.Errorf("after claimed it sends %q", got)
	}
}

func TestDeadlines(t *testing.T) {
	for _, c := range []struct {
		name  string
		to    func(r *rig)
		after time.Duration // 0: never
		want  string
	}{
		{"welcome", func(r *rig) { r.m.connected(r.now) }, waitWelcome, AwaitGreeting.String()},
		{"list", func(r *rig) { r.welcome(); r.m.list(r.now) }, waitReply, AwaitNameplates.String()},
		{"allocate", func(r *rig) { r.welcome(); r.m.allocate(r.now) }, waitReply, AwaitNameplate.String()},
		{"claim", func(r *rig) { r.welcome(); r.m.meet(r.now, code(t, rigCode)) }, waitReply, AwaitClaim.String()},
		{"echo", func(r *rig) {
			r.welcome()
			r.m.meet(r.now, code(t, rigCode))
			r.says(`{"type":"claimed","mailbox":"box1"}`)
		}, waitReply, AwaitReceipt.String()},
		{"a person", func(r *rig) { r.toWaiting() }, 0, ""},
		{"version", func(r *rig) { r.toAgreed() }, waitVersion, "the other side's version message"},
		{"the next message", func(r *rig) { r.toConfirmed() }, 0, ""},
		{"gap", func(r *rig) { p := r.toConfirmed(); r.message(p.side, "3", p.seal("3", "x")) }, waitGap, "overtaken"},
		{"idle", func(r *rig) { r.welcome() }, 0, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := newRig(t)
			c.to(r)
			if c.after == 0 {
				r.pass(1000 * time.Hour)
				if r.m.ended() != nil {
					t.Errorf("error %v", r.m.ended())
				}
				return
			}
			r.pass(c.after - 1)
			if r.m.ended() != nil {
				t.Fatalf("too early: %v", r.m.ended())
			}
			r.pass(1)
			var timeout *TimeoutError
			if !errors.As(r.m.err, &timeout) || !strings.Contains(timeout.Error(), c.want) || timeout.After != c.after || !timeout.Timeout() {
				t.Errorf("error %v", r.m.err)
			}
			r.pass(waitClose)
			if r.m.stage != done {
				t.Errorf("stage %d", r.m.stage)
			}
		})
	}
}

// Without a connection the peer can't be late, but not for ever.
func TestVersionDeadlineStopsOffline(t *testing.T) {
	r := newRig(t)
	r.toAgreed()
	r.pass(50 * time.Second)
	r.m.disconnected(r.now, errors.New("gone"))
	r.pass(waitOnline - time.Second)
	if r.m.err != nil {
		t.Fatalf("offline: %v", r.m.err)
	}
	r.welcome()
	r.pass(9 * time.Second)
	if r.m.err != nil {
		t.Fatalf("online again: %v", r.m.err)
	}
	r.pass(time.Second)
	if r.m.err == nil {
		t.Error("the clock didn't go on")
	}

	r = newRig(t)
	r.toAgreed()
	r.m.disconnected(r.now, errors.New("gone"))
	r.pass(waitOnline)
	if r.m.err == nil {
		t.Error("offline for ever")
	}
}

func TestReconnectReplays(t *testing.T) {
	r := newRig(t)
	p := r.toConfirmed()
	for i := range 3 {
		r.m.say(r.now, fmt.Append(nil, i))
	}
	r.message(r.m.side, "0", r.m.outbox.all[2].body)
	r.take()
	r.m.disconnected(r.now, errors.New("gone"))
	r.m.say(r.now, []byte("offline"))
	r.welcome()
	if got := r.take(); got != "bind open ping release" {
		t.Errorf("reconnected, it sends %q", got)
	}
	r.m.say(r.now, []byte("early"))
	for _, i := range []int{0, 1, 2, 4} { // pake, version, 0, 2
		r.message(r.m.side, r.m.outbox.all[i].phase, r.m.outbox.all[i].body)
	}
	r.message(p.side, "0", p.seal("0", "again"))
	r.message(p.side, "0", p.seal("0", "and again"))
	if got := r.take(); got != "" {
		t.Errorf("before pong it sends %q", got)
	}
	r.says(`{"type":"pong","pong":1}`)
	if got := r.take(); got != "add:1 add:3 add:4" {
		t.Errorf("after pong it sends %q", got)
	}
	r.says(`{"type":"pong","pong":1}`)
	if got := r.take(); got != "" {
		t.Errorf("after another pong it sends %q", got)
	}
	if msg, ok := r.m.inbox.take(); !ok || string(msg) != "again" {
		t.Errorf("received %q", msg)
	}
	if _, ok := r.m.inbox.take(); ok {
		t.Error("a message was delivered twice")
	}
}

func TestServerWithoutPing(t *testing.T) {
	r := newRig(t)
	r.toWaiting()
	r.take()
	r.m.disconnected(r.now, errors.New("gone"))
	r.welcome()
	r.says(`{"type":"claimed","mailbox":"box1"}`)
	if got := r.take(); got != "bind claim open ping" {
		t.Errorf("reconnected, it sends %q", got)
	}
	r.says(`{"type":"error","error":"unknown type","orig":{"type":"ping","ping":1}}`)
	if got := r.take(); got != "add:pake" {
		t.Errorf("it sends %q", got)
	}
}

// The server forgot everything after we had seen the peer's pake, but before the
// peer saw ours: it waits where the nameplate leads now.
func TestPeerInAnotherMailbox(t *testing.T) {
	r := newRig(t)
	p := r.toAgreed()
	r.take()
	r.m.disconnected(r.now, errors.New("gone"))
	r.welcome()
	r.says(`{"type":"pong","pong":1}`)
	if got := r.take(); got != "bind open ping release add:pake add:version" {
		t.Errorf("reconnected, it sends %q", got)
	}
	r.echo()
	r.pass(waitHop)
	if !r.m.reconnect {
		t.Fatal("it doesn't look in the other mailbox")
	}
	r.m.disconnected(r.now, errors.New("gone"))
	r.welcome()
	r.says(`{"type":"claimed","mailbox":"box2"}`)
	r.message(p.side, "pake", p.pake())
	r.says(`{"type":"pong","pong":1}`)
	if got := r.take(); got != "bind claim open ping release add:pake add:version" {
		t.Errorf("by the nameplate, it sends %q", got)
	}
	if got := *r.sent[len(r.sent)-5].Mailbox; got != "box2" {
		t.Errorf("opened %s", got)
	}
	r.message(p.side, "version", p.seal("version", "{}"))
	if r.m.stage != confirmed {
		t.Errorf("stage %d, error %v", r.m.stage, r.m.err)
	}
}

// … or the server remembers that we released it, and so the mailbox.
func TestNameplateStillRemembered(t *testing.T) {
	r := newRig(t)
	p := r.toAgreed()
	for range 2 {
		r.m.disconnected(r.now, errors.New("gone"))
		r.welcome()
		r.says(`{"type":"pong","pong":1}`)
		r.echo()
		r.pass(waitHop)
		r.m.disconnected(r.now, errors.New("gone"))
		r.take()
		r.welcome()
		r.says(`{"type":"error","error":"reclaimed","orig":{"type":"claim"}}`)
		if got := r.take(); got != "bind claim open ping" {
			t.Fatalf("it sends %q", got)
		}
		if got := *r.sent[len(r.sent)-2].Mailbox; got != "box1" {
			t.Fatalf("opened %s", got)
		}
	}
	r.message(p.side, "version", p.seal("version", "{}"))
	if r.m.stage != confirmed {
		t.Errorf("stage %d, error %v", r.m.stage, r.m.err)
	}
}

func TestMoods(t *testing.T) {
	for _, c := range []struct {
		name string
		end  func(r *rig)
		want string
	}{
		{"regular", func(r *rig) { r.toConfirmed(); r.m.close(r.now, Happy) }, "happy"},
		{"gave up waiting", func(r *rig) { r.toWaiting(); r.m.close(r.now, Lonely) }, "lonely"},
		{"wrong code", func(r *rig) { p := r.toAgreed(); r.message(p.side, "version", strings.Repeat("00", 60)) }, "scary"},
		{"no pake_v1", func(r *rig) { r.toWaiting(); r.message("x", "pake", hex.EncodeToString([]byte("{}"))) }, "scary"},
		{"message doesn't decrypt", func(r *rig) { p := r.toConfirmed(); r.message(p.side, "0", "00") }, "scary"},
		{"server error", func(r *rig) { r.toWaiting(); r.says(`{"type":"error","error":"boo","orig":{}}`) }, "errory"},
		{"nonsense", func(r *rig) { r.toWaiting(); r.says(`[`) }, "errory"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := newRig(t)
			c.end(r)
			sent := r.take()
			if !strings.HasSuffix(sent, "close:"+c.want) || !strings.Contains(sent, "release") {
				t.Errorf("it sends %q, want mood %s", sent, c.want)
			}
			r.says(`{"type":"error","error":"crowded","orig":{"type":"close"}}`)
			if r.m.stage != done {
				t.Errorf("stage %d", r.m.stage)
			}
		})
	}
}

// A last message whose connection broke is stored before the mailbox is closed.
func TestCloseFlushes(t *testing.T) {
	r := newRig(t)
	r.toConfirmed()
	r.m.say(r.now, []byte("bye"))
	r.m.close(r.now, Happy)
	r.take()
	r.m.disconnected(r.now, errors.New("gone"))
	r.pass(time.Second)
	r.welcome()
	if got := r.take(); got != "bind open ping" {
		t.Errorf("reconnected, it sends %q", got)
	}
	r.message(r.m.side, "pake", r.m.outbox.all[0].body)
	r.message(r.m.side, "version", r.m.outbox.all[1].body)
	r.says(`{"type":"pong","pong":1}`)
	if got := r.take(); got != "add:0 release close:happy" {
		t.Errorf("after pong it sends %q", got)
	}
}
