package transit

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"sesame/internal/addr"
	"sesame/transit/record"
	"sesame/transit/way"
	"sesame/transit/way/punch"
)

// udpLanes returns Lanes on loopback that have nothing but UDP.
func udpLanes(t testing.TB, role Role) *Lanes {
	t.Helper()
	full, err := (&LanesConfig{Config: Config{AllowLoopback: true, Relays: []Relay{}, Ways: new(way.Set).With(punch.Way{})}}).withDefaults()
	if err != nil {
		t.Fatal(err)
	}
	at := plainStation(role, &full.Config, addr.Own(), nil, false)
	if len(at.finders) == 0 {
		t.Fatal("no UDP")
	}
	ls := newLanes(role, full, at)
	t.Cleanup(func() { ls.Close() })
	return ls
}

// soon returns the next lane within seconds.
func soon(t testing.TB, ls *Lanes) *Lane {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 15*time.Second)
	defer cancel()
	l, err := ls.Next(ctx)
	if err != nil {
		t.Fatal(err, ls.NoPath())
	}
	return l
}

// echo returns every record on every lane of ls, until that is closed, and tells
// how each lane ended: nil if with a final record.
func echo(ls *Lanes, ended chan<- error) {
	for {
		l, err := ls.Next(context.Background())
		if err != nil {
			return
		}
		go func() {
			defer l.Close()
			for {
				typ, p, err := l.Read()
				buf := make([]byte, len(p)+record.Overhead)
				copy(buf[record.HeaderSize:], p)
				if err == nil && typ != record.Final {
					err = l.Write(typ, buf, len(p))
				}
				if err != nil || typ == record.Final {
					ended <- err
					return
				}
			}
		}()
	}
}

// Fails if two sides that have only UDP don't get the lanes they want, if those
// aren't told from TCP, or if the final record is lost when both sides close.
func TestPunchedLanes(t *testing.T) {
	s, r := udpLanes(t, Leader), udpLanes(t, Follower)
	s.Start(testKeys("session"), r.Hints())
	r.Start(testKeys("session"), s.Hints())
	ended := make(chan error, 10)
	go echo(r, ended)
	for range 4 {
		l := soon(t, s)
		if p := l.Path(); p.Tier() != way.Punched || p.Kind.Relayed() || !p.Datagrams() || (Path{Kind: Direct}).Datagrams() || (Path{Kind: RelayTCP}).Datagrams() {
			t.Errorf("path %+v", p)
		}
		text := strings.Repeat("open sesame ", 10000)
		buf := make([]byte, len(text)+record.Overhead)
		copy(buf[record.HeaderSize:], text)
		if err := l.Write(7, buf, len(text)); err != nil {
			t.Fatal(err)
		}
		if typ, p, err := l.Read(); err != nil || typ != 7 || string(p) != text {
			t.Fatalf("type %d, %d bytes, %v", typ, len(p), err)
		}
		begun := time.Now()
		l.Close()
		if err := <-ended; err != nil {
			t.Errorf("no final record: %v", err)
		}
		if took := time.Since(begun); took > drainTime {
			t.Errorf("closing took %v", took)
		}
	}
}

// Fails if somebody who ends connections in between, and has even the keys of the checks,
// gets the two sides to take him for each other.
//
//	sender ── line ── in between ── line ── receiver
func TestManInTheMiddleOfUDP(t *testing.T) {
	s, r := udpLanes(t, Leader), udpLanes(t, Follower)
	middle := map[bool]*punch.Agent{}
	for _, sender := range []bool{true, false} {
		agent, err := punch.Listen(punch.Config{
			Leader: sender, Addrs: []netip.Addr{netip.MustParseAddr("127.0.0.1")}, Logger: s.cfg.Logger,
			Allow: func(netip.AddrPort) bool { return true },
		})
		if err != nil {
			t.Fatal(err)
		}
		defer agent.Close()
		middle[sender] = agent
	}
	s.Start(testKeys("session"), udpHints(middle[false].Candidates()))
	r.Start(testKeys("session"), udpHints(middle[true].Candidates()))
	middle[false].SetPeer(way.Addresses(typeUDP, s.Hints()))
	middle[true].SetPeer(way.Addresses(typeUDP, r.Hints()))
	for _, agent := range middle {
		agent.Start(testKeys("session"))
	}
	for len(middle[true].Open()) == 0 {
		<-middle[true].Changed()
	}
	fromSender, err := middle[false].Accept()
	if err != nil {
		t.Fatal(err)
	}
	toReceiver, err := middle[true].Dial(t.Context(), middle[true].Open()[0])
	if err != nil {
		t.Fatal(err)
	}
	crossed := make(chan int64, 2)
	for _, side := range [][2]net.Conn{{fromSender, toReceiver}, {toReceiver, fromSender}} {
		go func() {
			n, _ := io.Copy(side[0], side[1])
			side[0].Close()
			crossed <- n
		}()
	}
	if n := <-crossed + <-crossed; n < helloSize || n > 2*helloSize {
		t.Errorf("%d bytes crossed, want hellos and nothing else", n)
	}
	for _, ls := range []*Lanes{s, r} {
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer cancel()
		if l, err := ls.Next(ctx); err == nil {
			t.Errorf("a lane by way of somebody else: %v", l.Path())
		}
	}
}

// hasUDP reports whether UDP ports are open.
func hasUDP(ls *Lanes) bool {
	return slices.ContainsFunc(ls.at.finders, func(f opened) bool { return f.way.Form().Type == typeUDP })
}

// udpHints writes UDP addresses as hints.
func udpHints(addrs []netip.AddrPort) (hints []Hint) {
	for _, a := range addrs {
		hints = append(hints, way.AddressHint(typeUDP, a))
	}
	return hints
}

// Fails if UDP is used, or offered, by who hides its addresses or has a proxy, or
// if a classic peer is told of it.
func TestNoUDP(t *testing.T) {
	dialer := func(context.Context, string, string) (net.Conn, error) { return nil, net.ErrClosed }
	for name, cfg := range map[string]Config{
		"relay only": {NoDirect: true},
		"a dialer":   {Dialer: dialer},
		"a proxy":    {NoUDP: true},
	} {
		ls, err := OpenLanes(t.Context(), Leader, &LanesConfig{Config: cfg})
		if err != nil {
			t.Fatal(err)
		}
		defer ls.Close()
		if hasUDP(ls) || len(way.Addresses(typeUDP, ls.Hints())) > 0 {
			t.Errorf("%s: UDP", name)
		}
	}
	ls, err := OpenLanes(t.Context(), Leader, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer ls.Close()
	if len(way.Addresses(typeUDP, ls.Hints())) == 0 {
		t.Error("no UDP for a native peer")
	}
	e, err := Listen(t.Context(), Leader, bytes.Repeat([]byte{1}, KeySize), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	if b, err := json.Marshal(e.Message()); err != nil || bytes.Contains(b, []byte("udp")) {
		t.Errorf("a classic peer gets %s", b)
	}
}

// Fails if UDP hints don't survive the way to the peer, or if names, ports that
// aren't any, or very many of them do.
func TestUDPHints(t *testing.T) {
	want := []netip.AddrPort{netip.MustParseAddrPort("203.0.113.7:4321"), netip.MustParseAddrPort("[2001:db8::7]:4321")}
	b, err := json.Marshal(Message{Hints: udpHints(want)})
	if err != nil {
		t.Fatal(err)
	}
	var m Message
	if err := json.Unmarshal(b, &m); err != nil {
		t.Fatal(err)
	}
	if got := way.Addresses(typeUDP, m.Hints); fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("got %v from %s", got, b)
	}
	many := `{"hints-v1":[{"type":"sesame-udp-v1","hostname":"evil.example","port":4000},
		{"type":"sesame-udp-v1","hostname":"203.0.113.7","port":0},
		{"type":"relay-v1","hints":[{"type":"sesame-udp-v1","hostname":"203.0.113.7","port":4000}]}`
	for n := range 1000 {
		many += fmt.Sprintf(`,{"type":"sesame-udp-v1","hostname":"203.0.113.7","port":%d}`, 4000+n)
	}
	if err := json.Unmarshal([]byte(many+"]}"), &m); err != nil {
		t.Fatal(err)
	}
	if got := way.Addresses(typeUDP, m.Hints); len(got) != 32 {
		t.Errorf("%d addresses", len(got))
	}
	kept := mergeHints(Ways(), m.Hints, append(udpHints(want), Hint{Type: typeDirect, Hostname: "203.0.113.7", Port: 1}))
	if n := len(kept); n != 33 {
		t.Errorf("%d hints are kept", n)
	}
}
