package transit

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"sesame/transit/way"
)

// A grower is Lanes whose every lane is read, as by a session, and counted.
type grower struct {
	*Lanes
	up     atomic.Int32 // lanes at present
	direct atomic.Int32 // of them, those through no relay
	come   chan struct{}
	mine   sync.WaitGroup // goroutines of the test
}

func openGrower(t *testing.T, role Role, cfg Config) *grower {
	t.Helper()
	ls, err := OpenLanes(t.Context(), role, &LanesConfig{Config: cfg})
	if err != nil {
		t.Fatal(err)
	}
	g := &grower{Lanes: ls, come: make(chan struct{}, 1)}
	t.Cleanup(func() { ls.Close(); g.mine.Wait() })
	g.mine.Go(func() {
		for {
			l, err := ls.Next(context.Background())
			if err != nil {
				return
			}
			g.count(l, 1)
			g.mine.Go(func() {
				defer l.Close()
				defer g.count(l, -1)
				for {
					if _, _, err := l.Read(); err != nil {
						return
					}
				}
			})
		}
	})
	return g
}

func (g *grower) count(l *Lane, by int32) {
	if !l.path.Kind.Relayed() {
		g.direct.Add(by)
	}
	g.up.Add(by)
	notify(g.come)
}

// await waits until something is true of the lanes.
func (g *grower) await(t *testing.T, what string, is func(up, direct int32) bool) {
	t.Helper()
	late := time.After(20 * time.Second)
	for !is(g.up.Load(), g.direct.Load()) {
		select {
		case <-g.come:
		case <-late:
			t.Fatalf("%d lanes, %d of them direct, want %s", g.up.Load(), g.direct.Load(), what)
		}
	}
}

// holds waits until there are so many.
func (g *grower) holds(t *testing.T, n int32) {
	t.Helper()
	g.await(t, fmt.Sprint(n), func(up, _ int32) bool { return up == n })
}

// tell tells the other what this side would be reached by, as by mail, whenever that
// has changed.
func (g *grower) tell(t *testing.T, other *grower) {
	t.Helper()
	g.mine.Go(func() {
		for {
			select {
			case <-g.Changed():
				hints, seen := g.Refresh()
				other.AddHints(overMail(t, hints), seen)
			case <-g.work.ctx.Done():
				return
			}
		}
	})
}

func overMail(t *testing.T, hints []Hint) []Hint {
	b, err := json.Marshal(Message{Hints: hints})
	var m Message
	if err == nil {
		err = json.Unmarshal(b, &m)
	}
	if err != nil {
		t.Error(err)
	}
	return m.Hints
}

// startGrowing begins a session of two.
func startGrowing(t *testing.T, a, b *grower) {
	t.Helper()
	fromA, fromB := overMail(t, a.Hints()), overMail(t, b.Hints())
	a.Start(testSecret, fromB)
	b.Start(testSecret, fromA)
	a.tell(t, b)
	b.tell(t, a)
}

// testSecret is a session's key.
func testSecret(purpose string, size int) []byte {
	return []byte(strings.Repeat(purpose, 1+size/len(purpose)))[:size]
}

// want has a side hold so many lanes, as if that had been found out.
func (g *grower) want(t way.Tier, n int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.hunt.growth(t).want = n
	g.hunt.growth(t).state = resting
	g.hunt.growth(t).since = time.Now()
	g.hunt.keep(t, n)
	g.hunt.ask(time.Now())
	g.hunt.step(event{kind: tick}, time.Now())
	notify(g.changed)
	notify(g.kick)
}

// Fails if lanes through a relay don't come up on both sides when the leader wants more,
// if there are more than the relay bears, or if two of them have one number there.
func TestMoreLanesAtRelay(t *testing.T) {
	relay, at := StartTestRelay(t)
	at.URL, at.Lanes = "", 4
	cfg := Config{NoDirect: true, Relays: []Relay{at}}
	leader, follower := openGrower(t, Leader, cfg), openGrower(t, Follower, cfg)
	startGrowing(t, leader, follower)
	leader.holds(t, 1)
	follower.holds(t, 1)
	leader.want(way.Relayed, 4)
	leader.holds(t, 4)
	follower.holds(t, 4)
	leader.want(way.Relayed, 8) // which growth wouldn't
	tokens := map[string]int{}
	for _, line := range relay.Lines() {
		tokens[relayLineForm.FindStringSubmatch(line)[1]]++
	}
	if len(tokens) != 4 || leader.up.Load() != 4 {
		t.Errorf("%d lanes, with tokens %v", leader.up.Load(), tokens)
	}
}

// Fails if a side that wants a relay's lane beside direct ones doesn't get one, whichever
// of the two it is; or if a relay is dialled at all where direct lanes stand in time and
// nobody wants that.
func TestRelayBesideDirect(t *testing.T) {
	for _, role := range []Role{Leader, Follower} {
		leader, follower := directInTime(t)
		asks := map[Role]*grower{Leader: leader, Follower: follower}[role]
		asks.Relay(true)
		for _, g := range []*grower{leader, follower} {
			g.await(t, "one through the relay", func(up, direct int32) bool { return up > direct })
		}
	}
}

// directInTime returns two that have direct lanes, and a relay that neither has asked. On
// a busy computer it may take until a relay's turn before lanes stand: then it begins anew.
func directInTime(t *testing.T) (leader, follower *grower) {
	t.Helper()
	for range 50 {
		relay, at := StartTestRelay(t)
		at.Lanes = 1
		cfg := Config{AllowLoopback: true, NoUDP: true, NoPortMapping: true, Relays: []Relay{at}}
		leader, follower = openGrower(t, Leader, cfg), openGrower(t, Follower, cfg)
		turn := time.Now().Add(lanePace.relayStep)
		startGrowing(t, leader, follower)
		for _, g := range []*grower{leader, follower} {
			g.await(t, "two direct", func(_, direct int32) bool { return direct >= 2 })
		}
		if time.Now().After(turn) {
			leader.Close()
			follower.Close()
			continue
		}
		time.Sleep(time.Until(turn.Add(lanePace.relayStep))) // it is what must not happen until then
		if n := len(relay.Lines()); n != 0 {
			t.Errorf("the relay was asked %d times", n)
		}
		return leader, follower
	}
	t.Fatal("no two lanes ever came up in time")
	return nil, nil
}

// Fails if the two sides of lanes that both have dialled both decide how many there are:
// each would close what the other has asked for.
func TestWhoGrows(t *testing.T) {
	for _, c := range []struct {
		kind                 Kind
		ours, theirs         int // lanes that the leader has dialled, and the follower
		byLeader, byFollower bool
	}{
		{Direct, 1, 0, true, false},
		{Direct, 0, 1, false, true},
		{Direct, 1, 1, true, false},
		{ThroughNAT, 2, 2, true, false},
		{ThroughNAT, 1, 0, true, false},
		{SameMachine, 1, 1, false, false},
	} {
		for _, role := range []Role{Leader, Follower} {
			h := hunt{search: newSearch(newLadder(2, time.Now()), nil), held: map[*Lane]bool{}, crop: newCrop(role, 2)}
			h.rungs[0], h.order = &rung{proven: true, most: maxLanes}, []int{0}
			dialled, accepted := c.ours, c.theirs
			want := c.byLeader
			if role == Follower {
				dialled, accepted, want = accepted, dialled, c.byFollower
			}
			for range dialled {
				h.held[&Lane{path: Path{Kind: c.kind}, gait: gait{ours: true}}] = true
			}
			for range accepted {
				h.held[&Lane{path: Path{Kind: c.kind}}] = true
			}
			h.lanes[way.Straight] = len(h.held)
			if got := h.grows(way.Straight); got != want {
				t.Errorf("%v, %d dialled by the leader, %d by the follower: role %v decides: %v", c.kind, c.ours, c.theirs, role, got)
			}
		}
	}
}

// Fails if a side that decides how many lanes there are doesn't learn from the other one, which sends,
// that their line has room; or takes that for more lanes than it was said of.
func TestRoomIsTold(t *testing.T) {
	leader, follower := directInTime(t)
	sees := func(rob bool) {
		follower.mu.Lock()
		defer follower.mu.Unlock()
		for l := range follower.hunt.held {
			l.gait = gait{counts: true, slowed: true, robbed: rob}
		}
	}
	told := func(lanes, wanted int) bool {
		leader.mu.Lock()
		defer leader.mu.Unlock()
		h := &leader.hunt
		held, n := h.held, h.wants.lanes[way.Straight]
		defer func() { h.held, h.wants.lanes[way.Straight] = held, n }()
		h.held = map[*Lane]bool{}
		for l := range held {
			h.held[l] = len(h.held) < lanes
		}
		for len(h.held) < lanes {
			h.held[&Lane{path: Path{Kind: Direct}, s: newStream(nil)}] = true
		}
		h.wants.lanes[way.Straight] = wanted
		return h.carriage(way.Straight).room
	}
	n := int(follower.direct.Load())
	sees(false)
	follower.grow()
	if told(n, n) {
		t.Error("there is room, and nothing was lost")
	}
	sees(true)
	follower.grow()
	for deadline := time.Now().Add(20 * time.Second); !told(n, n); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("who decides never learns that there is room")
		}
	}
	if told(n+1, n+1) || told(n, 2*n) {
		t.Errorf("of %d lanes it was said, and it holds for more", n)
	}
}
