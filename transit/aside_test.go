package transit

import (
	"context"
	"testing"
	"time"

	"sesame/transit/way"
)

// A gossip is a way that only talks.
type gossip struct {
	talks chan func([]byte)
	heard chan string
}

func newGossip() gossip { return gossip{make(chan func([]byte), 8), make(chan string, 64)} }

func (gossip) Form() way.Form                                        { return way.Form{} }
func (gossip) Tier() way.Tier                                        { return way.Straight }
func (gossip) Classic() bool                                         { return false }
func (gossip) Allowed(*way.Config) bool                              { return true }
func (g gossip) Open(context.Context, *way.Site) (way.Finder, error) { return gossiper{gossip: g}, nil }

type gossiper struct {
	way.Plain
	gossip
}

func (g gossiper) Talk(say func([]byte))      { g.talks <- say }
func (g gossiper) Hear(b []byte, _ time.Time) { g.heard <- string(b) }

// Fails if what ways say to each other over a relay is lost, or comes to who reads the
// lane; or if more of it is passed on than may be said.
func TestAside(t *testing.T) {
	_, at := StartTestRelay(t)
	var sides [2]*Lanes
	ways := [2]gossip{newGossip(), newGossip()}
	for i, role := range []Role{Leader, Follower} {
		ls, err := OpenLanes(t.Context(), role, &LanesConfig{Config: Config{NoDirect: true, AllowLoopback: true, Relays: []Relay{at}, Ways: Ways().With(ways[i])}})
		if err != nil {
			t.Fatal(err)
		}
		defer ls.Close()
		sides[i] = ls
	}
	hints := [2][]Hint{sides[0].Hints(), sides[1].Hints()}
	for i, ls := range sides {
		ls.Start(testKeys("session"), hints[1-i])
	}
	read := make(chan string, 1)
	var first *Lane
	for i, ls := range sides {
		l, err := ls.Next(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if i == 0 {
			first = l
		}
		go func() {
			for {
				typ, p, err := l.Read()
				if err != nil || typ == 0 {
					return
				}
				read <- string(p)
			}
		}()
	}
	say := [2]func([]byte){<-ways[0].talks, <-ways[1].talks}
	say[1](make([]byte, way.MaxSaid+1))
	say[1]([]byte("to the leader"))
	say[0]([]byte("to the follower"))
	if got := <-ways[0].heard; got != "to the leader" {
		t.Errorf("the leader hears %q", got)
	}
	if got := <-ways[1].heard; got != "to the follower" {
		t.Errorf("the follower hears %q", got)
	}
	buf := append(make([]byte, 0, 100), "0123456789"...)
	if err := first.Write(1, buf, 3); err != nil {
		t.Fatal(err)
	}
	if got := <-read; len(got) != 3 {
		t.Errorf("%q was read", got)
	}
}
