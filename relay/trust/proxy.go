package trust

import (
	"bytes"
	"encoding/binary"
	"errors"
	"net/netip"
	"strconv"
	"strings"
)

// Lengths of headers, in bytes.
const (
	// MinHeader is what every header has, and every request of HTTP, too.
	MinHeader = 15
	// MaxHeader is what one may have: of version 2 the addresses, and what else a proxy
	// tells of a client, which nobody reads.
	MaxHeader = 16 + maxRest

	maxLine = 107
	maxRest = 4096
)

// ErrHeader says that something begins like a header and isn't one.
var ErrHeader = errors.New("not a header of the PROXY protocol")

var signature = []byte("\r\n\r\n\x00\r\nQUIT\n")

const lineBegin = "PROXY "

// Begins reports whether b, of at least MinHeader bytes, begins like a header.
func Begins(b []byte) bool {
	return bytes.HasPrefix(b, signature) || bytes.HasPrefix(b, []byte(lineBegin))
}

// Missing returns how many bytes more to read before the next look at a header that
// begins with b: never more than belong to it, since what follows is the client's. It is
// 0 for a header that is whole. b has at least MinHeader bytes, and Begins is true.
func Missing(b []byte) (int, error) {
	if bytes.HasPrefix(b, signature) {
		if len(b) < 16 {
			return 16 - len(b), nil
		}
		rest := int(binary.BigEndian.Uint16(b[14:]))
		if rest > maxRest {
			return 0, ErrHeader
		}
		return max(0, 16+rest-len(b)), nil
	}
	switch {
	case bytes.HasSuffix(b, []byte("\r\n")):
		return 0, nil
	case len(b) >= maxLine:
		return 0, ErrHeader
	case b[len(b)-1] == '\r':
		return 1, nil
	}
	return min(2, maxLine-len(b)), nil
}

// Parse returns for whom the connection speaks that begins with the header b, which is
// whole. The zero address is the proxy itself.
func Parse(b []byte) (netip.AddrPort, error) {
	if bytes.HasPrefix(b, signature) {
		return parseBinary(b)
	}
	return parseLine(string(b))
}

// parseLine reads version 1: PROXY TCP4 FROM TO FROMPORT TOPORT\r\n.
func parseLine(line string) (netip.AddrPort, error) {
	line, whole := strings.CutSuffix(line, "\r\n")
	words := strings.Split(line, " ")
	switch {
	case !whole || len(line)+2 > maxLine || words[0] != "PROXY" || len(words) < 2:
		return netip.AddrPort{}, ErrHeader
	case words[1] == "UNKNOWN":
		return netip.AddrPort{}, nil
	case len(words) != 6:
		return netip.AddrPort{}, ErrHeader
	}
	from, errFrom := netip.ParseAddr(words[2])
	to, errTo := netip.ParseAddr(words[3])
	port, okFrom := parsePort(words[4])
	_, okTo := parsePort(words[5])
	if errFrom != nil || errTo != nil || !okFrom || !okTo || from.Zone() != "" || from.Is4() != to.Is4() || from.Is4() != (words[1] == "TCP4") || !from.Is4() && words[1] != "TCP6" {
		return netip.AddrPort{}, ErrHeader
	}
	return netip.AddrPortFrom(from.Unmap(), port), nil
}

func parsePort(text string) (uint16, bool) {
	n, err := strconv.ParseUint(text, 10, 16)
	return uint16(n), err == nil && text == strconv.FormatUint(n, 10)
}

// parseBinary reads version 2.
func parseBinary(b []byte) (netip.AddrPort, error) {
	if len(b) < 16 || len(b) != 16+int(binary.BigEndian.Uint16(b[14:])) || b[12]>>4 != 2 {
		return netip.AddrPort{}, ErrHeader
	}
	const local, proxied = 0, 1
	switch b[12] & 0xf {
	case local:
		return netip.AddrPort{}, nil
	case proxied:
	default:
		return netip.AddrPort{}, ErrHeader
	}
	rest := b[16:]
	switch b[13] {
	case 0x00: // the proxy doesn't know
		return netip.AddrPort{}, nil
	case 0x11: // TCP over IPv4
		if len(rest) < 12 {
			return netip.AddrPort{}, ErrHeader
		}
		return netip.AddrPortFrom(netip.AddrFrom4([4]byte(rest)), binary.BigEndian.Uint16(rest[8:])), nil
	case 0x21: // TCP over IPv6
		if len(rest) < 36 {
			return netip.AddrPort{}, ErrHeader
		}
		return netip.AddrPortFrom(netip.AddrFrom16([16]byte(rest)).Unmap(), binary.BigEndian.Uint16(rest[32:])), nil
	}
	return netip.AddrPort{}, ErrHeader
}
