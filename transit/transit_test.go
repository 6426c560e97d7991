package transit_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"sesame/transit"
)

var testKey = bytes.Repeat([]byte{0x42}, transit.KeySize)

// listen returns an Endpoint that is closed with the test.
func listen(t testing.TB, role transit.Role, cfg *transit.Config) *transit.Endpoint {
	t.Helper()
	e, err := transit.Listen(t.Context(), role, testKey, cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { e.Close() })
	return e
}

// overWire returns m as the peer reads it.
func overWire(t testing.TB, m transit.Message) transit.Message {
	t.Helper()
	b, err := json.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	out := transit.Message{Ways: m.Ways}
	if err := json.Unmarshal(b, &out); err != nil {
		t.Fatal(err)
	}
	return out
}

type result struct {
	conn *transit.Conn
	err  error
}

// connect runs both sides' Connect.
func connect(t testing.TB, s, r *transit.Endpoint) (sender, receiver *transit.Conn) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	other := make(chan result)
	go func() {
		c, err := r.Connect(ctx, overWire(t, s.Message()))
		other <- result{c, err}
	}()
	sender, err := s.Connect(ctx, overWire(t, r.Message()))
	res := <-other
	if err != nil || res.err != nil {
		t.Fatalf("sender: %v; receiver: %v", err, res.err)
	}
	t.Cleanup(func() {
		var both sync.WaitGroup
		both.Go(func() { sender.Close() })
		both.Go(func() { res.conn.Close() })
		both.Wait()
	})
	return sender, res.conn
}

// exchange sends records both ways and ends as a file transfer does: the
// receiver acknowledges and closes at once, and the sender must get it.
func exchange(t *testing.T, s, r *transit.Conn) {
	t.Helper()
	payload := bytes.Repeat([]byte("open sesame "), 20000)
	done := make(chan error)
	go func() {
		got := 0
		for got < len(payload) {
			p, err := r.ReadRecord()
			if err != nil {
				done <- err
				return
			}
			if !bytes.Equal(p, payload[got:got+len(p)]) {
				done <- errors.New("other bytes than were sent")
				return
			}
			got += len(p)
		}
		err := r.WriteRecord([]byte("ack"))
		r.Close()
		done <- err
	}()
	for p := payload; len(p) > 0; p = p[min(len(p), 16<<10):] {
		if err := s.WriteRecord(p[:min(len(p), 16<<10)]); err != nil {
			t.Fatal(err)
		}
	}
	p, err := s.ReadRecord()
	if err != nil || string(p) != "ack" {
		t.Errorf("sender read %q, %v, want the ack", p, err)
	}
	if _, err := s.ReadRecord(); err != io.EOF {
		t.Errorf("after the ack: %v, want io.EOF", err)
	}
	s.Close()
	if err := <-done; err != nil {
		t.Error(err)
	}
	if received, sent := s.Counts(); sent < int64(len(payload)) || received < 3 {
		t.Errorf("counts: %d received, %d sent", received, sent)
	}
}

func TestConnect(t *testing.T) {
	_, relay := transit.StartTestRelay(t)
	tcpOnly, wsOnly := transit.Relay{Address: relay.Address}, transit.Relay{URL: relay.URL}
	none := []transit.Relay{}
	dead := []transit.Relay{{Address: "relay.invalid:4001"}}
	for _, c := range []struct {
		name             string
		sender, receiver transit.Config
		want             string
	}{
		{"direct", transit.Config{AllowLoopback: true, Relays: none}, transit.Config{AllowLoopback: true, Relays: none}, "direct, same machine"},
		{"direct though there is a relay",
			transit.Config{AllowLoopback: true, Relays: []transit.Relay{relay}},
			transit.Config{AllowLoopback: true, Relays: []transit.Relay{relay}}, "direct, same machine"},
		{"direct though no relay resolves",
			transit.Config{AllowLoopback: true, Relays: dead}, transit.Config{AllowLoopback: true, Relays: dead}, "direct, same machine"},
		{"only the receiver listens", transit.Config{AllowLoopback: true, NoDirect: true, Relays: []transit.Relay{tcpOnly}},
			transit.Config{AllowLoopback: true, Relays: []transit.Relay{tcpOnly}}, "relay 127.0.0.1"},
		{"relay over TCP", transit.Config{NoDirect: true, Relays: []transit.Relay{tcpOnly}},
			transit.Config{NoDirect: true, Relays: []transit.Relay{tcpOnly}}, "relay 127.0.0.1"},
		{"relay over WebSocket", transit.Config{NoDirect: true, Relays: []transit.Relay{wsOnly}},
			transit.Config{NoDirect: true, Relays: []transit.Relay{wsOnly}}, "relay 127.0.0.1 (WebSocket)"},
		{"TCP meets WebSocket", transit.Config{NoDirect: true, Relays: []transit.Relay{tcpOnly}, OwnRelaysOnly: true},
			transit.Config{NoDirect: true, Relays: []transit.Relay{wsOnly}, OwnRelaysOnly: true}, "relay 127.0.0.1"},
		{"relay of the receiver", transit.Config{NoDirect: true, AllowLoopback: true, Relays: none},
			transit.Config{NoDirect: true, Relays: []transit.Relay{tcpOnly}}, "relay 127.0.0.1, chosen by the other side"},
		{"second relay of two", transit.Config{NoDirect: true, Relays: []transit.Relay{{Address: "relay.invalid:4001"}, tcpOnly}},
			transit.Config{NoDirect: true, Relays: []transit.Relay{tcpOnly}}, "relay 127.0.0.1"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, r := connect(t, listen(t, transit.Leader, &c.sender), listen(t, transit.Follower, &c.receiver))
			if got := s.Path().Words(); got != c.want {
				t.Errorf("path %q, want %q", got, c.want)
			}
			exchange(t, s, r)
		})
	}
}

// Whichever side can dial, the roles stay.
func TestOneSideDials(t *testing.T) {
	cfg := &transit.Config{AllowLoopback: true, Relays: []transit.Relay{}}
	for _, dialling := range []transit.Role{transit.Leader, transit.Follower} {
		s, r := listen(t, transit.Leader, cfg), listen(t, transit.Follower, cfg)
		other := make(chan result)
		hints := map[transit.Role]transit.Message{transit.Leader: r.Message(), transit.Follower: s.Message()}
		for role := range hints {
			if role != dialling {
				hints[role] = transit.Message{}
			}
		}
		go func() {
			c, err := r.Connect(t.Context(), hints[transit.Follower])
			other <- result{c, err}
		}()
		sc, err := s.Connect(t.Context(), hints[transit.Leader])
		res := <-other
		if err != nil || res.err != nil {
			t.Fatalf("%v dials: sender %v, receiver %v", dialling, err, res.err)
		}
		exchange(t, sc, res.conn)
	}
}

// A session uses one side at all relays, and says nothing else in clear.
func TestRelayLine(t *testing.T) {
	relay, at := transit.StartTestRelay(t)
	second, alsoAt := transit.StartTestRelay(t)
	cfg := &transit.Config{NoDirect: true, Relays: []transit.Relay{{Address: at.Address}, {Address: alsoAt.Address}}}
	s, r := connect(t, listen(t, transit.Leader, cfg), listen(t, transit.Follower, cfg))
	exchange(t, s, r)
	sides := map[string]bool{}
	for _, line := range append(relay.Lines(), second.Lines()...) {
		sides[strings.Fields(line)[5]] = true
	}
	if len(sides) > 2 {
		t.Errorf("two sessions used the sides %v", sides)
	}
}

func TestNoPathSaysWhy(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0") // a port that nobody listens on
	if err != nil {
		t.Fatal(err)
	}
	addr := l.Addr().(*net.TCPAddr)
	l.Close()
	peer := transit.Message{Hints: []transit.Hint{
		{Type: "direct-tcp-v1", Hostname: "127.0.0.1", Port: addr.Port},
		{Type: "direct-tcp-v1", Hostname: "169.254.169.254", Port: 8080},
	}}
	e := listen(t, transit.Leader, &transit.Config{NoDirect: true, Relays: []transit.Relay{{Address: "relay.invalid:4001"}, {Address: addr.String()}}})
	_, err = e.Connect(t.Context(), peer)
	var none *transit.NoPathError
	if !errors.As(err, &none) {
		t.Fatalf("%v, want a NoPathError", err)
	}
	for _, want := range []string{"no way to reach the other computer", "relay relay.invalid:4001 does not resolve", "relay " + addr.String() + " refused"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q lacks %q", err, want)
		}
	}
	if strings.Contains(err.Error(), "169.254") {
		t.Errorf("%q: a direct hint was looked at in spite of NoDirect", err)
	}
	if strings.Contains(err.Error(), "\n") {
		t.Errorf("%q has more than one line", err)
	}
}

func TestNoDirectOffersNothing(t *testing.T) {
	m := listen(t, transit.Leader, &transit.Config{NoDirect: true, AllowLoopback: true}).Message()
	for _, h := range m.Hints {
		if h.Type != "relay-v1" {
			t.Errorf("offers %+v", h)
		}
	}
	for _, a := range m.Abilities {
		if a.Type != "relay-v1" {
			t.Errorf("announces %v", a)
		}
	}
}

func TestNoRelayOffersNone(t *testing.T) {
	m := listen(t, transit.Leader, &transit.Config{NoRelay: true, AllowLoopback: true}).Message()
	for _, h := range m.Hints {
		if h.Type != "direct-tcp-v1" {
			t.Errorf("offers %+v", h)
		}
	}
}

// Both families are offered where the machine has them.
func TestListensOnBothFamilies(t *testing.T) {
	if l, err := net.Listen("tcp6", "[::1]:0"); err != nil {
		t.Skip("no IPv6 here: ", err)
	} else {
		l.Close()
	}
	e := listen(t, transit.Leader, &transit.Config{NoRelay: true, AllowLoopback: true})
	families := map[bool]bool{}
	for _, h := range e.Message().Hints {
		c, err := net.Dial("tcp", net.JoinHostPort(h.Hostname, strconv.Itoa(h.Port)))
		if err != nil {
			t.Errorf("offered %s: %v", h.Hostname, err)
			continue
		}
		c.Close()
		families[strings.Contains(h.Hostname, ":")] = true
	}
	if len(families) != 2 {
		t.Errorf("hints of one family only: %+v", e.Message().Hints)
	}
}

func TestBadRelaysAreRefused(t *testing.T) {
	for _, r := range []transit.Relay{
		{}, {Address: "relay.example.org"}, {Address: ":4001"}, {Address: "relay.example.org:0"}, {Address: "relay.example.org:70000"},
		{URL: "http://relay.example.org/"}, {URL: "ws://user:pw@relay.example.org/"}, {URL: "ws:///path"}, {URL: "file:///etc/passwd"},
	} {
		e, err := transit.Listen(t.Context(), transit.Leader, testKey, &transit.Config{Relays: []transit.Relay{r}})
		if err == nil {
			e.Close()
			t.Errorf("%+v was accepted", r)
		}
	}
}

func TestConnectIsCancelled(t *testing.T) {
	e := listen(t, transit.Follower, &transit.Config{AllowLoopback: true, Relays: []transit.Relay{}})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := e.Connect(ctx, transit.Message{}); !errors.Is(err, context.Canceled) {
		t.Errorf("%v, want context.Canceled", err)
	}
}

func TestCloseEndsConnect(t *testing.T) {
	e := listen(t, transit.Follower, &transit.Config{AllowLoopback: true, Relays: []transit.Relay{}})
	done := make(chan error)
	go func() {
		_, err := e.Connect(t.Context(), transit.Message{})
		done <- err
	}()
	e.Close()
	if err := <-done; !errors.Is(err, net.ErrClosed) {
		t.Errorf("%v, want net.ErrClosed", err)
	}
}

func TestConnectTwicePanics(t *testing.T) {
	e := listen(t, transit.Leader, &transit.Config{NoDirect: true, Relays: []transit.Relay{}})
	if _, err := e.Connect(t.Context(), transit.Message{}); err == nil {
		t.Fatal("connected to nobody")
	}
	defer func() {
		if recover() == nil {
			t.Error("no panic")
		}
	}()
	e.Connect(t.Context(), transit.Message{})
}
