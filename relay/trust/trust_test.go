package trust

import (
	"bytes"
	"encoding/binary"
	"net/netip"
	"strings"
	"testing"
)

func list(networks ...string) (l List) {
	for _, n := range networks {
		l = append(l, netip.MustParsePrefix(n))
	}
	return l
}

// Fails when what a client has sent itself is believed.
func TestForwarded(t *testing.T) {
	l := list("10.0.0.0/8", "fd00::/8", "127.0.0.1/32")
	for _, c := range []struct {
		headers []string
		want    string // "" for none
	}{
		{[]string{"192.0.2.1"}, "192.0.2.1"},
		{[]string{"198.51.100.1, 192.0.2.1"}, "192.0.2.1"},
		{[]string{"198.51.100.1", "192.0.2.1"}, "192.0.2.1"},
		{[]string{"198.51.100.1, 192.0.2.1, 10.1.2.3"}, "192.0.2.1"},
		{[]string{"nonsense, 192.0.2.1, 10.1.2.3"}, "192.0.2.1"},
		{[]string{"10.1.2.3, 10.1.2.4"}, "10.1.2.3"},
		{[]string{"192.0.2.1:4711"}, "192.0.2.1"},
		{[]string{"[2001:db8::1]:4711"}, "2001:db8::1"},
		{[]string{"[2001:db8::1]"}, "2001:db8::1"},
		{[]string{"2001:db8::1, fd00::7"}, "2001:db8::1"},
		{[]string{"::ffff:192.0.2.1"}, "192.0.2.1"},
		{[]string{"192.0.2.1, nonsense"}, ""},
		{[]string{"192.0.2.1, "}, ""},
		{[]string{"192.0.2.1, nonsense, 10.0.0.1"}, ""},
		{[]string{""}, ""},
		{nil, ""},
		{[]string{"unknown"}, ""},
		{[]string{"192.0.2.1" + strings.Repeat(",10.0.0.1", 40)}, ""},
	} {
		got, ok := l.Forwarded(c.headers)
		if ok != (c.want != "") || ok && got.String() != c.want {
			t.Errorf("%.60q: %v, %v; want %q", c.headers, got, ok, c.want)
		}
	}
	if !l.Has(netip.MustParseAddr("::ffff:10.1.1.1")) || l.Has(netip.MustParseAddr("192.0.2.1")) || List(nil).Has(netip.MustParseAddr("10.1.1.1")) {
		t.Error("the wrong ones are on the list")
	}
}

func binaryHeader(command, family byte, rest []byte) string {
	b := append([]byte{}, signature...)
	b = append(b, 0x20|command, family)
	b = binary.BigEndian.AppendUint16(b, uint16(len(rest)))
	return string(append(b, rest...))
}

var addrs4 = []byte{192, 0, 2, 1, 198, 51, 100, 1, 0x12, 0x34, 0, 80}

// read does what a server does: it reads no more than belongs to a header.
func read(stream string) (from netip.AddrPort, used int, err error) {
	used = min(MinHeader, len(stream))
	if used < MinHeader || !Begins([]byte(stream[:used])) {
		return from, used, ErrHeader
	}
	for {
		more, err := Missing([]byte(stream[:used]))
		if err != nil || more == 0 {
			if err == nil {
				from, err = Parse([]byte(stream[:used]))
			}
			return from, used, err
		}
		if used+more > len(stream) {
			return from, used, ErrHeader
		}
		used += more
	}
}

func TestHeaders(t *testing.T) {
	addrs6 := append(netip.MustParseAddr("2001:db8::1").AsSlice(), netip.MustParseAddr("2001:db8::2").AsSlice()...)
	addrs6 = append(addrs6, 0, 7, 0, 80)
	for header, want := range map[string]string{
		"PROXY TCP4 192.0.2.1 198.51.100.1 4660 80\r\n":         "192.0.2.1:4660",
		"PROXY TCP6 2001:db8::1 2001:db8::2 7 80\r\n":           "[2001:db8::1]:7",
		"PROXY TCP6 ::ffff:192.0.2.1 ::ffff:192.0.2.2 7 80\r\n": "192.0.2.1:7",
		"PROXY UNKNOWN\r\n":                                               "invalid AddrPort",
		"PROXY UNKNOWN a b c d\r\n":                                       "invalid AddrPort",
		binaryHeader(1, 0x11, addrs4):                                     "192.0.2.1:4660",
		binaryHeader(1, 0x11, append(addrs4[:12:12], 4, 0, 1, 'x')):       "192.0.2.1:4660", // and a TLV
		binaryHeader(1, 0x21, addrs6):                                     "[2001:db8::1]:7",
		binaryHeader(0, 0x00, nil):                                        "invalid AddrPort",
		binaryHeader(0, 0x11, addrs4):                                     "invalid AddrPort",
		binaryHeader(1, 0x00, nil):                                        "invalid AddrPort",
		"PROXY TCP4 192.0.2.1 198.51.100.1 4660 80\n":                     "",
		"PROXY TCP4 192.0.2.1 198.51.100.1 04660 80\r\n":                  "",
		"PROXY TCP4 192.0.2.1 198.51.100.1 4660\r\n":                      "",
		"PROXY TCP4 192.0.2.1 198.51.100.1 70000 80\r\n":                  "",
		"PROXY TCP4 2001:db8::1 2001:db8::2 1 2\r\n":                      "",
		"PROXY TCP6 192.0.2.1 198.51.100.1 1 2\r\n":                       "",
		"PROXY UDP4 192.0.2.1 198.51.100.1 1 2\r\n":                       "",
		"PROXY TCP6 fe80::1%eth0 fe80::2 1 2\r\n":                         "",
		"PROXY TCP4 " + strings.Repeat("x", 200) + "\r\n":                 "",
		"GET / HTTP/1.1\r\n\r\n":                                          "",
		"PROXY":                                                           "",
		binaryHeader(1, 0x11, addrs4[:11]):                                "",
		binaryHeader(1, 0x31, addrs4):                                     "", // a path of this machine
		binaryHeader(1, 0x12, addrs4):                                     "", // UDP
		binaryHeader(2, 0x11, addrs4):                                     "",
		binaryHeader(1, 0x11, make([]byte, 5000)):                         "",
		strings.Replace(binaryHeader(1, 0x11, addrs4), "\x21", "\x11", 1): "",
	} {
		const client = "PROXY please relay\r\n"
		from, used, err := read(header + client)
		if want == "" {
			if err == nil {
				t.Errorf("%.60q: %v", header, from)
			}
			continue
		}
		if err != nil || from.String() != want || used != len(header) {
			t.Errorf("%.60q: %v, %d of %d bytes, %v", header, from, used, len(header), err)
		}
	}
}

// Fails when bytes from a proxy make more be read than a header may have, or when reading
// them doesn't come to an end.
func FuzzHeader(f *testing.F) {
	f.Add([]byte("PROXY TCP4 192.0.2.1 198.51.100.1 4660 80\r\nGET / HTTP/1.1\r\n"))
	f.Add([]byte(binaryHeader(1, 0x11, addrs4)))
	f.Add([]byte(binaryHeader(0, 0, nil)))
	f.Fuzz(func(t *testing.T, b []byte) {
		from, used, err := read(string(b))
		if used > MaxHeader {
			t.Errorf("%d bytes", used)
		}
		if err == nil && from.IsValid() && (from.Addr().Is4In6() || from.Addr().Zone() != "") {
			t.Errorf("%v", from)
		}
		if err == nil && !bytes.HasPrefix(b, []byte("PROXY ")) && !bytes.HasPrefix(b, signature) {
			t.Errorf("%q is a header", b)
		}
	})
}

func FuzzForwarded(f *testing.F) {
	f.Add("192.0.2.1, 10.0.0.1")
	l := list("10.0.0.0/8")
	f.Fuzz(func(t *testing.T, text string) {
		if from, ok := l.Forwarded([]string{text}); ok && (!from.IsValid() || from.Is4In6() || from.Zone() != "") {
			t.Errorf("%q: %v", text, from)
		}
	})
}
