//go:build unix

package transit_test

import (
	"context"
	"encoding/json"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"sesame/transit"
	"sesame/transit/way"
)

// A sockets way is a sort of path that only this test has: a socket in a directory
// that both sides see. It shows what a way has to be, and that nothing else has to
// know of it.
type sockets struct{ dir string }

const typeSocket = "test-socket-v1"

func (sockets) Form() way.Form {
	read := func(f way.Fields) (h way.Hint, _ int, ok bool) {
		ok = json.Unmarshal(f.URL, &h.URL) == nil && filepath.IsAbs(h.URL) && len(h.URL) <= way.MaxURL
		return h, 0, ok
	}
	write := func(h way.Hint) (any, bool) {
		return map[string]string{"type": typeSocket, "url": h.URL}, h.URL != ""
	}
	return way.Form{Type: typeSocket, Read: read, Write: write, Parsed: 4, Kept: 4}
}

func (sockets) Tier() way.Tier           { return way.Straight }
func (sockets) Classic() bool            { return true }
func (sockets) Allowed(*way.Config) bool { return true }

func (w sockets) Open(_ context.Context, at *way.Site) (way.Finder, error) {
	name := "follower"
	if at.Leads {
		name = "leader"
	}
	l, err := net.Listen("unix", filepath.Join(w.dir, name))
	if err != nil {
		return nil, err
	}
	return &socketFinder{l: l}, nil
}

type socketFinder struct {
	way.Plain
	l net.Listener
}

func (f *socketFinder) Hints() []way.Hint {
	return []way.Hint{{Type: typeSocket, URL: f.l.Addr().String()}}
}

func (f *socketFinder) Peer(hints []way.Hint) (routes []way.Route, _ []way.Attempt) {
	for _, h := range hints {
		if h.Type == typeSocket {
			dial := func(ctx context.Context) (net.Conn, error) { return new(net.Dialer).DialContext(ctx, "unix", h.URL) }
			routes = append(routes, way.Route{Path: way.Path{Kind: way.SameMachine, Remote: h.URL}, Dial: dial, Instead: -1})
		}
	}
	return routes, nil
}

func (f *socketFinder) Listener() way.Listener { return f }

func (f *socketFinder) Accept() (net.Conn, way.Path, error) {
	conn, err := f.l.Accept()
	return conn, way.Path{Kind: way.SameMachine, Remote: "a socket"}, err
}

func (f *socketFinder) Stop()        { f.l.Close() }
func (f *socketFinder) Close() error { return f.l.Close() }

// socketConfig allows that way and no other.
func socketConfig(dir string) transit.Config {
	return transit.Config{NoDirect: true, NoRelay: true, Ways: transit.Ways().With(sockets{dir})}
}

// socketDir is a directory whose name is short enough for sockets.
func socketDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "way")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

// Fails if a sort of path that this test alone has doesn't carry lanes.
func TestSeventhWayCarriesLanes(t *testing.T) {
	cfg := socketConfig(socketDir(t))
	s, r := openLanes(t, transit.Leader, cfg), openLanes(t, transit.Follower, cfg)
	p := newParty(r)
	defer p.close(s)
	fromS := overWire(t, transit.Message{Hints: s.Hints(), Ways: cfg.Ways})
	fromR := overWire(t, transit.Message{Hints: r.Hints(), Ways: cfg.Ways})
	s.Start(sessionKey("session"), fromR.Hints)
	r.Start(sessionKey("session"), fromS.Hints)
	for range 2 {
		l := next(t, s)
		if path := l.Path(); path.Kind != transit.SameMachine || !strings.HasPrefix(path.Label(), "direct ") {
			t.Errorf("path %+v", path)
		}
		echo(t, l, large)
		l.Close()
	}
}

// Fails if it doesn't carry the classic protocol, or if that doesn't name it among
// what a side can do.
func TestSeventhWayCarriesClassic(t *testing.T) {
	cfg := socketConfig(socketDir(t))
	s, r := listen(t, transit.Leader, &cfg), listen(t, transit.Follower, &cfg)
	fromS := overWire(t, s.Message())
	if !slices.Contains(fromS.Abilities, transit.Ability{Type: typeSocket}) || len(fromS.Hints) != 1 {
		t.Errorf("the peer is told %+v", fromS)
	}
	var other transit.Message // of a peer that doesn't have the way
	if b, _ := json.Marshal(s.Message()); json.Unmarshal(b, &other) != nil || len(other.Hints) != 0 || other.Dropped != 1 {
		t.Errorf("somebody without the way reads %+v", other)
	}
	a, b := connect(t, s, r)
	if path := a.Path(); path.Kind != transit.SameMachine {
		t.Errorf("path %+v", path)
	}
	exchange(t, a, b)
}

// Fails if two ways can have hints of one type, which nobody could tell apart.
func TestOneWayForEachType(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("no panic")
		}
	}()
	transit.Ways().With(sockets{}).With(sockets{})
}
