package way

import (
	"net/netip"
	"net/url"
	"slices"
	"strings"

	"sesame/internal/addr"
	"sesame/internal/foreign"
)

// A Policy decides which of the peer's addresses may be dialled. The peer is
// not trusted: without limits its hints would make this computer a scanner of
// networks that only we can reach. The rules are doc/transit.md §2; they hold
// for the addresses that names resolve to as well.
type Policy struct {
	Own       []netip.Prefix // addresses of our up interfaces, with prefix lengths
	Loopback  bool           // 127.0.0.0/8 and ::1 may be dialled
	LinkOnly  bool           // private addresses only on our own links
	AnyPort   bool           // for relays that the user chose
	AnyTarget bool           // likewise
	Remote    bool           // names are looked up at a proxy
	Onion     bool           // that knows those that end in .onion
}

// A Why says in a few words why a path isn't one, behind its name.
type Why string

func (w Why) Error() string { return string(w) }

// Why an address isn't dialled, and what came of a relay.
const (
	ErrNeverDialled Why = "is not an address to dial"
	ErrLoopback     Why = "is the loopback address"
	ErrPrivate      Why = "is in a private network that this computer isn't in"
	ErrPort         Why = "has a port that belongs to another service"
	ErrName         Why = "is not a valid address"
	ErrLocalName    Why = "is a name that means something else at the proxy"
	ErrOnion        Why = "is only reached over Tor"
	ErrTheirs       Why = "is named by the other side alone, and may not be used"
	ErrAlone        Why = "was reached, but the other computer did not come"
	ErrSpent        Why = "has carried as much for this network as it does in a day"
	ErrNoTicket     Why = "carries only for those who have met at its own server"
	ErrNoTCP        Why = "is reached over TCP, which a page does not have"
	ErrURL          Why = "is not a WebSocket address"
)

// Check returns nil if to may be dialled, else why not.
func (p Policy) Check(to netip.AddrPort) error {
	if !p.AnyPort && !foreign.Port(int(to.Port())) {
		return ErrPort
	}
	if p.AnyTarget {
		return nil
	}
	ip := to.Addr()
	if ip.Zone() != "" {
		return ErrNeverDialled
	}
	return p.CheckIP(ip.Unmap())
}

// CheckIP returns nil if ip may be dialled, whatever the port. A private one is, if
// one of our own addresses is near enough.
func (p Policy) CheckIP(ip netip.Addr) error {
	switch addr.KindOf(ip) {
	case addr.Public:
		return nil
	case addr.Loopback:
		if p.Loopback {
			return nil
		}
		return ErrLoopback
	case addr.Private, addr.Carrier:
		block := addr.Network(ip)
		for _, own := range p.Own {
			if p.LinkOnly && own.Masked().Contains(ip) || !p.LinkOnly && block.Contains(own.Addr()) {
				return nil
			}
		}
		return ErrPrivate
	}
	return ErrNeverDialled
}

// CheckHostPort returns nil if a relay's host and port may be tried: an
// address the policy allows, or a plain name whose addresses are checked when
// they are known.
func (p Policy) CheckHostPort(host string, port uint16) error {
	if ip, err := netip.ParseAddr(host); err == nil {
		return p.Check(netip.AddrPortFrom(ip, port))
	}
	if p.Remote && !p.AnyTarget && !publicName(host) {
		return ErrLocalName
	}
	if onion := isOnion(host); onion && !p.Onion {
		return ErrOnion
	}
	if !ValidName(host) && !(p.AnyTarget && host != "" && !strings.ContainsAny(host, " \t\r\n\x00/")) {
		return ErrName
	}
	if !p.AnyPort && !foreign.Port(int(port)) {
		return ErrPort
	}
	return nil
}

// CheckAddress is CheckHostPort for both in one.
func (p Policy) CheckAddress(hostport string) error {
	host, port, err := addr.Split(hostport)
	if err != nil {
		return ErrName
	}
	return p.CheckHostPort(host, port)
}

// ParseURL reads a relay's WebSocket address and returns its host and port.
func ParseURL(s string) (host string, port uint16, err error) {
	u, err := url.Parse(s)
	if err != nil || len(s) > MaxURL || u.Scheme != "ws" && u.Scheme != "wss" || u.User != nil || u.Opaque != "" || u.Fragment != "" || u.Host == "" {
		return "", 0, ErrURL
	}
	if host, port, err = addr.OfURL(u); err != nil {
		return "", 0, ErrURL
	}
	return host, port, nil
}

// ValidName reports whether s is a host name of letters, digits and hyphens.
// A last label of digits is refused, since some resolvers take 127.1 or 0x7f.1
// for an address.
func ValidName(s string) bool {
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
