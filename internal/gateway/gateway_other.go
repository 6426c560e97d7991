//go:build !linux && !darwin && !dragonfly && !freebsd && !netbsd && !openbsd && !windows

package gateway

import "net/netip"

func defaultGateway() (netip.Addr, error) { return netip.Addr{}, errNone }
