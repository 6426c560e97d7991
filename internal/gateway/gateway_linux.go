package gateway

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"net/netip"
	"os"
	"strconv"
	"strings"
)

// Flags of a route (linux/route.h).
const (
	routeUp      = 1
	routeGateway = 2
)

func defaultGateway() (netip.Addr, error) {
	text, err := os.ReadFile("/proc/net/route")
	if err != nil {
		return netip.Addr{}, err
	}
	return parseRoutes(text)
}

// parseRoutes returns the gateway of the default route with the lowest metric in
// the text of /proc/net/route. Addresses in it are in the machine's byte order.
func parseRoutes(text []byte) (netip.Addr, error) {
	best, lowest := netip.Addr{}, -1
	for line := range bytes.Lines(text) {
		f := strings.Fields(string(line)) // interface, to, gateway, flags, references, use, metric, mask
		if len(f) < 8 || f[1] != "00000000" || f[7] != "00000000" {
			continue
		}
		flags, err := strconv.ParseUint(f[3], 16, 16)
		metric, err2 := strconv.Atoi(f[6])
		if err != nil || err2 != nil || metric < 0 || flags&routeUp == 0 || lowest >= 0 && metric >= lowest {
			continue
		}
		lowest, best = metric, netip.Addr{}
		raw, err := hex.DecodeString(f[2])
		if err != nil || len(raw) != 4 || flags&routeGateway == 0 {
			continue
		}
		var ip [4]byte
		binary.NativeEndian.PutUint32(ip[:], binary.BigEndian.Uint32(raw))
		best = netip.AddrFrom4(ip)
	}
	if !best.IsValid() {
		return netip.Addr{}, errNone
	}
	return best, nil
}
