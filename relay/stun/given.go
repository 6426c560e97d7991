package stun

import (
	"errors"
	"net"
)

// ErrGiven is of sockets from which no Listener can be made.
var ErrGiven = errors.New("stun: what is given isn't one UDP port or two, each in the same families")

// Of makes a Listener of sockets that somebody else has opened, such as the system for a
// service that is being started again: of one port or two, the lower one first, each for
// IPv4, IPv6 or both. A socket is for one family: one for IPv6 takes no IPv4. The
// Listener owns them; after an error they are closed.
func Of(conns []*net.UDPConn) (*Listener, error) {
	l := &Listener{}
	var socks [2][]*socket
	for _, c := range conns {
		at, ok := c.LocalAddr().(*net.UDPAddr)
		switch {
		case !ok:
		case l.ports[0] == 0 || l.ports[0] == at.Port:
			l.ports[0] = at.Port
			socks[0] = append(socks[0], newSocket(c, at.IP.To4() != nil))
			continue
		case l.ports[1] == 0 || l.ports[1] == at.Port:
			l.ports[1] = at.Port
			socks[1] = append(socks[1], newSocket(c, at.IP.To4() != nil))
			continue
		}
		socks[0] = nil
		break
	}
	if l.ports[1] != 0 && l.ports[1] < l.ports[0] {
		l.ports[0], l.ports[1], socks[0], socks[1] = l.ports[1], l.ports[0], socks[1], socks[0]
	}
	for _, first := range socks[0] {
		p := pair{first}
		for _, second := range socks[1] {
			if second.four == first.four {
				p[1] = second
			}
		}
		if l.ports[1] != 0 && p[1] == nil {
			socks[0] = nil
		}
		l.pairs = append(l.pairs, p)
	}
	if len(socks[0]) == 0 || l.ports[1] != 0 && len(socks[1]) != len(socks[0]) {
		for _, c := range conns {
			c.Close()
		}
		return nil, ErrGiven
	}
	return l, nil
}
