package main

import (
	"net"
	"net/netip"
	"slices"
	"sync"

	"sesame/client"
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

// guard returns what lets only computers on our networks in, unless the user wants
// all, and tells the user of the first that it turned away.
func (o *sendOptions) guard(ui *terminal) func(net.Listener) net.Listener {
	if o.anywhere {
		return everybody
	}
	var once sync.Once
	return func(l net.Listener) net.Listener {
		return &guardedListener{l, func(ip netip.Addr) bool {
			if near(ip, addr.Own) {
				return true
			}
			once.Do(func() {
				ui.note(client.NoteTurnedAway, ip)
			})
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
