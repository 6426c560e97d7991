//go:build !linux

package hops

import (
	"net/netip"
	"sync"

	"golang.org/x/net/ipv4"
)

// ways is that one packet at a time has a TTL of its own.
type ways struct{ mu sync.Mutex }

func (s *Sender) send(b []byte, to netip.AddrPort, ttl int) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	p := ipv4.NewConn(s.conn)
	usual, err := p.TTL()
	if err != nil {
		return err
	}
	if err := p.SetTTL(ttl); err != nil {
		return err
	}
	defer p.SetTTL(usual)
	_, err = s.conn.WriteToUDPAddrPort(b, to)
	return err
}
