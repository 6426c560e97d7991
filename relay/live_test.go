package relay_test

import (
	"testing"

	"sesame/relay"
)

// Fails when a running server goes on by the limits that it was started with, or by new
// ones that it can't have any more.
func TestChange(t *testing.T) {
	s, addr, shutdown := started(t, &relay.Config{Limits: relay.Limits{Conns: 20, ConnsPerSource: 2, MailboxesPerSource: 1}, MOTD: "before"})
	defer shutdown(patience)
	motd := func(w msg) any { return w["welcome"].(map[string]any)["motd"] }
	first, w := dial(t, addr)
	if motd(w) != "before" {
		t.Errorf("before: %v", w)
	}
	first.open("a", "1")
	second, _ := dial(t, addr)
	second.bind("b")
	second.send(`{"type":"claim","nameplate":"2"}`)
	second.want("ack", "error")
	s.Change(&relay.Config{Limits: relay.Limits{Conns: 1, ConnsPerSource: 3, MailboxesPerSource: 2}, MOTD: "after"})
	third, w := dial(t, addr) // the third of the source: Conns stays
	if motd(w) != "after" {
		t.Errorf("after: %v", w)
	}
	third.bind("c")
	third.send(`{"type":"claim","nameplate":"3"}`)
	third.want("ack", "claimed")
}
