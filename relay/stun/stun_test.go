package stun

import (
	"bytes"
	"math/rand/v2"
	"net/netip"
	"testing"

	peer "github.com/pion/stun/v3"

	"sesame/internal/stun"
)

var (
	home  = netip.MustParseAddrPort("203.0.113.5:61002")
	port1 = netip.MustParseAddrPort("192.0.2.7:4000")
	port2 = netip.MustParseAddrPort("192.0.2.7:4001")
)

func build(t testing.TB, setters ...peer.Setter) []byte {
	m, err := peer.Build(append([]peer.Setter{peer.TransactionID, peer.BindingRequest}, setters...)...)
	if err != nil {
		t.Fatal(err)
	}
	return m.Raw
}

// Fails when something that is no Binding request gets an answer, or when one
// that another implementation has built gets none.
func TestParse(t *testing.T) {
	plain := build(t)
	if _, ok := parse(plain); !ok {
		t.Error("a plain request is refused")
	}
	full := build(t, peer.NewUsername("a:b"), peer.NewSoftware("x"), peer.NewShortTermIntegrity("secret"), peer.Fingerprint)
	if r, ok := parse(full); !ok || r.unknowns > 0 {
		t.Error("a request with password and fingerprint is refused")
	}
	long := build(t, peer.RawAttribute{Type: peer.AttrPadding, Value: make([]byte, MaxRequest-stun.HeaderSize-4)})
	if _, ok := parse(long); !ok {
		t.Error("the longest request is refused")
	}
	change := func(b []byte, i int, x byte) []byte {
		b = bytes.Clone(b)
		b[i] ^= x
		return b
	}
	for name, b := range map[string][]byte{
		"nothing":           {},
		"a header cut off":  plain[:19],
		"a byte more":       append(bytes.Clone(plain), 0),
		"four bytes more":   append(bytes.Clone(plain), 0, 0, 0, 0),
		"another length":    change(plain, 3, 4),
		"no cookie":         change(plain, 4, 1),
		"an indication":     change(plain, 1, 0x10),
		"a success":         change(plain, 0, 1),
		"another method":    change(plain, 1, 2),
		"wrong fingerprint": change(full, len(full)-1, 1),
		"a byte changed":    change(full, 30, 1),
		"a long attribute":  change(full, 22, 0x40),
		"a long message":    build(t, peer.RawAttribute{Type: peer.AttrPadding, Value: make([]byte, MaxRequest-stun.HeaderSize)}),
		"a short change":    build(t, peer.RawAttribute{Type: peer.AttrChangeRequest, Value: []byte{0, 0}}),
		"HTTP":              []byte("GET / HTTP/1.1\r\nHost:x\r\n\r\n"),
	} {
		if _, ok := parse(b); ok {
			t.Errorf("%s: accepted", name)
		}
	}
}

// Fails when many unknown attributes make the answer long or wrong.
func TestManyUnknown(t *testing.T) {
	var setters []peer.Setter
	for i := range 100 {
		setters = append(setters, peer.RawAttribute{Type: peer.AttrType(0x4000 + i%50)})
	}
	r, ok := parse(build(t, setters...))
	if !ok {
		t.Fatal("refused")
	}
	resp := &peer.Message{Raw: r.answer(nil, home, origin{port1, port2}, r.size)}
	var unknown peer.UnknownAttributes
	if err := resp.Decode(); err != nil {
		t.Fatal(err)
	}
	if err := unknown.GetFrom(resp); err != nil || len(unknown) != maxUnknown || unknown[1] != 0x4001 {
		t.Errorf("%v: unknown are %v", err, unknown)
	}
}

// Fails when a random request that another implementation takes for one isn't
// answered with what that implementation reads as the client's address.
func TestAgreesWithPeer(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	for range 2000 {
		var setters []peer.Setter
		for range rnd.IntN(4) {
			setters = append(setters, peer.RawAttribute{
				Type: peer.AttrType(0x8000 | rnd.IntN(0x20)), Value: make([]byte, rnd.IntN(60)),
			})
		}
		var ip [16]byte
		for i := range ip {
			ip[i] = byte(rnd.Uint32())
		}
		from := netip.AddrPortFrom(netip.AddrFrom16(ip).Unmap(), uint16(1+rnd.IntN(65535)))
		if rnd.IntN(2) == 0 {
			from = netip.AddrPortFrom(netip.AddrFrom4([4]byte(ip[:4])), from.Port())
		}
		r, ok := parse(build(t, setters...))
		if !ok {
			t.Fatal("refused")
		}
		resp := &peer.Message{Raw: r.answer(nil, from, origin{port1, port2}, 1000)}
		if err := resp.Decode(); err != nil {
			t.Fatal(err)
		}
		var mapped peer.XORMappedAddress
		if err := mapped.GetFrom(resp); err != nil || mapped.String() != from.String() {
			t.Fatalf("%v: %s became %s", err, from, mapped)
		}
	}
}

// Fails when some bytes make the parser panic, when an answer is longer than
// its request, or when it is one that the other implementation can't read.
func FuzzAnswer(f *testing.F) {
	f.Add(build(f))
	f.Add(build(f, peer.RawAttribute{Type: peer.AttrChangeRequest, Value: []byte{0, 0, 0, 2}}, peer.Fingerprint))
	f.Add(build(f, peer.RawAttribute{Type: peer.AttrPadding, Value: make([]byte, 104)}))
	f.Add(build(f, peer.RawAttribute{Type: 1234}, peer.RawAttribute{Type: 2345, Value: []byte("abc")}))
	f.Add(build(f, peer.NewUsername("a"), peer.NewShortTermIntegrity("b"), peer.Fingerprint))
	f.Fuzz(func(t *testing.T, b []byte) {
		r, ok := parse(b)
		if !ok {
			return
		}
		for _, from := range []netip.AddrPort{home, netip.MustParseAddrPort("[2001:db8::5]:9")} {
			out := r.answer(nil, from, origin{port1, port2}, r.size)
			if len(out) > len(b) {
				t.Fatalf("%d bytes answer %d", len(out), len(b))
			}
			resp := &peer.Message{Raw: out}
			if err := resp.Decode(); err != nil || resp.TransactionID != [12]byte(b[8:20]) || resp.Type.Class == peer.ClassRequest {
				t.Fatalf("%v: %x", err, out)
			}
		}
	})
}
