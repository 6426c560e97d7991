package addr

import "net/netip"

// A Kind says where an address means something.
type Kind uint8

const (
	// Reserved addresses are no computer's: those that are kept for purposes of
	// the network itself, for measurements or for later, and the zero Addr.
	Reserved Kind = iota
	// Unspecified is 0.0.0.0 and ::, which mean any address of this computer.
	Unspecified
	// Loopback addresses are this computer.
	Loopback
	// LinkLocal addresses mean something on one link. Clouds answer at some of
	// them with what is their customers' secret.
	LinkLocal
	// Many are the addresses of several computers at once: multicast, broadcast.
	Many
	// Private addresses mean something in a network that isn't the Internet; many
	// such networks use the same.
	Private
	// Carrier addresses (RFC 6598) are Private ones behind carriers' translators;
	// VPNs use them too.
	Carrier
	// Public addresses mean the same everywhere.
	Public
)

// A block is a part of the addresses that are of one kind.
type block struct {
	netip.Prefix
	kind Kind
}

// A block is written in a table as one reads it.
type written struct {
	prefix string
	kind   Kind
}

func parse(table []written) []block {
	out := make([]block, len(table))
	for i, w := range table {
		out[i] = block{netip.MustParsePrefix(w.prefix), w.kind}
	}
	return out
}

// blocks4 are those of IPv4 that aren't public, as the registry for special
// purposes has them (RFC 6890), those for documentation excepted: laboratories
// stand for the Internet with them.
var blocks4 = parse([]written{
	{"0.0.0.0/32", Unspecified},
	{"0.0.0.0/8", Reserved},
	{"10.0.0.0/8", Private},
	{"100.64.0.0/10", Carrier},
	{"127.0.0.0/8", Loopback},
	{"169.254.0.0/16", LinkLocal},
	{"172.16.0.0/12", Private},
	{"192.0.0.0/24", Reserved},
	{"192.168.0.0/16", Private},
	{"198.18.0.0/15", Reserved}, // measurements
	{"224.0.0.0/4", Many},
	{"255.255.255.255/32", Many},
	{"240.0.0.0/4", Reserved},
})

// blocks6 are those of IPv6. What isn't in any of them is reserved.
var blocks6 = parse([]written{
	{"::/128", Unspecified},
	{"::1/128", Loopback},
	{"fe80::/10", LinkLocal},
	{"ff00::/8", Many},
	{"fc00::/7", Private},
	{"2001::/32", Reserved}, // Teredo
	{"2000::/3", Public},
})

// Blocks of IPv6 whose addresses stand for one of IPv4.
var (
	nat64   = netip.MustParsePrefix("64:ff9b::/96")
	sixToV4 = netip.MustParsePrefix("2002::/16")
)

// privateBits is how much of a private IPv6 address names its network (RFC 4193).
const privateBits = 48

// KindOf returns the kind of ip, whose zone doesn't matter. IPv4 written as IPv6 is
// IPv4. An IPv6 address that stands for one of IPv4 by a translator or a tunnel is
// public if that one is, else reserved: whoever means a private one has no reason
// to wrap it.
func KindOf(ip netip.Addr) Kind {
	b, ok := blockOf(ip)
	if !ok {
		return Reserved
	}
	return b.kind
}

// Network returns the block in which a private ip means something: networks whose
// addresses are in the same one may be the same. It is the zero Prefix for all that
// isn't Private or Carrier.
func Network(ip netip.Addr) netip.Prefix {
	switch b, _ := blockOf(ip); {
	case b.kind != Private && b.kind != Carrier:
		return netip.Prefix{}
	case b.Addr().Is6():
		return netip.PrefixFrom(ip.WithZone(""), privateBits).Masked()
	default:
		return b.Prefix
	}
}

func blockOf(ip netip.Addr) (block, bool) {
	ip = ip.Unmap().WithZone("")
	if wrapped, ok := unwrap(ip); ok {
		if KindOf(wrapped) == Public {
			return block{netip.PrefixFrom(ip, ip.BitLen()), Public}, true
		}
		return block{}, false
	}
	blocks := blocks6
	if ip.Is4() {
		blocks = blocks4
	}
	for _, b := range blocks {
		if b.Contains(ip) {
			return b, true
		}
	}
	return block{netip.PrefixFrom(ip, ip.BitLen()), Public}, ip.Is4()
}

// unwrap returns the IPv4 address that an IPv6 one stands for.
func unwrap(ip netip.Addr) (netip.Addr, bool) {
	b := ip.As16()
	switch {
	case nat64.Contains(ip):
		return netip.AddrFrom4([4]byte(b[12:])), true
	case sixToV4.Contains(ip):
		return netip.AddrFrom4([4]byte(b[2:6])), true
	}
	return netip.Addr{}, false
}

// Tellable reports whether ip can mean something to another computer that is told
// of it: to all, or to those of some network. An address with a zone can't.
func Tellable(ip netip.Addr) bool {
	switch KindOf(ip) {
	case Unspecified, Loopback, LinkLocal, Many:
		return false
	}
	return ip.IsValid() && ip.Zone() == ""
}
