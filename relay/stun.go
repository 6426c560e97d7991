package relay

import (
	"hash/maphash"
	"log/slog"
	"net/netip"
	"time"

	"sesame/internal/tokens"
	"sesame/relay/stun"
)

// stunBuckets is how many counters there are: as many as keep a flood from random
// addresses from emptying the one of an honest client, whoever that is.
const stunBuckets = 4096

// A stunGate says which STUN requests are answered. The senders of UDP can be forged,
// so there is no counter for all together, which any flood would empty, and no table
// of sources, which it would fill: each network, an IPv4 /24 or an IPv6 /48, has one of
// a fixed number of counters, and shares it with those that have the same by a hash
// with a random key.
type stunGate struct {
	burst, period time.Duration
	began         time.Time
	seed          maphash.Seed
	left          [stunBuckets]tokens.Shared // their times count since began
}

func newSTUNGate(l Limits) *stunGate {
	period := time.Second / time.Duration(l.STUNPerSource)
	return &stunGate{
		burst:  time.Duration(4*l.STUNPerSource) * period,
		period: period, began: time.Now(), seed: maphash.MakeSeed(),
	}
}

// allow reports whether a request from an address may be answered, and counts it.
func (g *stunGate) allow(from netip.Addr) bool { return g.allowAt(from, time.Since(g.began)) }

func (g *stunGate) allowAt(from netip.Addr, now time.Duration) bool {
	left := &g.left[maphash.Comparable(g.seed, stunNetwork(from))%stunBuckets]
	return left.Allow(g.period, g.burst, now)
}

// stunNetwork returns what shares a counter in any case.
func stunNetwork(ip netip.Addr) netip.Prefix {
	ip = ip.Unmap().WithZone("")
	bits := 24
	if ip.Is6() {
		bits = 48
	}
	return netip.PrefixFrom(ip, bits).Masked()
}

// serveSTUN answers on sockets until they are closed.
func serveSTUN(at *stun.Listener, l Limits, log *slog.Logger) {
	if err := at.Serve(newSTUNGate(l).allow); err != nil {
		log.Warn("no STUN any more", "error", err)
	}
}
