//go:build !js

package proxy

import (
	"cmp"
	"crypto/rand"
	"errors"
	"net"
	"net/netip"
	"strings"
)

// TorAddress is where Tor listens unless it was told otherwise.
const TorAddress = torHost + ":" + torPort

const (
	torHost = "127.0.0.1"
	torPort = "9050"
)

// TorURL returns the URL of Tor's SOCKS port at a host and port, each of which is
// the usual one if it is "". Whether they can be one, Parse says.
func TorURL(host, port string) string {
	return "socks5h://" + net.JoinHostPort(cmp.Or(host, torHost), cmp.Or(port, torPort))
}

// Tor returns the SOCKS port of Tor that s names. What goes through it to
// different destinations uses different circuits, which nobody can link, unless
// s has a user and a password of its own. A name instead of an address would
// have to be looked up without Tor, so it is an error, as is a proxy that isn't
// SOCKS5.
func (s *Server) Tor() (*Server, error) {
	if s.kind != socks {
		return nil, errors.New("Tor is reached over SOCKS5, as in socks5h://" + TorAddress)
	}
	t := *s
	t.tor, t.isolation = true, rand.Text()
	if strings.EqualFold(t.host, "localhost") {
		t.host = "127.0.0.1"
	}
	if _, err := netip.ParseAddr(t.host); err != nil {
		return nil, errors.New("the SOCKS port of Tor has to be given by an address, not by a name, which would be looked up outside of Tor")
	}
	return &t, nil
}

// credentials returns what to give a SOCKS proxy for a connection to addr. Tor
// keeps connections with different ones apart (IsolateSOCKSAuth).
func (s *Server) credentials(addr string) (user, password string) {
	if !s.tor || s.user != "" {
		return s.user, s.password
	}
	return s.isolation, addr[:min(len(addr), 255)]
}
