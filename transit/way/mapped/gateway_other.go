//go:build !linux && !darwin && !dragonfly && !freebsd && !netbsd && !openbsd && !windows

package mapped

import "net/netip"

func defaultGateway() (netip.Addr, error) { return netip.Addr{}, errNoGateway }
