package stun

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"os"
	"strings"
	"testing"

	"sesame/internal/stun"
)

var (
	home  = netip.MustParseAddrPort("203.0.113.5:61002")
	port1 = netip.MustParseAddrPort("192.0.2.7:4000")
	port2 = netip.MustParseAddrPort("192.0.2.7:4001")
)

// An attr is an attribute of a request.
type attr struct {
	a     stun.Attribute
	value []byte
}

func build(attrs ...attr) []byte {
	m := stun.New(stun.BindingRequest, stun.NewID())
	for _, a := range attrs {
		m = stun.Append(m, a.a, a.value)
	}
	return m
}

// sealed returns a request with a password and a fingerprint, which the server
// takes like any other.
func sealed() []byte {
	m := build(attr{stun.Username, []byte("a:b")}, attr{stun.Software, []byte("x")})
	return stun.AppendFingerprint(stun.AppendIntegrity(m, []byte("secret")))
}

// refused returns the attributes that an answer says are unknown.
func refused(t testing.TB, answer []byte) (unknown []stun.Attribute) {
	t.Helper()
	m, ok := stun.Parse(answer)
	if !ok {
		t.Fatalf("no STUN message: %x", answer)
	}
	names, _ := m.Get(stun.UnknownAttributes)
	for ; len(names) >= 2; names = names[2:] {
		unknown = append(unknown, stun.Attribute(binary.BigEndian.Uint16(names)))
	}
	return unknown
}

// Fails when something that is no Binding request gets an answer, or when one
// gets none.
func TestParse(t *testing.T) {
	plain := build()
	if _, ok := parse(plain); !ok {
		t.Error("a plain request is refused")
	}
	full := sealed()
	if r, ok := parse(full); !ok || r.unknowns > 0 {
		t.Error("a request with password and fingerprint is refused")
	}
	long := build(attr{stun.Padding, make([]byte, MaxRequest-stun.HeaderSize-4)})
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
		"a long message":    build(attr{stun.Padding, make([]byte, MaxRequest-stun.HeaderSize)}),
		"a short change":    build(attr{stun.ChangeRequest, []byte{0, 0}}),
		"HTTP":              []byte("GET / HTTP/1.1\r\nHost:x\r\n\r\n"),
	} {
		if _, ok := parse(b); ok {
			t.Errorf("%s: accepted", name)
		}
	}
}

// Fails when many unknown attributes make the answer long or wrong.
func TestManyUnknown(t *testing.T) {
	var attrs []attr
	for i := range 100 {
		attrs = append(attrs, attr{stun.Attribute(0x4000 + i%50), nil})
	}
	r, ok := parse(build(attrs...))
	if !ok {
		t.Fatal("refused")
	}
	unknown := refused(t, r.answer(nil, home, origin{port1, port2}, r.size))
	if len(unknown) != maxUnknown || unknown[1] != 0x4001 {
		t.Errorf("unknown are %x", unknown)
	}
}

// Requests that another implementation (pion/stun) built, and the answers to
// them, of which it read what stands beside each: the client's address, the
// ports, or the error and what wasn't understood.
func TestAnswersAsOthersRead(t *testing.T) {
	text, err := os.ReadFile("testdata/answers.txt")
	if err != nil {
		t.Fatal(err)
	}
	blocks := strings.Split(strings.TrimSpace(string(text)), "\n\n")
	if len(blocks) < 40 {
		t.Fatalf("%d vectors", len(blocks))
	}
	for _, block := range blocks {
		v := map[string]string{}
		for line := range strings.SplitSeq(block, "\n") {
			name, value, _ := strings.Cut(line, " ")
			v[name] = value
		}
		request, err := hex.DecodeString(v["request"])
		r, ok := parse(request)
		if err != nil || !ok {
			t.Fatalf("%v: refused: %s", err, v["request"])
		}
		from := netip.MustParseAddrPort(v["from"])
		own := origin{port1, port2}
		if from.Addr().Is6() {
			own = origin{netip.MustParseAddrPort("[2001:db8::7]:4000"), netip.MustParseAddrPort("[2001:db8::7]:4001")}
		}
		answer := r.answer(nil, from, own, r.size)
		if hex.EncodeToString(answer) != v["answer"] {
			t.Errorf("answered\n%x, want\n%s", answer, v["answer"])
		}
		m, _ := stun.Parse(answer)
		for name, a := range map[string]stun.Attribute{
			"mapped": stun.XORMappedAddress, "origin": stun.ResponseOrigin, "other": stun.OtherAddress,
		} {
			at, ok := m.Address(a)
			if want := v[name]; ok != (want != "") || ok && at.String() != want {
				t.Errorf("%s: %s is %v, want %q", v["request"], name, at, want)
			}
		}
		var unknown []string
		for _, a := range refused(t, answer) {
			unknown = append(unknown, fmt.Sprintf("%04x", uint16(a)))
		}
		if got := strings.Join(unknown, " "); got != v["unknown"] {
			t.Errorf("%s: unknown are %q, want %q", v["request"], got, v["unknown"])
		}
	}
}

// Fails when a random request isn't answered with its client's address.
func TestAnswersAnyAddress(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	for range 2000 {
		var attrs []attr
		for range rnd.IntN(4) {
			attrs = append(attrs, attr{stun.Attribute(0x8000 | rnd.IntN(0x20)), make([]byte, rnd.IntN(60))})
		}
		var ip [16]byte
		for i := range ip {
			ip[i] = byte(rnd.Uint32())
		}
		from := netip.AddrPortFrom(netip.AddrFrom16(ip).Unmap(), uint16(1+rnd.IntN(65535)))
		if rnd.IntN(2) == 0 {
			from = netip.AddrPortFrom(netip.AddrFrom4([4]byte(ip[:4])), from.Port())
		}
		r, ok := parse(build(attrs...))
		if !ok {
			t.Fatal("refused")
		}
		resp, ok := stun.Parse(r.answer(nil, from, origin{port1, port2}, 1000))
		if at, mapped := resp.Mapped(); !ok || !mapped || at != from {
			t.Fatalf("%s became %s", from, at)
		}
	}
}

// Fails when some bytes make the parser panic, when an answer is longer than
// its request, or when it is none that can be read.
func FuzzAnswer(f *testing.F) {
	f.Add(build())
	f.Add(stun.AppendFingerprint(build(attr{stun.ChangeRequest, []byte{0, 0, 0, 2}})))
	f.Add(build(attr{stun.Padding, make([]byte, 104)}))
	f.Add(build(attr{1234, nil}, attr{2345, []byte("abc")}))
	f.Add(sealed())
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
			resp, ok := stun.Parse(out)
			if !ok || resp.ID != stun.ID(b[8:20]) || resp.Type == stun.BindingRequest {
				t.Fatalf("%v: %x", resp.Type, out)
			}
		}
	})
}
