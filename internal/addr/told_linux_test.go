package addr

import (
	"net"
	"net/netip"
	"slices"
	"testing"
)

// Fails if what sockets tell, where the system's list can't be had, is less than the
// list, or something else.
func TestToldIsWhatIsListed(t *testing.T) {
	want, err := listed()
	if err != nil {
		t.Skip("the list can't be had here:", err)
	}
	got := told()
	for _, w := range want {
		if len(w.Own) == 0 {
			continue // there is nothing to be found at
		}
		i := slices.IndexFunc(got, func(l Link) bool { return l.Name == w.Name })
		if i < 0 {
			t.Errorf("%s isn't told", w.Name)
			continue
		}
		g := got[i]
		const flags = net.FlagUp | net.FlagLoopback | net.FlagMulticast | net.FlagPointToPoint | net.FlagBroadcast
		if g.Index != w.Index || g.MTU != w.MTU || g.Flags&flags != w.Flags&flags {
			t.Errorf("%s is told as %+v, listed as %+v", w.Name, g.Interface, w.Interface)
		}
		for _, p := range w.Own {
			if !slices.Contains(g.Own, p) {
				t.Errorf("%s: %v isn't told, %v is", w.Name, p, g.Own)
			}
		}
	}
}

func FuzzParse6(f *testing.F) {
	f.Add([]byte("fe800000000000000a0027fffe123456 02 40 20 80     eth0\n00000000000000000000000000000001 01 80 10 80       lo\n"))
	f.Add([]byte("x"))
	f.Fuzz(func(t *testing.T, text []byte) {
		parse6(text, func(name string, p netip.Prefix) {
			if name == "" || !p.IsValid() || !p.Addr().Is6() {
				t.Errorf("%q has %v", name, p)
			}
		})
	})
}
