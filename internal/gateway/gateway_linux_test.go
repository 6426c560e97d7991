package gateway

import (
	"testing"
)

const routes = `Iface	Destination	Gateway 	Flags	RefCnt	Use	Metric	Mask		MTU	Window	IRTT
wlan0	00000000	0101A8C0	0003	0	0	600	00000000	0	0	0
eth0	00000000	FE07000A	0003	0	0	100	00000000	0	0	0
eth0	0007000A	00000000	0001	0	0	100	00FFFFFF	0	0	0
`

// Fails if another router than that of the best default route is asked.
func TestGatewayOfRoutes(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"two", routes, "10.0.7.254"},
		{"none", "Iface	Destination\n", ""},
		{"empty", "", ""},
		{"a tunnel is better", routes + "tun0	00000000	00000000	0001	0	0	50	00000000	0	0	0\n", ""},
		{"half of all addresses", "tun0	00000000	0101A8C0	0003	0	0	50	00000080	0	0	0\n", ""},
		{"down", "eth0	00000000	0101A8C0	0002	0	0	50	00000000	0	0	0\n", ""},
		{"not hexadecimal", "eth0	00000000	0101A8CX	0003	0	0	50	00000000	0	0	0\n", ""},
	} {
		got, err := parseRoutes([]byte(c.text))
		if (err == nil) != (c.want != "") || err == nil && got.String() != c.want {
			t.Errorf("%s: %v, %v, want %q", c.name, got, err, c.want)
		}
	}
}

// No text makes it panic.
func FuzzRoutes(f *testing.F) {
	f.Add([]byte(routes))
	f.Fuzz(func(t *testing.T, b []byte) {
		if ip, err := parseRoutes(b); err == nil && !ip.Is4() {
			t.Errorf("gateway %v", ip)
		}
	})
}
