package stun

import (
	"bytes"
	"encoding/hex"
	"net/netip"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// A vector is a message that another implementation (pion/stun) built from its
// parts.
type vector map[string]string

func vectors(t testing.TB) (all []vector) {
	b, err := os.ReadFile("testdata/messages.txt")
	if err != nil {
		t.Fatal(err)
	}
	for block := range strings.SplitSeq(strings.TrimSpace(string(b)), "\n\n") {
		v := vector{}
		for line := range strings.SplitSeq(block, "\n") {
			name, value, _ := strings.Cut(line, " ")
			v[name] = value
		}
		all = append(all, v)
	}
	if len(all) < 40 {
		t.Fatalf("%d vectors", len(all))
	}
	return all
}

func unhex(t testing.TB, s string) []byte {
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func (v vector) has(name string) bool { _, ok := v[name]; return ok }

// Fails when a message isn't built byte for byte as another implementation
// builds it.
func TestBuildAsOthers(t *testing.T) {
	for _, v := range vectors(t) {
		typ, _ := strconv.ParseUint(v["type"], 16, 16)
		b := New(Type(typ), ID(unhex(t, v["id"])))
		if v.has("software") {
			b = Append(b, Software, unhex(t, v["software"]))
		}
		if v.has("mapped") {
			b = AppendAddress(b, MappedAddress, netip.MustParseAddrPort(v["mapped"]))
		}
		if v.has("xored") {
			b = AppendAddress(b, XORMappedAddress, netip.MustParseAddrPort(v["xored"]))
		}
		if v.has("key") {
			b = AppendIntegrity(b, unhex(t, v["key"]))
		}
		if v.has("fingerprint") {
			b = AppendFingerprint(b)
		}
		if got := hex.EncodeToString(b); got != v["message"] {
			t.Errorf("built\n%s, want\n%s", got, v["message"])
		}
	}
}

// Fails when what another implementation built is read as something else, or
// its proof isn't seen, or is seen for another key.
func TestReadOthers(t *testing.T) {
	for _, v := range vectors(t) {
		raw := unhex(t, v["message"])
		m, ok := Parse(raw)
		if !ok || !bytes.Equal(m.ID[:], unhex(t, v["id"])) {
			t.Fatalf("%s: %v", v["message"], m)
		}
		at, ok := m.Mapped()
		if want := v["mapped"] + v["xored"]; ok != (want != "") || ok && at.String() != want {
			t.Errorf("mapped to %v, want %s", at, want)
		}
		if software, ok := m.Get(Software); ok != v.has("software") || hex.EncodeToString(software) != v["software"] {
			t.Errorf("software %x, want %s", software, v["software"])
		}
		if key := unhex(t, v["key"]); m.By(key) != v.has("key") || m.By(append(key, 1)) {
			t.Errorf("%s: the proof is misjudged", v["message"])
		}
	}
}

// The samples of RFC 5769 §2.1 to §2.3, whose padding isn't zero.
func TestRFC5769(t *testing.T) {
	const key = "VOkJxbRl1RmTxUk/WvJxBt"
	for name, c := range map[string]struct{ message, mapped string }{
		"request": {"000100582112a442b7e7a701bc34d686fa87dfae802200105354554e207465737420636c69656e74" +
			"002400046e0001ff80290008932ff9b151263b36000600096576746a3a68367659202020" +
			"000800149aeaa70cbfd8cb56781ef2b5b2d3f249c1b571a280280004e57a3bcf", ""},
		"IPv4": {"0101003c2112a442b7e7a701bc34d686fa87dfae8022000b7465737420766563746f7220" +
			"002000080001a147e112a643000800142b91f599fd9e90c38c7489f92af9ba53f06be7d780280004c07d4c96", "192.0.2.1:32853"},
		"IPv6": {"010100482112a442b7e7a701bc34d686fa87dfae8022000b7465737420766563746f7220" +
			"002000140002a1470113a9faa5d3f179bc25f4b5bed2b9d900080014a382954e4be67bf11784c97c8292c275bfe3ed41" +
			"80280004c8fb0b4c", "[2001:db8:1234:5678:11:2233:4455:6677]:32853"},
	} {
		m, ok := Parse(unhex(t, c.message))
		if !ok || !m.By([]byte(key)) {
			t.Errorf("%s: read %v, proven %v", name, ok, m.By([]byte(key)))
		}
		if at, ok := m.Mapped(); ok != (c.mapped != "") || ok && at.String() != c.mapped {
			t.Errorf("%s: mapped to %v", name, at)
		}
	}
}

// Fails when a message counts that was changed anywhere after it was sealed, or
// that isn't whole.
func TestDamaged(t *testing.T) {
	key := []byte("a key")
	sealed := AppendIntegrity(Append(New(BindingRequest, ID{1}), Software, []byte("abc")), key)
	for i := range sealed {
		b := bytes.Clone(sealed)
		b[i] ^= 4
		if m, ok := Parse(b); ok && m.By(key) {
			t.Errorf("byte %d changed: still proven", i)
		}
	}
	printed := AppendFingerprint(bytes.Clone(sealed))
	for i := range printed {
		b := bytes.Clone(printed)
		b[i] ^= 4
		if _, ok := Parse(b); ok && i < len(printed)-8 {
			t.Errorf("byte %d changed: still read", i)
		}
		if _, ok := Parse(printed[:i]); ok {
			t.Errorf("%d of %d bytes are read", i, len(printed))
		}
	}
	if _, ok := Parse(append(bytes.Clone(printed), 0, 0, 0, 0)); ok {
		t.Error("trailing bytes are read")
	}
	behind := AppendAddress(bytes.Clone(sealed), XORMappedAddress, netip.MustParseAddrPort("192.0.2.1:5"))
	if m, ok := Parse(behind); !ok || !m.By(key) || m.Count() != 3 {
		t.Error("what follows a proof spoils it")
	} else if at, ok := m.Mapped(); ok {
		t.Errorf("%v isn't covered by the proof, and is believed", at)
	}
}

// Fails when some bytes make the parser panic, or when a message that was read
// is another one after it was built again from what it holds.
func FuzzParse(f *testing.F) {
	for _, v := range vectors(f) {
		f.Add(unhex(f, v["message"]))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		m, ok := Parse(b)
		if !ok {
			return
		}
		again := New(m.Type, m.ID)
		for a, value := range m.All() {
			if a != Fingerprint {
				again = Append(again, a, value)
			}
		}
		n, ok := Parse(again)
		if !ok {
			t.Fatalf("%x was built again as %x", b, again)
		}
		var old, rebuilt []Attribute
		for a := range m.All() {
			if a != Fingerprint {
				old = append(old, a)
			}
		}
		for a := range n.All() {
			rebuilt = append(rebuilt, a)
		}
		if !slices.Equal(old, rebuilt) {
			t.Fatalf("%v became %v", old, rebuilt)
		}
		m.By([]byte("a key"))
		if at, ok := m.Mapped(); ok && (!at.IsValid() || at.Port() == 0 || at.Addr().Is4In6()) {
			t.Fatalf("an address that is none: %v", at)
		}
	})
}
