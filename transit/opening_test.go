package transit

import (
	"encoding/json"
	"fmt"
	"net/netip"
	"testing"

	"sesame/transit/way"
)

// openHintsOf makes hints at which both sides are to dial.
func openHintsOf(addrs ...string) (hints []Hint) {
	for _, a := range addrs {
		at := netip.MustParseAddrPort(a)
		hints = append(hints, Hint{Type: typeOpen, Hostname: at.Addr().String(), Port: int(at.Port())})
	}
	return hints
}

// Fails if such hints don't survive the way to the peer, or if names, ports that
// aren't any, or very many of them do.
func TestOpenHints(t *testing.T) {
	sent := openHintsOf("203.0.113.7:61002", "[2001:db8::7]:4321")
	b, err := json.Marshal(Message{Hints: sent})
	if err != nil {
		t.Fatal(err)
	}
	var m Message
	if err := json.Unmarshal(b, &m); err != nil {
		t.Fatal(err)
	}
	if got := way.Addresses(typeOpen, m.Hints); fmt.Sprint(got) != "[203.0.113.7:61002 [2001:db8::7]:4321]" {
		t.Errorf("got %v from %s", got, b)
	}
	many := `{"hints-v1":[{"type":"sesame-tcp-v1","hostname":"evil.example","port":4000},
		{"type":"sesame-tcp-v1","hostname":"203.0.113.7","port":0}, {"type":"sesame-tcp-v1","hostname":"203.0.113.7","port":"4000"},
		{"type":"relay-v1","hints":[{"type":"sesame-tcp-v1","hostname":"203.0.113.7","port":4000}]}`
	for n := range 1000 {
		many += fmt.Sprintf(`,{"type":"sesame-tcp-v1","hostname":"203.0.113.7","port":%d}`, 4000+n%500)
	}
	if err := json.Unmarshal([]byte(many+"]}"), &m); err != nil {
		t.Fatal(err)
	}
	if got := way.Addresses(typeOpen, m.Hints); len(got) != 32 {
		t.Errorf("%d addresses", len(got))
	}
	if n := len(mergeHints(Ways(), m.Hints, nil)); n != 2*4+15 {
		t.Errorf("%d hints are kept", n)
	}
}
