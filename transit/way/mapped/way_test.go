package mapped

import (
	"log/slog"
	"net/netip"
	"testing"
	"time"

	"sesame/transit/way"
)

// Fails if ports at which other ways listen aren't asked for, if those don't get to
// know where the router leads to them, also after they have others, or if anything
// stays behind.
func TestWay(t *testing.T) {
	r := (&router{pcp: true}).start(t)
	site := way.NewSite(way.Config{Logger: slog.New(slog.DiscardHandler)}, true, nil)
	listens := func(n way.Network, port uint16) {
		site.Listens(n, netip.AddrPortFrom(netip.IPv6Unspecified(), port))
	}
	listens(way.TCP, 40001)
	listens(way.UDP4, 40002)
	w := Way{Config{Gateway: func() (netip.Addr, error) { return r.orders().Addr(), nil }, controlPort: r.orders().Port(), searchPort: r.search().Port()}}
	f, err := w.Open(t.Context(), site)
	if err != nil {
		t.Fatal(err)
	}
	led := func(n way.Network, want string) {
		t.Helper()
		for {
			if at, ok := site.Led(n); ok && at.String() == want {
				return
			}
			select {
			case <-f.Changed():
			case <-time.After(10 * time.Second):
				at, _ := site.Led(n)
				t.Fatalf("the router leads %v to port %d, want %s", at, site.Port(n), want)
			}
		}
	}
	led(way.TCP, "203.0.113.9:40001")
	led(way.UDP4, "203.0.113.9:40002")
	listens(way.UDP4, 40003)
	if at, ok := site.Led(way.UDP4); ok {
		t.Errorf("%v is told of a port that isn't mapped", at)
	}
	f.Moved(true, true)
	led(way.UDP4, "203.0.113.9:40003")
	f.Close()
	if left := r.mapped(); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}
