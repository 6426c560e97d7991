package transit_test

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"sesame/relay"
	"sesame/transit"
	"sesame/transit/record"
)

// sessionKey returns the keys of a session by purpose.
func sessionKey(session string) func(string, int) []byte {
	return func(purpose string, size int) []byte {
		sum := sha256.Sum256([]byte(session + "\x00" + purpose))
		return sum[:size]
	}
}

// openLanes returns Lanes that are closed with the test.
func openLanes(t testing.TB, role transit.Role, cfg transit.Config) *transit.Lanes {
	t.Helper()
	ls, err := transit.OpenLanes(t.Context(), role, &transit.LanesConfig{Config: cfg, Suite: record.AES256GCM})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ls.Close() })
	return ls
}

// hintsOverWire returns hints as the peer reads them.
func hintsOverWire(t testing.TB, hints []transit.Hint) []transit.Hint {
	t.Helper()
	b, err := json.Marshal(transit.Message{Hints: hints})
	if err != nil {
		t.Fatal(err)
	}
	var m transit.Message
	if err := json.Unmarshal(b, &m); err != nil {
		t.Fatal(err)
	}
	return m.Hints
}

// startBoth begins a session between two Lanes.
func startBoth(t testing.TB, s, r *transit.Lanes) {
	t.Helper()
	fromSender, fromReceiver := hintsOverWire(t, s.Hints()), hintsOverWire(t, r.Hints())
	s.Start(sessionKey("session"), fromReceiver)
	r.Start(sessionKey("session"), fromSender)
}

// next returns the next lane within seconds.
func next(t testing.TB, ls *transit.Lanes) *transit.Lane {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 15*time.Second)
	defer cancel()
	l, err := ls.Next(ctx)
	if err != nil {
		t.Fatal(err, ls.NoPath())
	}
	return l
}

// write sends text on a lane.
func write(l *transit.Lane, typ byte, text string) error {
	buf := make([]byte, len(text)+record.Overhead)
	copy(buf[record.HeaderSize:], text)
	return l.Write(typ, buf, len(text))
}

// A party answers on every lane that comes up: each record comes back. It says
// which lanes it had.
type party struct {
	ls      *transit.Lanes
	running sync.WaitGroup
	mu      sync.Mutex
	lanes   []*transit.Lane
}

func newParty(ls *transit.Lanes) *party {
	p := &party{ls: ls}
	p.running.Go(func() {
		for {
			l, err := ls.Next(context.Background())
			if err != nil {
				return
			}
			p.mu.Lock()
			p.lanes = append(p.lanes, l)
			p.mu.Unlock()
			p.running.Go(func() {
				defer l.Close()
				for {
					typ, b, err := l.Read()
					if err != nil || typ == record.Final || write(l, typ, string(b)) != nil {
						return
					}
				}
			})
		}
	})
	return p
}

// close ends both sides together.
func (p *party) close(other *transit.Lanes) {
	p.running.Go(func() { other.Close() })
	p.ls.Close()
	p.running.Wait()
}

// echo sends a record and waits until it has come back.
func echo(t testing.TB, l *transit.Lane, text string) {
	t.Helper()
	if err := write(l, 7, text); err != nil {
		t.Fatal(err)
	}
	typ, p, err := l.Read()
	if err != nil || typ != 7 || string(p) != text {
		t.Fatalf("type %d, %d bytes, %v", typ, len(p), err)
	}
}

var (
	loopback = transit.Config{AllowLoopback: true, Relays: []transit.Relay{}}
	large    = strings.Repeat("open sesame ", 20000)
)

func TestLanesDirect(t *testing.T) {
	s, r := openLanes(t, transit.Leader, loopback), openLanes(t, transit.Follower, loopback)
	p := newParty(r)
	defer p.close(s)
	startBoth(t, s, r)
	for range 2 {
		l := next(t, s)
		if got := l.Path().Words(); got != "direct, same machine" {
			t.Errorf("path %q", got)
		}
		echo(t, l, "")
		echo(t, l, large)
		if d := l.Idle(); d < 0 || d > time.Minute {
			t.Errorf("idle for %v", d)
		}
	}
}

// startRelay runs a relay of this project.
func startRelay(t testing.TB) (server *relay.Server, at transit.Relay, stop func()) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server = relay.New(nil)
	served := make(chan error, 1)
	go func() { served <- server.Serve(l) }()
	var once sync.Once
	stop = func() {
		once.Do(func() {
			ctx, cancel := context.WithCancel(context.Background())
			cancel()
			server.Shutdown(ctx)
			<-served
		})
	}
	t.Cleanup(stop)
	return server, transit.Relay{Address: l.Addr().String(), URL: "ws://" + l.Addr().String() + "/transit"}, stop
}

func TestLanesByRelay(t *testing.T) {
	_, at, _ := startRelay(t)
	tcp, ws := transit.Relay{Address: at.Address}, transit.Relay{URL: at.URL}
	for _, c := range []struct {
		name             string
		sender, receiver []transit.Relay
		want             string
	}{
		{"TCP", []transit.Relay{tcp}, []transit.Relay{tcp}, "relay 127.0.0.1"},
		{"WebSocket", []transit.Relay{ws}, []transit.Relay{ws}, "relay 127.0.0.1 (WebSocket)"},
		{"TCP meets WebSocket", []transit.Relay{tcp}, []transit.Relay{ws}, "relay 127.0.0.1"},
		{"both addresses", []transit.Relay{at}, []transit.Relay{at}, "relay 127.0.0.1"},
		{"the peer's", []transit.Relay{}, []transit.Relay{tcp}, "relay 127.0.0.1, chosen by the other side"},
	} {
		t.Run(c.name, func(t *testing.T) {
			hidden := transit.Config{NoDirect: true, AllowLoopback: true, OwnRelaysOnly: len(c.sender) > 0}
			hidden.Relays = c.sender
			s := openLanes(t, transit.Leader, hidden)
			hidden.Relays = c.receiver
			r := openLanes(t, transit.Follower, hidden)
			p := newParty(r)
			defer p.close(s)
			startBoth(t, s, r)
			l := next(t, s)
			if got := l.Path().Words(); got != c.want {
				t.Errorf("path %q, want %q", got, c.want)
			}
			echo(t, l, large)
			for range 20 {
				echo(t, l, "again")
			}
		})
	}
}

// thatHears returns the one of all lanes on which a text comes first.
func thatHears(t *testing.T, ls *transit.Lanes, text string) *transit.Lane {
	t.Helper()
	ctx, found := context.WithTimeout(t.Context(), 15*time.Second)
	defer found()
	heard := make(chan *transit.Lane)
	go func() {
		for {
			l, err := ls.Next(ctx)
			if err != nil {
				return
			}
			go func() {
				if _, p, err := l.Read(); err == nil && string(p) == text {
					select {
					case heard <- l:
					case <-ctx.Done():
					}
				}
			}()
		}
	}()
	select {
	case l := <-heard:
		return l
	case <-ctx.Done():
		t.Fatalf("%q comes on no lane: %v", text, ls.NoPath())
		return nil
	}
}

// Close tells the peer that the lane ends, also while it reads and writes.
func TestLaneCloseIsOrderly(t *testing.T) {
	_, at, _ := startRelay(t)
	for _, c := range []struct {
		name string
		cfg  transit.Config
	}{
		{"direct", loopback},
		{"relay", transit.Config{NoDirect: true, Relays: []transit.Relay{{Address: at.Address}}}},
		{"WebSocket", transit.Config{NoDirect: true, Relays: []transit.Relay{{URL: at.URL}}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, r := openLanes(t, transit.Leader, c.cfg), openLanes(t, transit.Follower, c.cfg)
			startBoth(t, s, r)
			// Both sides may have several, in any order: one word on each.
			a := next(t, s)
			if err := write(a, 9, "first"); err != nil {
				t.Fatal(err)
			}
			b := thatHears(t, r, "first")
			reading := make(chan bool, 1)
			go func() { typ, _, err := a.Read(); reading <- err != nil || typ == record.Final }()
			begun := time.Now()
			closed := make(chan struct{})
			go func() { a.Close(); close(closed) }()
			if typ, p, err := b.Read(); err != nil || typ != record.Final || len(p) > 0 {
				t.Errorf("read %d, %q, %v; want the final record", typ, p, err)
			}
			if _, _, err := b.Read(); err != io.EOF {
				t.Errorf("after the final record: %v", err)
			}
			b.Close()
			<-closed
			if !<-reading {
				t.Error("a read survived Close")
			}
			if took := time.Since(begun); took > 1500*time.Millisecond {
				t.Errorf("took %v", took)
			}
			if err := write(a, 9, "late"); !errors.Is(err, net.ErrClosed) {
				t.Errorf("write after Close: %v", err)
			}
		})
	}
}
