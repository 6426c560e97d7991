// Package mapped has the router in front of this computer lead ports of its
// public address here, so that a peer can connect to them.
//
//	Port Control Protocol   RFC 6887   UDP port 5351   pcp.go
//	NAT-PMP                 RFC 6886   the same port   natpmp.go
//	UPnP IGD v1, v2                    SSDP, SOAP      ssdp.go, upnp.go
//
// Only the default gateway is asked, and only its answers count. It isn't trusted:
// any computer in a network can pose as the gateway. All it can make of us is a
// wrong address in our hints, at which the peer finds somebody who doesn't have the
// session's key. Answers are bounded in size and time.
//
// Mappings are asked for with a lifetime of ten minutes and renewed, so those of a
// program that was killed end by themselves. Source: doc/transit.md §7.
package mapped

import (
	"context"
	"errors"
	"log/slog"
	"net/netip"
	"time"

	"sesame/internal/addr"
)

// A Protocol is what a mapped port is for.
type Protocol int

const (
	TCP Protocol = iota + 1
	UDP
)

// String returns "TCP" or "UDP", as UPnP has it.
func (p Protocol) String() string {
	if p == UDP {
		return "UDP"
	}
	return "TCP"
}

// lifetime is how long a mapping is asked for.
const lifetime = 10 * time.Minute

// Bounds of one exchange with the router, in time and bytes.
const (
	findTime  = 4 * time.Second // until the router has shown what it speaks
	askTime   = 3 * time.Second // for one mapping, then
	leaveTime = time.Second     // to give all back
	// lastWordTime is for what was asked for by PCP and never granted.
	lastWordTime = 100 * time.Millisecond
	maxPacket    = 1100     // RFC 6887 §7; SSDP answers are smaller
	maxText      = 64 << 10 // of a description or an answer of UPnP
)

// A request is a mapping that is asked for.
type request struct {
	protocol Protocol
	port     uint16 // ours
	external uint16 // that the router had, or should better have; any if 0
}

// A grant is what the router gives.
type grant struct {
	external netip.AddrPort
	life     time.Duration
}

// A speaker speaks one protocol with the router. It may be used by one goroutine
// at a time.
type speaker interface {
	name() string
	// open makes or renews a mapping.
	open(ctx context.Context, r request) (grant, error)
	// close removes one, if it is there.
	close(ctx context.Context, r request) error
}

// Why there is no mapping.
var (
	errNotNeeded = errors.New("this computer's own address is public")
	errSilent    = errors.New("the router doesn't answer")
	errRefused   = errors.New("the router refuses")
	errStrange   = errors.New("the router's answer makes no sense")
	errPrivate   = errors.New("the router's own address isn't public: there is another translator behind it")
	errForever   = errors.New("the router only maps ports for good, which would outlive this program")
)

// public reports whether a peer anywhere could connect to a, over IPv4, which
// routers translate.
func public(a netip.AddrPort) bool {
	return a.Addr().Is4() && a.Port() != 0 && addr.KindOf(a.Addr()) == addr.Public
}

// check returns g if it is of use.
func (g grant) check() (grant, error) {
	switch {
	case g.life <= 0 || g.external.Port() == 0:
		return grant{}, errStrange
	case !public(g.external):
		return grant{}, errPrivate
	}
	g.life = min(g.life, 24*time.Hour)
	return g, nil
}

func silentLogger(l *slog.Logger) *slog.Logger {
	if l == nil {
		return slog.New(slog.DiscardHandler)
	}
	return l
}
