package tcp

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"testing"

	"sesame/transit/way"
)

// A still listener has an address and no connections.
type still struct {
	at     net.TCPAddr
	closed chan struct{}
}

func (l *still) Accept() (net.Conn, error) { <-l.closed; return nil, net.ErrClosed }
func (l *still) Close() error              { close(l.closed); return nil }
func (l *still) Addr() net.Addr            { return &l.at }

func prefixes(list ...string) []netip.Prefix {
	var out []netip.Prefix
	for _, s := range list {
		out = append(out, netip.MustParsePrefix(s))
	}
	return out
}

// open opens the way on a computer at home that listens at port 4000.
func open(t *testing.T, at string) (way.Finder, *way.Site) {
	t.Helper()
	site := way.NewSite(way.Config{Logger: slog.New(slog.DiscardHandler)}, true, prefixes("192.168.1.7/24", "2001:db8::7/64"))
	listen := func(context.Context) (net.Listener, error) {
		if at == "" {
			return nil, errors.New("no port")
		}
		return &still{*net.TCPAddrFromAddrPort(netip.MustParseAddrPort(at)), make(chan struct{})}, nil
	}
	f, err := Way{Listen: listen}.Open(t.Context(), site)
	if err != nil {
		t.Fatal(err)
	}
	return f, site
}

// Fails if the peer isn't told where we listen, in both families or in one, or where
// a router leads to us, as long as it does.
func TestHints(t *testing.T) {
	for at, want := range map[string]string{
		"[::]:4000":    "[192.168.1.7:4000 [2001:db8::7]:4000]",
		"0.0.0.0:4000": "[192.168.1.7:4000]",
		"":             "[]",
	} {
		f, _ := open(t, at)
		if got := fmt.Sprint(way.Addresses(way.TypeDirect, f.Hints())); got != want {
			t.Errorf("listening at %q: %s, want %s", at, got, want)
		}
	}
	f, site := open(t, "0.0.0.0:4000")
	site.Mapped(way.TCP, 4000, netip.MustParseAddrPort("203.0.113.9:61000"))
	site.Mapped(way.TCP, 4001, netip.MustParseAddrPort("203.0.113.9:61001")) // not ours any more
	if got := fmt.Sprint(way.Addresses(way.TypeDirect, f.Hints())); got != "[192.168.1.7:4000 203.0.113.9:61000]" {
		t.Errorf("with a router: %s", got)
	}
	site.Mapped(way.TCP, 4000, netip.AddrPort{})
	if got := fmt.Sprint(way.Addresses(way.TypeDirect, f.Hints())); got != "[192.168.1.7:4000]" {
		t.Errorf("without it: %s", got)
	}
}

// A joined connection has two ends.
type joined struct {
	net.Conn
	local, remote net.Addr
}

func (c joined) LocalAddr() net.Addr  { return c.local }
func (c joined) RemoteAddr() net.Addr { return c.remote }

// Fails if people are told of a NAT that had to be opened where none was, or of none
// where one was.
func TestProven(t *testing.T) {
	const here, peer, neighbour = "192.168.1.7:4000", "203.0.113.9:61000", "192.168.1.9:4000"
	for _, c := range []struct {
		name            string
		local, remote   string
		opens, both     bool // both sides dial; and this one is where the peer said it would from
		mapped, dialled bool
		want            way.Kind
	}{
		{"we dialled it", here, peer, true, true, false, true, way.Direct},
		{"nobody opens anything", here, peer, false, false, false, false, way.Direct},
		{"from where the peer said", here, peer, true, true, true, false, way.ThroughNAT},
		{"from elsewhere, and no router leads here", here, peer, true, false, false, false, way.ThroughNAT},
		{"from elsewhere, and a router leads here", here, peer, true, false, true, false, way.Direct},
		{"to a public address", "203.0.113.1:4000", peer, true, false, false, false, way.Direct},
		{"from this network", here, neighbour, true, false, false, false, way.SameNetwork},
	} {
		f, site := open(t, "[::]:4000")
		if c.opens {
			var peers []netip.AddrPort
			if c.both {
				peers = append(peers, netip.MustParseAddrPort(c.remote))
			}
			site.Expect(peers)
		}
		if c.mapped {
			site.Mapped(way.TCP, 4000, netip.MustParseAddrPort("203.0.113.1:4000"))
		}
		remote := netip.MustParseAddrPort(c.remote)
		conn := joined{local: net.TCPAddrFromAddrPort(netip.MustParseAddrPort(c.local)), remote: net.TCPAddrFromAddrPort(remote)}
		if got := f.Proven(conn, way.DirectPath(remote, site.Own()), !c.dialled); got.Kind != c.want {
			t.Errorf("%s: %v, want %v", c.name, got.Kind, c.want)
		}
	}
}
