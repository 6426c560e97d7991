package way

import (
	"errors"
	"net/netip"
	"testing"
)

func prefixes(list ...string) []netip.Prefix {
	var out []netip.Prefix
	for _, s := range list {
		out = append(out, netip.MustParsePrefix(s))
	}
	return out
}

func TestPolicyAddresses(t *testing.T) {
	office := Policy{Own: prefixes("127.0.0.1/8", "::1/128", "192.168.7.2/24", "fd12:3456:789a:1::2/64", "2001:db8:1::2/64")}
	tailscale := Policy{Own: prefixes("100.100.1.2/32", "10.1.2.3/24")}
	link := office
	link.LinkOnly = true
	lab := office
	lab.Loopback = true
	for _, c := range []struct {
		name string
		p    Policy
		addr string
		want error
	}{
		{"public IPv4", office, "203.0.113.9", nil},
		{"public IPv6", office, "2001:db8::9", nil},
		{"public IPv4 inside IPv6", office, "::ffff:203.0.113.9", nil},
		{"public IPv4 behind NAT64", office, "64:ff9b::203.0.113.9", nil},

		{"loopback", office, "127.0.0.1", ErrLoopback},
		{"loopback elsewhere in the block", office, "127.9.9.9", ErrLoopback},
		{"loopback IPv6", office, "::1", ErrLoopback},
		{"loopback, mapped", office, "::ffff:127.0.0.1", ErrLoopback},
		{"loopback, compatible", office, "::127.0.0.1", ErrNeverDialled},
		{"loopback, NAT64", lab, "64:ff9b::127.0.0.1", ErrNeverDialled},
		{"loopback, 6to4", lab, "2002:7f00:1::1", ErrNeverDialled},
		{"loopback when allowed", lab, "127.0.0.1", nil},
		{"loopback IPv6 when allowed", lab, "::1", nil},
		{"unspecified", lab, "0.0.0.0", ErrNeverDialled},
		{"this network", office, "0.1.2.3", ErrNeverDialled},
		{"unspecified IPv6", lab, "::", ErrNeverDialled},
		{"multicast", office, "224.0.0.251", ErrNeverDialled},
		{"multicast IPv6", office, "ff02::fb", ErrNeverDialled},
		{"broadcast", office, "255.255.255.255", ErrNeverDialled},
		{"reserved", office, "240.0.0.1", ErrNeverDialled},
		{"link-local", office, "169.254.1.1", ErrNeverDialled},
		{"cloud metadata", office, "169.254.169.254", ErrNeverDialled},
		{"cloud metadata, mapped", office, "::ffff:169.254.169.254", ErrNeverDialled},
		{"cloud metadata, NAT64", office, "64:ff9b::169.254.169.254", ErrNeverDialled},
		{"cloud metadata, 6to4", office, "2002:a9fe:a9fe::1", ErrNeverDialled},
		{"link-local IPv6", office, "fe80::1", ErrNeverDialled},
		{"link-local IPv6 with zone", office, "fe80::1%eth0", ErrNeverDialled},
		{"zone", office, "2001:db8::1%eth0", ErrNeverDialled},
		{"192.0.0/24", office, "192.0.0.8", ErrNeverDialled},
		{"benchmark block", office, "198.19.0.1", ErrNeverDialled},
		{"teredo", office, "2001:0:1::1", ErrNeverDialled},
		{"discard", office, "100::1", ErrNeverDialled},
		{"private behind NAT64", office, "64:ff9b::192.168.7.3", ErrNeverDialled},

		{"192.168/16 on link", office, "192.168.7.9", nil},
		{"192.168/16 routed", office, "192.168.200.9", nil},
		{"192.168/16 mapped", office, "::ffff:192.168.200.9", nil},
		{"10/8 from an office in 192.168/16", office, "10.1.2.3", ErrPrivate},
		{"172.16/12 from there", office, "172.31.255.1", ErrPrivate},
		{"172.32 is public", office, "172.32.0.1", nil},
		{"CGNAT from there", office, "100.64.0.1", ErrPrivate},
		{"CGNAT between Tailscale nodes", tailscale, "100.70.3.4", nil},
		{"10/8 from 10/8", tailscale, "10.200.0.1", nil},
		{"ULA in the same /48", office, "fd12:3456:789a:2::9", nil},
		{"ULA elsewhere", office, "fd12:3456:789b:1::9", ErrPrivate},
		{"strict: on link", link, "192.168.7.9", nil},
		{"strict: routed", link, "192.168.200.9", ErrPrivate},
		{"strict: ULA on link", link, "fd12:3456:789a:1::9", nil},
		{"strict: ULA routed", link, "fd12:3456:789a:2::9", ErrPrivate},
		{"strict: public", link, "203.0.113.9", nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			if err := c.p.Check(netip.AddrPortFrom(netip.MustParseAddr(c.addr), 40000)); !errors.Is(err, c.want) {
				t.Errorf("%s: %v, want %v", c.addr, err, c.want)
			}
		})
	}
}

func TestPolicyPorts(t *testing.T) {
	for port, want := range map[uint16]bool{
		0: false, 1: false, 22: false, 25: false, 80: false, 442: false, 443: true, 444: false, 465: false, 587: false, 1023: false,
		1024: true, 4001: true, 5999: true, 6000: false, 6063: false, 6064: true, 6379: false, 6667: false, 11211: false, 65535: true,
	} {
		if got := (Policy{}).Check(netip.AddrPortFrom(netip.MustParseAddr("203.0.113.9"), port)) == nil; got != want {
			t.Errorf("port %d: dialled %v, want %v", port, got, want)
		}
	}
}

func TestPolicyNames(t *testing.T) {
	long := "a.example.org"
	for len(long) < 256 {
		long = "aaaaaaaa." + long
	}
	for name, want := range map[string]error{
		"relay.example.org": nil, "relay": nil, "xn--bcher-kva.example": nil, "203.0.113.9": nil,
		"": ErrName, "a..b": ErrName, "example.org.": ErrName, ".example.org": ErrName, "-a.example.org": ErrName,
		"under_score.example.org": ErrName, "bücher.example": ErrName, "a\x00b": ErrName, "a b": ErrName, long: ErrName,
		"127.1": ErrName, "2130706433": ErrName, "0x7f.1": ErrName, "127.0.0.1.": ErrName, "abc.onion": ErrOnion, "abc.ONION": ErrOnion,
		"127.0.0.1": ErrLoopback, "169.254.169.254": ErrNeverDialled, "10.0.0.1": ErrPrivate,
	} {
		if err := (Policy{}).CheckHostPort(name, 4001); !errors.Is(err, want) {
			t.Errorf("%q: %v, want %v", name, err, want)
		}
	}
}

func TestPolicyURLs(t *testing.T) {
	for url, want := range map[string]error{
		"wss://relay.example.org": nil, "wss://relay.example.org/any/path": nil, "ws://relay.example.org:4002/": nil, "WSS://relay.example.org/": nil,
		"wss://[2001:db8::1]/": nil,
		"":                     ErrURL, "file:///etc/passwd": ErrURL, "http://relay.example.org/": ErrURL, "https://relay.example.org/": ErrURL, "wss:relay": ErrURL,
		"wss://user@relay.example.org/": ErrURL, "ws://user:pw@relay.example.org:4002/": ErrURL, "ws://relay.example.org:0/": ErrURL,
		"ws://relay.example.org:70000/": ErrURL, "ws:///x": ErrURL, "ws://relay.example.org/#x": ErrURL,
		"ws://relay.example.org/": ErrPort, "wss://relay.example.org:25/": ErrPort,
		"ws://127.0.0.1:4002/": ErrLoopback, "wss://169.254.169.254/": ErrNeverDialled, "wss://a..b/": ErrName,
	} {
		host, port, err := ParseURL(url)
		if err == nil {
			err = (Policy{}).CheckHostPort(host, port)
		}
		if !errors.Is(err, want) {
			t.Errorf("%q: %v, want %v", url, err, want)
		}
	}
}

// The relays that a user set are the user's affair.
func TestPolicyTrustsOwnRelays(t *testing.T) {
	own := Policy{AnyPort: true, AnyTarget: true}
	for _, host := range []string{"127.0.0.1", "10.0.0.1", "localhost", "my_relay", "::1"} {
		if err := own.CheckHostPort(host, 80); err != nil {
			t.Errorf("%s: %v", host, err)
		}
	}
}

func TestOfferedAddresses(t *testing.T) {
	for _, c := range []struct {
		name     string
		own      []netip.Prefix
		loopback bool
		want     []string
	}{
		{"usual machine", prefixes("127.0.0.1/8", "::1/128", "192.168.7.2/24", "2001:db8::2/64", "fe80::1/64"), false, []string{"192.168.7.2", "2001:db8::2"}},
		{"nothing but loopback", prefixes("127.0.0.1/8", "::1/128"), false, []string{"127.0.0.1", "::1"}},
		{"loopback asked for", prefixes("127.0.0.1/8", "192.168.7.2/24"), true, []string{"192.168.7.2", "127.0.0.1"}},
		{"link-local is left out", prefixes("169.254.3.4/16", "192.168.7.2/24"), false, []string{"192.168.7.2"}},
		{"names hardware, beside a temporary address", prefixes("2001:db8::5054:ff:fe12:3456/64", "2001:db8::1c3a:77aa:10bc:9d02/64"), false,
			[]string{"2001:db8::1c3a:77aa:10bc:9d02"}},
		{"names hardware, and there is no other in that network", prefixes("2001:db8::5054:ff:fe12:3456/64", "2001:db8:1::2/64"), false,
			[]string{"2001:db8::5054:ff:fe12:3456", "2001:db8:1::2"}},
		{"nothing", nil, false, nil},
	} {
		var got []string
		for _, ip := range offeredAddrs(c.own, c.loopback) {
			got = append(got, ip.String())
		}
		if len(got) != len(c.want) {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
			continue
		}
		for i := range got {
			if got[i] != c.want[i] {
				t.Errorf("%s: %v, want %v", c.name, got, c.want)
			}
		}
	}
	var many []netip.Prefix
	for i := range 100 {
		many = append(many, netip.PrefixFrom(netip.AddrFrom4([4]byte{10, 0, 0, byte(i)}), 24))
	}
	if n := len(offeredAddrs(many, true)); n > MaxOwn {
		t.Errorf("%d addresses are offered", n)
	}
}

func TestDirectPath(t *testing.T) {
	own := prefixes("127.0.0.1/8", "192.168.7.2/24", "2001:db8:1::2/64", "100.100.1.2/32")
	for addr, want := range map[string]string{
		"127.0.0.1": "direct, same machine", "192.168.7.2": "direct, same machine", "::ffff:192.168.7.2": "direct, same machine",
		"192.168.7.9": "direct, same network", "2001:db8:1::9": "direct, same network",
		"192.168.8.9": "direct", "203.0.113.9": "direct", "100.100.1.3": "direct",
	} {
		if got := DirectPath(netip.AddrPortFrom(netip.MustParseAddr(addr), 4431), own).String(); got != want {
			t.Errorf("%s: %q, want %q", addr, got, want)
		}
	}
}
