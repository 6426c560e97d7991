package session

import (
	"testing"
	"time"

	"sesame/session/choice"
	"sesame/transit"
)

// Fails if a relay is wanted where it would be of no use: for less than ten seconds, in
// one network, beside another relay, under a limit that direct lanes carry; or isn't
// where it could carry more than they do.
func TestRelayIsWanted(t *testing.T) {
	const rate = 1_000_000 // bytes a second, of the lane
	for _, c := range []struct {
		name string
		kind transit.Kind
		p    choice.Prospect
		want bool
	}{
		{"a minute is left", transit.ThroughNAT, choice.Prospect{Left: 60 * rate, Waiting: true}, true},
		{"nobody knows how much is left", transit.Direct, choice.Prospect{Left: -1, Waiting: true}, true},
		{"five seconds are left", transit.ThroughNAT, choice.Prospect{Left: 5 * rate, Waiting: true}, false},
		{"in one network", transit.SameNetwork, choice.Prospect{Left: 60 * rate, Waiting: true}, false},
		{"on one computer", transit.SameMachine, choice.Prospect{Left: 60 * rate, Waiting: true}, false},
		{"there is one", transit.RelayTCP, choice.Prospect{Left: 60 * rate, Waiting: true}, false},
		{"nothing waits", transit.ThroughNAT, choice.Prospect{Left: 60 * rate}, false},
		{"a limit that is reached", transit.ThroughNAT, choice.Prospect{Left: 60 * rate, Waiting: true, Limit: rate}, false},
		{"a limit that isn't", transit.ThroughNAT, choice.Prospect{Left: 60 * rate, Waiting: true, Limit: 3 * rate}, true},
	} {
		var f fleet
		var w wanting
		tr, news := over(&f, c.kind, 20, epoch), 0
		for d := time.Duration(0); d < 8*time.Second; d += tickTime {
			now := epoch.Add(d)
			tr.lane.Sent(rate/5, now)
			tr.lane.Acked(rate/5, now)
			if w.look(&f, c.p, now) {
				if news++; d < wantAfter {
					t.Errorf("%s: wanted after %v", c.name, d)
				}
			}
		}
		if w.wants != c.want || news > 1 {
			t.Errorf("%s: wanted %v, %d times", c.name, w.wants, news)
		}
	}
}
