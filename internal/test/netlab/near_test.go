//go:build linux

package netlab_test

import (
	"context"
	"net/netip"
	"testing"
	"time"

	"sesame/internal/test/netlab"
	"sesame/relay/stun"
	"sesame/transit/natkind"
)

// Fails if the TTL that is found doesn't get packets past the NATs of this side, or gets
// them further; or if one is found where ports are drawn.
//
//	STUN server ── Internet ── Router, … ── Host
func TestNear(t *testing.T) {
	drawing := netlab.Symmetric
	drawing.Unexpected = netlab.Answered
	carrier := netlab.CarrierGrade
	carrier.Unexpected = netlab.Answered
	for _, test := range []struct {
		name string
		nats []netlab.NAT
		want int
	}{
		{"one NAT", []netlab.NAT{netlab.PortRestricted}, 2},
		{"one that answers", []netlab.NAT{netlab.Answering}, 2},
		{"one that rejects", []netlab.NAT{netlab.Rejecting}, 2},
		{"two NATs", []netlab.NAT{netlab.CarrierGrade, netlab.PortRestricted}, 3},
		{"two that answer", []netlab.NAT{carrier, netlab.Answering}, 3},
		{"ports at random", []netlab.NAT{netlab.Symmetric}, 0},
		{"ports at random, and it answers", []netlab.NAT{drawing}, 0},
		{"no UDP", []netlab.NAT{netlab.SymmetricNoUDP}, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			i := netlab.NewInternet(t)
			server := netlab.NewHost(t, i, netlab.Wiring{})
			first, second := answering(t, server)
			var at netlab.Network = i
			link := &netlab.Link{Delay: 10 * time.Millisecond}
			for _, nat := range test.nats {
				at = netlab.NewRouter(t, at, nat, netlab.Wiring{Link: link})
				link = nil
			}
			h := netlab.NewHost(t, at, netlab.Wiring{})
			got := 0
			err := h.Do(func() error {
				ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
				defer cancel()
				for !test.nats[0].NoUDP { // until the network is there
					if r, err := natkind.Discover(ctx, []netip.AddrPort{first}); err != nil || r.Answered > 0 {
						break
					}
				}
				return natkind.Near(ctx, first, second, func(ttl int) { got = ttl })
			})
			if err != nil || got != test.want {
				t.Errorf("%d, %v, want %d", got, err, test.want)
			}
		})
	}
}

// answering runs a STUN server on a host, and returns its two ports.
func answering(t *testing.T, on *netlab.Host) (first, second netip.AddrPort) {
	t.Helper()
	var l *stun.Listener
	err := on.Do(func() (err error) {
		l, err = stun.Listen(netip.AddrPortFrom(on.Address, 3478).String())
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error)
	go func() { ended <- l.Serve(func(netip.Addr) bool { return true }) }()
	t.Cleanup(func() { l.Close(); <-ended })
	ports := l.Ports()
	if len(ports) != 2 {
		t.Fatal("it has one port")
	}
	return netip.AddrPortFrom(on.Address, uint16(ports[0])), netip.AddrPortFrom(on.Address, uint16(ports[1]))
}
