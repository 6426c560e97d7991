package open

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"testing"
	"time"

	"sesame/internal/addr"
	"sesame/internal/stun"
	"sesame/transit/way"
)

// mirrors answers everybody with where he comes from, as often as he asks.
func mirrors(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				for {
					b := make([]byte, stun.HeaderSize)
					if _, err := io.ReadFull(c, b); err != nil {
						return
					}
					c.Write(reply(b, addr.Of(c.RemoteAddr())))
				}
			}()
		}
	}()
	return l.Addr().String()
}

// Fails if a further lane doesn't come from a port that the peer has been told of, before
// or no later than it is dialled; or if the peer is told of the port for ever.
func TestFurtherPort(t *testing.T) {
	lb, b := shared(t)
	changed := make(chan struct{}, 1)
	fan := &fan{ctx: t.Context(), changed: changed, at: way.NewSite(way.Config{Logger: slog.New(slog.DiscardHandler), STUN: []string{mirrors(t)}}, true, nil)}
	conns := make(chan net.Conn, 1)
	go func() {
		conn, err := fan.dial(t.Context(), b)
		if err != nil {
			t.Error(err)
		}
		conns <- conn
	}()
	var hints []way.Hint
	for len(hints) == 0 {
		<-changed
		hints = fan.hints()
	}
	named := way.Addresses(typeOpen, hints)
	if !hints[0].Further || len(named) != 1 {
		t.Fatalf("the peer is told of %+v", hints)
	}
	lb.SetDeadline(time.Now().Add(-time.Second))
	if early, err := lb.Accept(); err == nil {
		t.Errorf("%v before the peer was told", early.RemoteAddr())
	}
	lb.SetDeadline(time.Time{})
	told := time.Now()
	fan.tell(hints)
	in, err := lb.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	if passed := time.Since(told); passed < furtherWait-10*time.Millisecond {
		t.Errorf("%v after the peer was told", passed)
	}
	if from := addr.Of(in.RemoteAddr()); from != named[0] {
		t.Errorf("it comes from %v, and the peer was told %v", from, named[0])
	}
	conn := <-conns
	if conn == nil {
		t.FailNow()
	}
	defer conn.Close()
	if hints := fan.hints(); len(hints) > 0 {
		t.Errorf("the peer is still told of %v", hints)
	}
}

// Fails if a peer that lets no further lane come about, or closes each of them, has us open
// ports without end; or if one that is dialled in vain isn't tried again at all.
func TestFurtherPortsAreBounded(t *testing.T) {
	for name, works := range map[string]func(n int) bool{
		"in vain":       func(int) bool { return false },
		"always":        func(int) bool { return true },
		"now and again": func(n int) bool { return n%4 == 0 },
	} {
		fan, n := &fan{}, 0
		for ; n < 1000 && fan.begin(); n++ {
			fan.came(works(n))
		}
		want := map[bool]int{true: furtherVain, false: furtherTotal}[name == "in vain"]
		if n != want {
			t.Errorf("%s: %d ports, want %d", name, n, want)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	f, _ := openAt(t)
	if conn, err := f.(*finder).fan.dial(ctx, netip.MustParseAddrPort("127.0.0.1:4000")); err == nil {
		conn.Close()
		t.Error("a lane after the end")
	}
}

// Fails if the follower doesn't dial what the leader names, dials more than there may be,
// or what the policy forbids; or if the leader, who takes further ports, dials the peer's.
func TestFurtherRoutes(t *testing.T) {
	f, site := openAt(t, "192.168.1.7/24")
	hints := openHintsOf("203.0.113.7:4000", "203.0.113.7:22")
	for n := range 100 {
		hints = append(hints, openHintsOf(fmt.Sprintf("203.0.113.7:%d", 5000+n), "127.0.0.1:4000")...)
		hints[len(hints)-1].Further, hints[len(hints)-2].Further = true, true
	}
	for _, leads := range []bool{true, false} {
		site.Leads = leads
		routes, _ := f.Peer(hints)
		further := 0
		for _, rt := range routes {
			if rt.Further {
				further++
			}
			if most := max(rt.Lanes, 1); most > 1 != (leads && !rt.Further) || most > way.MaxLanes || (rt.More != nil) != (most > 1) {
				t.Errorf("leads: %v: %d lanes to %s, further: %v", leads, most, rt.Path.Remote, rt.Further)
			}
		}
		if want := map[bool]int{true: 0, false: maxFurther}[leads]; further != want || len(routes) != want+1 {
			t.Errorf("leads: %v: %d routes, %d of them to further ports, want %d", leads, len(routes), further, want)
		}
	}
}
