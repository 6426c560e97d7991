package gateway

import (
	"net/netip"
	"unsafe"

	"golang.org/x/sys/windows"
)

// defaultGateway returns the gateway of the adapter with the lowest metric that
// has one.
func defaultGateway() (netip.Addr, error) {
	size := uint32(15 << 10)
	for range 3 {
		buf := make([]byte, size)
		first := (*windows.IpAdapterAddresses)(unsafe.Pointer(&buf[0]))
		err := windows.GetAdaptersAddresses(windows.AF_INET, windows.GAA_FLAG_INCLUDE_GATEWAYS, 0, first, &size)
		if err == windows.ERROR_BUFFER_OVERFLOW {
			continue
		}
		if err != nil {
			return netip.Addr{}, err
		}
		best, lowest := netip.Addr{}, ^uint32(0)
		for a := first; a != nil; a = a.Next {
			if a.OperStatus != windows.IfOperStatusUp || a.FirstGatewayAddress == nil || a.Ipv4Metric >= lowest {
				continue
			}
			if ip, ok := netip.AddrFromSlice(a.FirstGatewayAddress.Address.IP()); ok && ip.Unmap().Is4() {
				best, lowest = ip.Unmap(), a.Ipv4Metric
			}
		}
		if best.IsValid() {
			return best, nil
		}
		break
	}
	return netip.Addr{}, errNone
}
