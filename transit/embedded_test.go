package transit

import (
	"encoding/json"
	"net/netip"
	"strings"
	"testing"

	"sesame/transit/way"
)

// Fails if the port of a sender's own mailbox isn't tried, is told to the peer,
// who has no use for our address of it, or is shown as somebody else's relay.
func TestEmbeddedRelay(t *testing.T) {
	cfg, err := (&Config{Relays: []Relay{{Address: "[fe80::1%eth0]:41234", Embedded: true}, {Address: "relay.example.org:4001"}}}).withDefaults()
	if err != nil {
		t.Fatal(err)
	}
	e := newEndpoint(Leader, key, cfg, plainStation(Leader, &cfg, prefixes("192.168.1.5/24"), nil, true))
	defer e.Close()
	b, err := json.Marshal(e.Message())
	if err != nil || strings.Contains(string(b), "fe80") || !strings.Contains(string(b), "relay.example.org") {
		t.Errorf("the peer is told %s, %v", b, err)
	}
	p := planOf(&cfg, nil, nil)
	if len(p.routes) != 2 {
		t.Fatalf("%d routes", len(p.routes))
	}
	for i, want := range []string{"direct, on the port of the sender's mailbox", "relay relay.example.org"} {
		if got := p.routes[i].Path.Words(); got != want {
			t.Errorf("route %d is %q, want %q", i, got, want)
		}
	}
	if err := (way.Policy{AnyPort: true, AnyTarget: true}).Check(netip.MustParseAddrPort("[fe80::1%eth0]:41234")); err != nil {
		t.Errorf("it may not be dialled: %v", err)
	}
}
