//go:build !js

package client

import (
	"net"
	"net/netip"
	"slices"
	"sync"

	"sesame/internal/addr"
)

// A guardedListener takes connections only from those who may come in. It is for a
// sender's own mailbox, whose port the whole Internet may reach where addresses are
// public.
//
// Source: doc/local.md §2.
type guardedListener struct {
	net.Listener
	mayEnter func(netip.Addr) bool
}

func (l *guardedListener) Accept() (net.Conn, error) {
	for {
		conn, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		if from := addr.Of(conn.RemoteAddr()).Addr(); from.IsValid() && l.mayEnter(from) {
			return conn, nil
		}
		if t, ok := conn.(*net.TCPConn); ok {
			t.SetLinger(0)
		}
		conn.Close()
	}
}

// everybody lets all in.
func everybody(l net.Listener) net.Listener { return l }

// guard returns what lets only computers on our networks in, unless all are wanted,
// and tells of the first that it turned away.
func (c *opening) guard() func(net.Listener) net.Listener {
	if c.to.Anywhere {
		return everybody
	}
	var once sync.Once
	return func(l net.Listener) net.Listener {
		return &guardedListener{l, func(ip netip.Addr) bool {
			if near(ip, addr.Own) {
				return true
			}
			once.Do(func() { c.told.note(NoteTurnedAway, ip) })
			return false
		}}
	}
}

// near reports whether ip is on one of our networks, or of a kind that has no meaning
// on the Internet. Own returns our addresses.
func near(ip netip.Addr, own func() []netip.Prefix) bool {
	switch addr.KindOf(ip) {
	case addr.Loopback, addr.Private, addr.LinkLocal, addr.Carrier:
		return true
	}
	return slices.ContainsFunc(own(), func(p netip.Prefix) bool { return p.Bits() > 0 && p.Masked().Contains(ip) })
}
