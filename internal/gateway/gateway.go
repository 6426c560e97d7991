// Package gateway finds the router in front of this computer.
package gateway

import (
	"errors"
	"net/netip"

	"sesame/internal/addr"
)

var errNone = errors.New("there is no default gateway, or traffic doesn't go through it")

// Default returns the IPv4 address of the default gateway. It is an error if there
// is none, or if traffic to the Internet takes another way, as with most VPNs:
// what came in through the gateway would be answered out of the VPN.
func Default() (netip.Addr, error) {
	ip, err := defaultGateway()
	if err != nil {
		return netip.Addr{}, err
	}
	switch addr.KindOf(ip) {
	case addr.Unspecified, addr.Loopback, addr.Many:
		return netip.Addr{}, errNone
	}
	if !ip.Is4() {
		return netip.Addr{}, errNone
	}
	near, err := addr.Toward(ip)
	if err != nil {
		return netip.Addr{}, errNone
	}
	if far, err := addr.Outward(4); err != nil || far != near {
		return netip.Addr{}, errNone
	}
	return ip, nil
}
