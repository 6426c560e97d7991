package transit

import (
	"errors"
	"net/netip"
	"net/url"
	"slices"
	"strings"

	"sesame/internal/addr"
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

// check returns nil if to may be dialled, else why not.
func (p policy) check(to netip.AddrPort) error {
	if !p.anyPort && !foreign.Port(int(to.Port())) {
		return errPort
	}
	if p.anyTarget {
		return nil
	}
	ip := to.Addr()
	if ip.Zone() != "" {
		return errNeverDialled
	}
	return p.checkIP(ip.Unmap())
}

// checkIP returns nil if ip may be dialled, whatever the port. A private one is, if
// one of our own addresses is near enough.
func (p policy) checkIP(ip netip.Addr) error {
	switch addr.KindOf(ip) {
	case addr.Public:
		return nil
	case addr.Loopback:
		if p.loopback {
			return nil
		}
		return errLoopback
	case addr.Private, addr.Carrier:
		block := addr.Network(ip)
		for _, own := range p.own {
			if p.linkOnly && own.Masked().Contains(ip) || !p.linkOnly && block.Contains(own.Addr()) {
				return nil
			}
		}
		return errPrivate
	}
	return errNeverDialled
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
func (p policy) checkAddress(hostport string) error {
	host, port, err := addr.Split(hostport)
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
	if host, port, err = addr.OfURL(u); err != nil {
		return "", 0, errURL
	}
	return host, port, nil
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
		u.Host = addr.Join(u.Host, port)
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
