package transit

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"testing"

	"sesame/transit/way"
)

func peerRelay(inner ...Hint) Hint { return Hint{Type: typeRelay, Hints: inner} }

func tcpHint(addr string) Hint {
	host, port, _ := net.SplitHostPort(addr)
	n, _ := strconv.Atoi(port)
	return Hint{Type: typeDirect, Hostname: host, Port: n}
}

var through = Via{Name: "P", Dial: func(context.Context, string, string) (net.Conn, error) { return nil, net.ErrClosed }}

func allVia(onion bool) func(string, string) []Via {
	return func(string, string) []Via { return []Via{{Name: through.Name, Dial: through.Dial, Onion: onion}} }
}

func spareVia(scheme, addr string) []Via {
	if scheme == "tcp" {
		return []Via{{}, through}
	}
	return []Via{through}
}

// planOf returns what is tried, over TCP and relays.
func planOf(cfg *Config, own []netip.Prefix, hints []Hint) plan {
	st := plainStation(Leader, cfg, own, nil, true)
	defer st.close()
	return st.plan(hints)
}

// What is tried, in order, of our relays and a peer's hints.
func TestPlan(t *testing.T) {
	own := prefixes("192.168.7.2/24")
	mine := []Relay{{Address: "mine.example.org:4001", URL: "wss://mine.example.org/transit"}}
	for _, c := range []struct {
		name string
		cfg  Config
		peer []Hint
		want []string
	}{
		{"nothing", Config{Relays: []Relay{}}, nil, nil},
		{"nearest first, then by priority", Config{Relays: []Relay{}}, []Hint{
			tcpHint("203.0.113.1:5000"),
			{Type: typeDirect, Hostname: "203.0.113.2", Port: 5000, Priority: 1},
			tcpHint("192.168.7.9:5000"),
		}, []string{"direct 192.168.7.9:5000", "direct 203.0.113.2:5000", "direct 203.0.113.1:5000"}},
		{"repeated in another form", Config{Relays: []Relay{}}, []Hint{tcpHint("203.0.113.1:5000"), tcpHint("[::ffff:203.0.113.1]:5000")},
			[]string{"direct 203.0.113.1:5000"}},
		{"names are not resolved", Config{Relays: []Relay{}}, []Hint{tcpHint("router.example.org:5000")}, nil},
		{"own relay and its WebSocket", Config{Relays: mine}, nil, []string{"relay mine.example.org:4001", "relay wss://mine.example.org/transit instead of 0 after 500ms"}},
		{"peer names our relay", Config{Relays: mine}, []Hint{peerRelay(tcpHint("MINE.example.org:4001"), Hint{Type: typeWebSocket, URL: "wss://mine.example.org/transit"})},
			[]string{"relay mine.example.org:4001", "relay wss://mine.example.org/transit instead of 0 after 500ms"}},
		{"peer knows a WebSocket of our relay", Config{Relays: []Relay{{Address: "mine.example.org:4001"}}},
			[]Hint{peerRelay(Hint{Type: typeWebSocketV1, URL: "wss://mine.example.org/"}, tcpHint("mine.example.org:4001"))},
			[]string{"relay mine.example.org:4001", "relay wss://mine.example.org/ instead of 0 after 500ms"}},
		{"peer's relay in four spellings", Config{Relays: []Relay{}}, []Hint{
			peerRelay(Hint{Type: typeWebSocket, URL: "wss://a.example.org/"}, Hint{Type: typeWebSocketV1, URL: "wss://a.example.org/"}),
			peerRelay(Hint{Type: typeDirectWS, Hostname: "b.example.org", Port: 4002}),
			peerRelay(Hint{Type: typeDirectWSS, Hostname: "c.example.org", Port: 443}),
		}, []string{"relay wss://a.example.org/", "relay ws://b.example.org:4002/ instead of 0 after 500ms", "relay wss://c.example.org:443/ instead of 1 after 1s"}},
		{"of a peer's WebSocket only host and port count", Config{Relays: []Relay{}}, []Hint{
			peerRelay(Hint{Type: typeWebSocket, URL: "ws://192.168.7.3:8080/admin/users/delete?id=1&confirm=yes"}),
			peerRelay(Hint{Type: typeWebSocket, URL: "ws://192.168.7.3:8080/admin/users/delete?id=2&confirm=yes"}),
			peerRelay(Hint{Type: typeWebSocketV1, URL: "WSS://A.example.org/transit/../x?y"}),
			peerRelay(Hint{Type: typeWebSocketV1, URL: "wss://b.example.org/?"}),
			peerRelay(Hint{Type: typeWebSocketV1, URL: "wss://[2001:db8::9]"}),
		}, []string{"relay ws://192.168.7.3:8080/transit", "relay wss://a.example.org/transit instead of 0 after 500ms",
			"relay wss://b.example.org/ instead of 1 after 1s", "relay wss://[2001:db8::9]/ instead of 2 after 1.5s"}},
		{"a relay of ours at a path of its own, which the peer has, too", Config{Relays: []Relay{{URL: "wss://mine.example.org/way?in=1"}}},
			[]Hint{peerRelay(Hint{Type: typeWebSocket, URL: "wss://mine.example.org/way?in=1"})}, []string{"relay wss://mine.example.org/way?in=1"}},
		{"hosts that would be more than one", Config{Relays: []Relay{}}, []Hint{
			peerRelay(Hint{Type: typeWebSocket, URL: "ws://a.example.org%0d%0aX:8080/"}),
			peerRelay(Hint{Type: typeWebSocket, URL: "ws://user@a.example.org:8080/"}),
			peerRelay(Hint{Type: typeWebSocket, URL: "ws://a.example.org:8080/#x"}),
			peerRelay(Hint{Type: typeDirectWS, Hostname: "a.example.org/admin?x=", Port: 8080}),
			peerRelay(Hint{Type: typeDirectWS, Hostname: "a.example.org\r\nX: y", Port: 8080}),
		}, nil},
		{"peer's relay is inside", Config{Relays: []Relay{}}, []Hint{peerRelay(tcpHint("127.0.0.1:4001")), peerRelay(tcpHint("10.0.0.1:4001")), peerRelay(tcpHint("a.example.org:25"))}, nil},
		{"own relay is inside", Config{Relays: []Relay{{Address: "127.0.0.1:4001"}}}, nil, []string{"relay 127.0.0.1:4001"}},
		{"no direct", Config{Relays: mine[:0:0], NoDirect: true}, []Hint{tcpHint("203.0.113.1:5000")}, nil},
		{"no relay", Config{NoRelay: true}, []Hint{tcpHint("203.0.113.1:5000"), peerRelay(tcpHint("a.example.org:4001"))}, []string{"direct 203.0.113.1:5000"}},
		{"several of ours, several of the peer's", Config{Relays: append(mine, Relay{Address: "second.example.org:4001"})},
			[]Hint{peerRelay(tcpHint("a.example.org:4001")), peerRelay(tcpHint("b.example.org:4001"))},
			[]string{
				"relay mine.example.org:4001", "relay wss://mine.example.org/transit instead of 0 after 500ms",
				"relay second.example.org:4001 instead of 0 after 500ms",
				"relay a.example.org:4001", "relay b.example.org:4001 instead of 3 after 500ms",
			}},
		{"through a proxy for WebSockets", Config{Relays: mine, Via: spareVia}, nil, []string{
			"relay mine.example.org:4001", "relay wss://mine.example.org/transit through P instead of 0 after 500ms",
			"relay mine.example.org:4001 through P instead of 0 after 500ms",
		}},
		{"peer's relays through a proxy", Config{Relays: []Relay{}, Via: allVia(false)}, []Hint{
			peerRelay(tcpHint("a.example.org:4001")), peerRelay(tcpHint("intranet:4001")), peerRelay(tcpHint("db.corp:4001")),
			peerRelay(tcpHint("192.168.7.9:4001")), peerRelay(tcpHint("10.0.0.1:4001")), peerRelay(tcpHint("xyz.onion:4001")), peerRelay(tcpHint("127.0.0.1:4001")),
		}, []string{"relay a.example.org:4001 through P", "relay 192.168.7.9:4001 through P instead of 0 after 500ms"}},
		{"peer's relays through Tor", Config{Relays: []Relay{}, Via: allVia(true), NoDirect: true}, []Hint{
			tcpHint("203.0.113.1:5000"), peerRelay(tcpHint("intranet:4001")), peerRelay(tcpHint("192.168.7.9:4001")), peerRelay(tcpHint("xyz.onion:4001")),
		}, []string{"relay xyz.onion:4001 through P"}},
		{"own relays that Tor alone reaches", Config{Relays: []Relay{{Address: "xyz.onion:4001"}, {URL: "ws://xyz.onion/"}}}, nil, nil},
		{"a program's own relay needs no proxy", Config{Relays: []Relay{{Address: "192.168.7.9:4001", Embedded: true}}, Via: allVia(false)}, nil,
			[]string{"the mailbox's port 192.168.7.9:4001"}},
		{"own relays only", Config{Relays: []Relay{}, OwnRelaysOnly: true}, []Hint{peerRelay(tcpHint("a.example.org:4001"))}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			cfg, err := c.cfg.withDefaults()
			if err != nil {
				t.Fatal(err)
			}
			p := planOf(&cfg, own, c.peer)
			var got []string
			for i, rt := range p.routes {
				s := rt.Path.Label()
				if instead := p.routes[i].Instead; instead != noFallback {
					s += fmt.Sprintf(" instead of %d after %v", instead, p.routes[i].Wait)
				}
				got = append(got, s)
			}
			if fmt.Sprintf("%q", got) != fmt.Sprintf("%q", c.want) {
				t.Errorf("got  %q\nwant %q", got, c.want)
			}
		})
	}
}

// Fails if two sides that take no relay of each other's, and have none in common,
// aren't told that this is why.
func TestForeignRelayIsNotUsed(t *testing.T) {
	cfg, _ := (&Config{Relays: []Relay{{Address: "mine.example.org:4001"}}, OwnRelaysOnly: true, NoDirect: true}).withDefaults()
	p := planOf(&cfg, nil, []Hint{peerRelay(tcpHint("Mine.example.org:4001")), peerRelay(tcpHint("theirs.example.org:4001")),
		peerRelay(Hint{Type: typeWebSocket, URL: "ws://192.168.7.3:8080/"})})
	e := new(NoPathError)
	for _, a := range p.skipped {
		e.add(a)
	}
	want := "no way to reach the other computer: relay theirs.example.org:4001 is named by the other side alone, and may not be used; " +
		"relay ws://192.168.7.3:8080/ is named by the other side alone"
	if got := e.Error(); !strings.HasPrefix(got, want) || len(p.routes) != 1 {
		t.Errorf("%d addresses are tried, %q", len(p.routes), got)
	}
}

func TestPlanIsBounded(t *testing.T) {
	var hints []Hint
	for i := range 60 {
		hints = append(hints, Hint{Type: typeDirect, Hostname: "203.0.113." + strconv.Itoa(i), Port: 5000},
			peerRelay(tcpHint("a"+strconv.Itoa(i)+".example.org:4001"), tcpHint("b.example.org:4001"), tcpHint("c.example.org:4001"), tcpHint("d.example.org:4001")))
	}
	cfg, _ := (&Config{Relays: []Relay{}}).withDefaults()
	p := planOf(&cfg, nil, hints)
	direct, relays := 0, 0
	for _, rt := range p.routes {
		if to := rt.Path; !to.Kind.Relayed() {
			direct++
		} else if strings.HasPrefix(to.Remote, "a") {
			relays++
		}
	}
	if direct != 16 || relays != way.MaxRelays || len(p.routes) > 16+way.MaxRelays*way.MaxInner {
		t.Errorf("%d direct, %d relays, %d lanes in all", direct, relays, len(p.routes))
	}
}
