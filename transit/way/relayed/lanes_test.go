package relayed

import (
	"encoding/json"
	"testing"

	"sesame/transit/way"
)

// Fails if a relay gets more connections than both sides know that it bears, or if it is
// the peer alone who says how many we open there.
func TestLanesAtRelay(t *testing.T) {
	ours := way.Relay{Address: "relay.example.org:4001", URL: "wss://relay.example.org/transit"}
	same := way.Hint{Type: typeRelay, Hints: []way.Hint{{Type: way.TypeDirect, Hostname: "relay.example.org", Port: 4001}}}
	other := way.Hint{Type: typeRelay, Hints: []way.Hint{{Type: way.TypeDirect, Hostname: "other.example.org", Port: 4001}}}
	says := func(h way.Hint, n int) way.Hint { h.Lanes = n; return h }
	for name, c := range map[string]struct {
		relay way.Relay
		lanes int
		peer  []way.Hint
		want  int
	}{
		"both know eight":                 {ours, 8, []way.Hint{says(same, 8)}, 8},
		"the peer knows more":             {ours, 4, []way.Hint{says(same, 16)}, 4},
		"the peer knows less":             {ours, 16, []way.Hint{says(same, 1)}, 1},
		"the peer doesn't know":           {ours, 8, []way.Hint{same}, 2},
		"the peer doesn't know the relay": {ours, 8, []way.Hint{says(other, 16)}, 2},
		"we don't know":                   {ours, 0, []way.Hint{says(same, 16)}, 2},
		"nobody knows":                    {ours, 0, nil, 2},
		"it bears one":                    {ours, 1, nil, 1},
		"what nobody may have":            {ours, 1000, []way.Hint{says(same, 1000)}, way.MaxLanes},
		"a program's own":                 {way.Relay{Address: "192.168.7.9:4001", Embedded: true}, 8, nil, 1},
	} {
		t.Run(name, func(t *testing.T) {
			c.relay.Lanes = c.lanes
			routes, _ := open(t, Way{TCP: way.Dialer.Dial}, way.Config{Relays: []way.Relay{c.relay}}).Peer(c.peer)
			if routes[0].Lanes != c.want {
				t.Errorf("%d lanes, want %d", routes[0].Lanes, c.want)
			}
			for _, rt := range routes {
				if rt.Path.Foreign && rt.Lanes != unsaid {
					t.Errorf("%d lanes at a relay that only the peer names", rt.Lanes)
				}
			}
		})
	}
}

// Fails if what a relay bears, or how many lanes are wanted there, isn't told as it was
// meant, or if it is told where nothing is.
func TestLanesAreTold(t *testing.T) {
	s := site(way.Config{Relays: []way.Relay{{Address: "relay.example.org:4001", Lanes: 8}}})
	f, _ := Way{}.Open(t.Context(), s)
	none, _ := Way{}.Open(t.Context(), site(way.Config{}))
	for _, c := range []struct {
		f    way.Finder
		ask  int
		want string
	}{
		{f, 0, `[{"type":"relay-v1","hints":[{"type":"direct-tcp-v1","priority":0,"hostname":"relay.example.org","port":4001}],"lanes":8}]`},
		{f, 4, `[{"type":"relay-v1","hints":[{"type":"direct-tcp-v1","priority":0,"hostname":"relay.example.org","port":4001}],"lanes":8,"wanted":4}]`},
		{none, 0, `null`},
		{none, 4, `[{"type":"relay-v1","hints":[],"wanted":4}]`},
	} {
		at := c.f.(*finder).at
		at.Ask(way.Asks{Relayed: c.ask})
		var all []any
		for _, h := range c.f.Hints() {
			if v, ok := form().Write(h); ok {
				all = append(all, v)
			}
		}
		if got, _ := json.Marshal(all); string(got) != c.want {
			t.Errorf("told\n%s\nwant\n%s", got, c.want)
		}
	}
}
