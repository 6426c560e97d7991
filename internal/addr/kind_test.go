package addr

import (
	"math/rand/v2"
	"net/netip"
	"testing"
)

// The first and the last address of each block, and their neighbours.
func TestKindOf(t *testing.T) {
	for text, want := range map[string]Kind{
		"0.0.0.0": Unspecified, "0.0.0.1": Reserved, "0.255.255.255": Reserved, "1.0.0.0": Public,
		"9.255.255.255": Public, "10.0.0.0": Private, "10.255.255.255": Private, "11.0.0.0": Public,
		"100.63.255.255": Public, "100.64.0.0": Carrier, "100.127.255.255": Carrier, "100.128.0.0": Public,
		"127.0.0.1": Loopback, "127.255.255.255": Loopback, "128.0.0.0": Public,
		"169.253.255.255": Public, "169.254.0.0": LinkLocal, "169.254.169.254": LinkLocal, "169.255.0.0": Public,
		"172.15.255.255": Public, "172.16.0.0": Private, "172.31.255.255": Private, "172.32.0.0": Public,
		"192.0.0.0": Reserved, "192.0.0.255": Reserved, "192.0.1.0": Public, "192.0.2.1": Public,
		"192.167.255.255": Public, "192.168.0.0": Private, "192.168.255.255": Private, "192.169.0.0": Public,
		"198.17.255.255": Public, "198.18.0.0": Reserved, "198.19.255.255": Reserved, "198.20.0.0": Public,
		"203.0.113.5": Public, "223.255.255.255": Public, "224.0.0.251": Many, "239.255.255.250": Many,
		"240.0.0.0": Reserved, "255.255.255.254": Reserved, "255.255.255.255": Many,
		"::": Unspecified, "::1": Loopback, "::2": Reserved, "::ffff:10.0.0.1": Private, "::ffff:8.8.8.8": Public,
		"64:ff9b::808:808": Public, "64:ff9b::a00:1": Reserved, "64:ff9b::7f00:1": Reserved, "64:ff9b:1::1": Reserved,
		"100::1": Reserved, "1fff::1": Reserved, "2000::1": Public, "2001:0:1::1": Reserved, "2001:1::1": Public,
		"2001:db8::1": Public, "2002:808:808::1": Public, "2002:a00:1::1": Reserved, "2002:c0a8:1::1": Reserved,
		"3fff::1": Public, "4000::1": Reserved, "fbff::1": Reserved, "fc00::1": Private, "fdff::1": Private,
		"fe00::1": Reserved, "fe80::1": LinkLocal, "fe80::1%eth0": LinkLocal, "febf::1": LinkLocal, "fec0::1": Reserved,
		"ff02::fb": Many,
	} {
		if got := KindOf(netip.MustParseAddr(text)); got != want {
			t.Errorf("%s is %d, want %d", text, got, want)
		}
	}
	if KindOf(netip.Addr{}) != Reserved || Tellable(netip.Addr{}) {
		t.Error("no address is one")
	}
}

// Fails when private networks that are different ones count as the same, or the
// other way round.
func TestNetwork(t *testing.T) {
	for text, want := range map[string]string{
		"10.1.2.3": "10.0.0.0/8", "172.20.1.1": "172.16.0.0/12", "192.168.4.5": "192.168.0.0/16", "100.100.1.1": "100.64.0.0/10",
		"::ffff:10.1.2.3": "10.0.0.0/8", "fd12:3456:789a:1::5": "fd12:3456:789a::/48", "fd12:3456:789a:1::5%eth0": "fd12:3456:789a::/48",
	} {
		if got := Network(netip.MustParseAddr(text)); got.String() != want {
			t.Errorf("%s is in %v, want %s", text, got, want)
		}
	}
	for _, text := range []string{"8.8.8.8", "127.0.0.1", "169.254.1.1", "2001:db8::1", "fe80::1", "64:ff9b::a00:1"} {
		if got := Network(netip.MustParseAddr(text)); got.IsValid() {
			t.Errorf("%s is in %v", text, got)
		}
	}
}

// Fails when the table says something else than the standard library of what both
// know.
func TestAgreesWithLibrary(t *testing.T) {
	rnd := rand.New(rand.NewPCG(3, 1))
	for range 200000 {
		var b [16]byte
		for i := range b {
			b[i] = byte(rnd.Uint32())
		}
		switch rnd.IntN(4) { // near the blocks, which are small
		case 0:
			b[0] |= 0xf0
		case 1:
			clear(b[:rnd.IntN(17)])
		}
		for _, ip := range []netip.Addr{netip.AddrFrom16(b).Unmap(), netip.AddrFrom4([4]byte(b[:4]))} {
			k := KindOf(ip)
			broadcast := ip == netip.AddrFrom4([4]byte{255, 255, 255, 255})
			for what, differ := range map[string]bool{
				"loopback":    (k == Loopback) != ip.IsLoopback(),
				"link-local":  (k == LinkLocal) != ip.IsLinkLocalUnicast(),
				"multicast":   (k == Many) != (ip.IsMulticast() || broadcast),
				"private":     (k == Private) != ip.IsPrivate(),
				"unspecified": (k == Unspecified) != ip.IsUnspecified(),
				"tellable":    Tellable(ip) != ip.IsGlobalUnicast(),
			} {
				if differ {
					t.Errorf("%v: %s: kind %d", ip, what, k)
				}
			}
		}
	}
}
