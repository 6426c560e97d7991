package transit

import (
	"errors"
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"sesame/internal/foreign"
)

// A policy decides which of the peer's addresses may be dialled. The peer is
// not trusted: without limits its hints would make this computer a scanner of
// networks that only we can reach. The rules are doc/transit.md §2; they hold
// for the addresses that names resolve to as well.
type policy struct {
	own       []netip.Prefix // addresses of our up interfaces, with prefix lengths
	loopback  bool           // 127.0.0.0/8 and ::1 may be dialled
	linkOnly  bool           // private addresses only on our own links
	anyPort   bool           // for relays that the user chose
	anyTarget bool           // likewise
	remote    bool           // names are looked up at a proxy
	onion     bool           // that knows those that end in .onion
}

// Why an address isn't dialled, in words for NoPathError.
var (
	errNeverDialled = errors.New("is not an address to dial")
	errLoopback     = errors.New("is the loopback address")
	errPrivate      = errors.New("is in a private network that this computer isn't in")
	errPort         = errors.New("has a port that belongs to another service")
	errName         = errors.New("is not a valid address")
	errLocalName    = errors.New("is a name that means something else at the proxy")
	errOnion        = errors.New("is only reached over Tor")
	errTheirs       = errors.New("is named by the other side alone, and may not be used")
	errURL          = errors.New("is not a WebSocket address")
)

// private lists the blocks that are dialled only if one of our own addresses
// is in the same one. Unique local IPv6 addresses count by their /48.
var private = []netip.Prefix{
	netip.MustParsePrefix("10.0.0.0/8"),
	netip.MustParsePrefix("172.16.0.0/12"),
	netip.MustParsePrefix("192.168.0.0/16"),
	netip.MustParsePrefix("100.64.0.0/10"), // carriers' NAT, Tailscale
}

// never lists IPv4 blocks in which no peer can be.
var never = []netip.Prefix{
	netip.MustParsePrefix("0.0.0.0/8"),
	netip.MustParsePrefix("169.254.0.0/16"), // link-local; clouds' metadata
	netip.MustParsePrefix("192.0.0.0/24"),
	netip.MustParsePrefix("198.18.0.0/15"), // benchmarks
	netip.MustParsePrefix("224.0.0.0/4"),   // multicast
	netip.MustParsePrefix("240.0.0.0/4"),   // reserved, broadcast
}

var (
	globalV6 = netip.MustParsePrefix("2000::/3")
	uniqueV6 = netip.MustParsePrefix("fc00::/7")
	nat64    = netip.MustParsePrefix("64:ff9b::/96")
	sixToV4  = netip.MustParsePrefix("2002::/16")
	teredo   = netip.MustParsePrefix("2001::/32")
)

// check returns nil if addr may be dialled, else why not.
func (p policy) check(addr netip.AddrPort) error {
	if !p.anyPort && !foreign.Port(int(addr.Port())) {
		return errPort
	}
	if p.anyTarget {
		return nil
	}
	ip := addr.Addr()
	if ip.Zone() != "" {
		return errNeverDialled
	}
	return p.checkIP(ip.Unmap())
}

func (p policy) checkIP(ip netip.Addr) error {
	switch {
	case !ip.IsValid():
		return errNeverDialled
	case ip.IsLoopback():
		if p.loopback {
			return nil
		}
		return errLoopback
	case ip.Is4():
		return p.checkV4(ip)
	case nat64.Contains(ip):
		b := ip.As16()
		return publicV4(netip.AddrFrom4([4]byte(b[12:])))
	case sixToV4.Contains(ip):
		b := ip.As16()
		return publicV4(netip.AddrFrom4([4]byte(b[2:6])))
	case uniqueV6.Contains(ip):
		return p.checkBlock(ip, netip.PrefixFrom(ip, 48).Masked())
	case teredo.Contains(ip), !globalV6.Contains(ip):
		return errNeverDialled
	}
	return nil
}

func (p policy) checkV4(ip netip.Addr) error {
	for _, block := range never {
		if block.Contains(ip) {
			return errNeverDialled
		}
	}
	for _, block := range private {
		if block.Contains(ip) {
			return p.checkBlock(ip, block)
		}
	}
	return nil
}

// checkBlock allows a private ip if one of our own addresses is near enough.
func (p policy) checkBlock(ip netip.Addr, block netip.Prefix) error {
	for _, own := range p.own {
		if p.linkOnly && own.Masked().Contains(ip) || !p.linkOnly && block.Contains(own.Addr()) {
			return nil
		}
	}
	return errPrivate
}

// publicV4 allows the IPv4 address inside an IPv6 one if it is public: whoever
// means a private one has no reason to wrap it.
func publicV4(ip netip.Addr) error {
	if ip.IsLoopback() || (policy{}).checkV4(ip) != nil {
		return errNeverDialled
	}
	return nil
}

// checkHostPort returns nil if a relay's host and port may be tried: an
// address the policy allows, or a plain name whose addresses are checked when
// they are known.
func (p policy) checkHostPort(host string, port uint16) error {
	if ip, err := netip.ParseAddr(host); err == nil {
		return p.check(netip.AddrPortFrom(ip, port))
	}
	if p.remote && !p.anyTarget && !publicName(host) {
		return errLocalName
	}
	if onion := isOnion(host); onion && !p.onion {
		return errOnion
	}
	if !validName(host) && !(p.anyTarget && host != "" && !strings.ContainsAny(host, " \t\r\n\x00/")) {
		return errName
	}
	if !p.anyPort && !foreign.Port(int(port)) {
		return errPort
	}
	return nil
}

// checkAddress is checkHostPort for both in one.
func (p policy) checkAddress(addr string) error {
	host, port, err := splitHostPort(addr)
	if err != nil {
		return errName
	}
	return p.checkHostPort(host, port)
}

// parseURL reads a relay's WebSocket address and returns its host and port.
func parseURL(s string) (host string, port uint16, err error) {
	u, err := url.Parse(s)
	if err != nil || len(s) > maxURL || u.Scheme != "ws" && u.Scheme != "wss" || u.User != nil || u.Opaque != "" || u.Fragment != "" || u.Host == "" {
		return "", 0, errURL
	}
	port = map[string]uint16{"ws": 80, "wss": 443}[u.Scheme]
	if s := u.Port(); s != "" {
		n, err := strconv.ParseUint(s, 10, 16)
		if err != nil || n == 0 {
			return "", 0, errURL
		}
		port = uint16(n)
	}
	return u.Hostname(), port, nil
}

// foreignURL returns what is asked for where a peer names a relay's WebSocket by
// the address s: of that, the scheme, the host and the port count. The path is one
// that relays have, and there is nothing behind it.
func foreignURL(s string) (string, error) {
	host, port, err := parseURL(s)
	if err != nil {
		return "", err
	}
	said, err := url.Parse(s)
	if err != nil {
		return "", errURL
	}
	if ip, err := netip.ParseAddr(host); err == nil {
		host = ip.Unmap().String()
	} else if !validName(host) {
		return "", errName
	}
	u := url.URL{Scheme: said.Scheme, Host: strings.ToLower(host), Path: foreign.RelayPath(said.Path)}
	switch {
	case said.Port() != "":
		u.Host = net.JoinHostPort(u.Host, strconv.Itoa(int(port)))
	case strings.Contains(host, ":"):
		u.Host = "[" + u.Host + "]"
	}
	return u.String(), nil
}

// validName reports whether s is a host name of letters, digits and hyphens.
// A last label of digits is refused, since some resolvers take 127.1 or 0x7f.1
// for an address.
func validName(s string) bool {
	if len(s) > 253 {
		return false
	}
	var label string
	for label = range strings.SplitSeq(s, ".") {
		if label == "" || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' {
			return false
		}
		for _, c := range []byte(label) {
			if !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '-') {
				return false
			}
		}
	}
	return label[0] < '0' || label[0] > '9'
}

func isOnion(host string) bool { return strings.HasSuffix(strings.ToLower(host), ".onion") }

// localSuffixes are those of names that mean something in one network only.
var localSuffixes = []string{".local", ".localhost", ".internal", ".intranet", ".lan", ".home", ".corp", ".private", ".localdomain", ".arpa"}

// publicName reports whether a peer may have a name looked up in the network of
// our proxy, where we can't check what it leads to: one that is the same
// everywhere.
func publicName(host string) bool {
	host = strings.ToLower(host)
	return strings.Contains(host, ".") && !slices.ContainsFunc(localSuffixes, func(suffix string) bool { return strings.HasSuffix(host, suffix) })
}
