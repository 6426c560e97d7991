package mapped

import (
	"net/netip"

	"sesame/internal/addr"
)

// Gateway returns the IPv4 address of the default gateway. It is an error if there
// is none, or if traffic to the Internet takes another way, as with most VPNs:
// what came in through the gateway would be answered out of the VPN.
func Gateway() (netip.Addr, error) {
	ip, err := defaultGateway()
	if err != nil {
		return netip.Addr{}, err
	}
	switch addr.KindOf(ip) {
	case addr.Unspecified, addr.Loopback, addr.Many:
		return netip.Addr{}, errNoGateway
	}
	if !ip.Is4() {
		return netip.Addr{}, errNoGateway
	}
	near, err := addr.Toward(ip)
	if err != nil {
		return netip.Addr{}, errNoGateway
	}
	if far, err := addr.Outward(4); err != nil || far != near {
		return netip.Addr{}, errNoGateway
	}
	return ip, nil
}
