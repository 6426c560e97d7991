//go:build !js

package portmap

import "net/netip"

// elsewhere is a public address (RFC 5737) to look up a route for. Nothing is sent
// to it.
var elsewhere = netip.MustParseAddr("192.0.2.1")

// Gateway returns the IPv4 address of the default gateway. It is an error if there
// is none, or if traffic to the Internet takes another way, as with most VPNs:
// what came in through the gateway would be answered out of the VPN.
func Gateway() (netip.Addr, error) {
	ip, err := defaultGateway()
	if err != nil {
		return netip.Addr{}, err
	}
	if !ip.Is4() || ip.IsUnspecified() || ip.IsLoopback() || ip.IsMulticast() {
		return netip.Addr{}, errNoGateway
	}
	near, err := facing(ip)
	if err != nil {
		return netip.Addr{}, errNoGateway
	}
	if far, err := facing(elsewhere); err != nil || far != near {
		return netip.Addr{}, errNoGateway
	}
	return ip, nil
}
