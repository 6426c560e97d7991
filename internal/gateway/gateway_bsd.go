//go:build darwin || dragonfly || freebsd || netbsd || openbsd

package gateway

import (
	"net/netip"
	"syscall"

	"golang.org/x/net/route"
)

func defaultGateway() (netip.Addr, error) {
	table, err := route.FetchRIB(syscall.AF_INET, route.RIBTypeRoute, 0)
	if err != nil {
		return netip.Addr{}, err
	}
	messages, err := route.ParseRIB(route.RIBTypeRoute, table)
	if err != nil {
		return netip.Addr{}, err
	}
	for _, m := range messages {
		r, ok := m.(*route.RouteMessage)
		if !ok || len(r.Addrs) <= syscall.RTAX_GATEWAY || r.Flags&syscall.RTF_UP == 0 || r.Flags&syscall.RTF_GATEWAY == 0 {
			continue
		}
		to, ok := r.Addrs[syscall.RTAX_DST].(*route.Inet4Addr)
		if !ok || to.IP != [4]byte{} {
			continue
		}
		if mask := syscall.RTAX_NETMASK; len(r.Addrs) > mask {
			if m, ok := r.Addrs[mask].(*route.Inet4Addr); ok && m.IP != [4]byte{} {
				continue // half of all addresses, say
			}
		}
		if gateway, ok := r.Addrs[syscall.RTAX_GATEWAY].(*route.Inet4Addr); ok {
			return netip.AddrFrom4(gateway.IP), nil
		}
	}
	return netip.Addr{}, errNone
}
