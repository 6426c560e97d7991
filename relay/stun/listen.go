package stun

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"sync"

	"sesame/internal/neterr"
)

// A Listener holds the UDP sockets of a server: one or two ports, each for
// IPv4, IPv6 or both. Its methods may be called concurrently.
type Listener struct {
	ports [2]int // the second is 0 if there is none
	pairs []pair
}

// A pair is the sockets of one address family. The second is nil if there is
// no second port.
type pair [2]*socket

// Listen opens the UDP port of hostport, and a second one: the next, or one of
// the system's choice if that can't be had. Port 0 lets the system choose
// both. An empty host, 0.0.0.0 or :: stands for all addresses of the machine,
// of both families but for 0.0.0.0. Whoever calls it closes the Listener, or
// has Serve do it.
//
// Without a second port the Listener is of use too; only its absence from
// Ports tells.
func Listen(hostport string) (*Listener, error) {
	addr, err := net.ResolveUDPAddr("udp", hostport)
	if err != nil {
		return nil, err
	}
	host := addr.AddrPort().Addr().Unmap()
	l := &Listener{}
	first, port, err := open(host, addr.Port)
	if err != nil {
		return nil, err
	}
	next := 0
	if addr.Port != 0 {
		next = (port + 1) % (1 << 16)
	}
	second, other, err := open(host, next)
	if err != nil {
		second, other, err = open(host, 0)
	}
	if err != nil || len(second) != len(first) {
		closeAll(second)
		second, other = make([]*socket, len(first)), 0
	}
	l.ports = [2]int{port, other}
	for i := range first {
		l.pairs = append(l.pairs, pair{first[i], second[i]})
	}
	return l, nil
}

// tries is how many ports of the system's choice are tried until one is free
// in both families.
const tries = 10

// open opens one port in the families that host stands for.
func open(host netip.Addr, port int) (socks []*socket, _ int, err error) {
	networks := []string{"udp4"}
	switch {
	case !host.IsValid(), host == netip.IPv6Unspecified():
		networks = []string{"udp4", "udp6"}
		host = netip.Addr{}
	case host.Is6():
		networks = []string{"udp6"}
	}
	for range tries {
		if socks, err = openIn(networks, host, port); err == nil || port != 0 {
			break
		}
	}
	if err != nil {
		return nil, 0, err
	}
	return socks, socks[0].local.Port, nil
}

// openIn opens one port in each of the networks that the machine has.
func openIn(networks []string, host netip.Addr, port int) (socks []*socket, err error) {
	var absent error
	for _, network := range networks {
		conn, err := net.ListenUDP(network, &net.UDPAddr{IP: host.AsSlice(), Port: port, Zone: host.Zone()})
		switch {
		case err == nil:
			s := newSocket(conn, network == "udp4")
			socks, port = append(socks, s), s.local.Port
		case len(networks) > 1 && neterr.Is(err, neterr.NoFamily, neterr.NotHere):
			absent = err
		default:
			closeAll(socks)
			return nil, err
		}
	}
	if len(socks) == 0 {
		return nil, absent
	}
	return socks, nil
}

func closeAll(socks []*socket) {
	for _, s := range socks {
		s.conn.Close()
	}
}

// Ports returns the UDP ports that are open, one or two.
func (l *Listener) Ports() []int {
	if l.ports[1] == 0 {
		return []int{l.ports[0]}
	}
	return []int{l.ports[0], l.ports[1]}
}

// Close closes the sockets, which ends Serve. It may be called repeatedly.
func (l *Listener) Close() error {
	for _, p := range l.pairs {
		for _, s := range p {
			if s != nil {
				s.conn.Close()
			}
		}
	}
	return nil
}

// Serve answers until Close, and then returns nil. It asks allow about each
// request before it tells the address that the request came from; several goroutines
// do so, one a socket. Errors, which are no longer than what they answer, are sent
// unasked: who forges requests that are none uses nothing up.
func (l *Listener) Serve(allow func(netip.Addr) bool) error {
	var wg sync.WaitGroup
	failed := make(chan error, 2*len(l.pairs))
	for _, p := range l.pairs {
		for i, s := range p {
			if s != nil {
				wg.Go(func() { failed <- s.serve(p[1-i], allow) })
			}
		}
	}
	wg.Wait()
	close(failed)
	for err := range failed {
		if err != nil && !errors.Is(err, net.ErrClosed) {
			return fmt.Errorf("stun: %w", err)
		}
	}
	return nil
}
