package rendezvous

import (
	"testing"
	"time"
)

// Fails when a server that can't keep anything now ends the session, isn't asked again when it
// said, or holds the client up for longer than a minute.
func TestServerThatCantKeepAnything(t *testing.T) {
	for seconds, want := range map[int]time.Duration{7: 7 * time.Second, 1 << 40: time.Minute} {
		r := newRig(t)
		var told []time.Duration
		r.m.allocate(r.now)
		r.welcome()
		if got := r.take(); got != "bind allocate" || !r.sent[0].Retry {
			t.Fatalf("sent %q, which says that it waits: %v", got, r.sent[0].Retry)
		}
		r.says(`{"type":"error","error":"server can't keep that now","retry":%d,"orig":{"type":"allocate"}}`, seconds)
		for _, f := range r.m.news {
			f(&Config{Busy: func(d time.Duration) { told = append(told, d) }})
		}
		r.says(`{"type":"allocated","nameplate":"4"}`) // nobody listens any more
		r.pass(want - 1)
		if r.m.reconnect || r.m.err != nil || len(told) != 1 || told[0] != want {
			t.Fatalf("before %v: comes back %v, failed with %v, told %v", want, r.m.reconnect, r.m.err, told)
		}
		r.pass(1)
		if !r.m.reconnect {
			t.Fatalf("it doesn't come back after %v", want)
		}
		r.m.disconnected(r.now, nil)
		r.welcome()
		if got := r.take(); got != "bind allocate" {
			t.Errorf("it asks for %q then", got)
		}
	}
}
