//go:build !linux

package line

import "net/netip"

// several is nothing here: packets are sent and received one by one.
type several struct{}

func (s *socket) prepare() {}

// receive returns what comes next.
func (s *socket) receive() (batch, error) {
	for {
		n, from, err := s.udp.ReadFromUDPAddrPort(s.buf)
		if err != nil {
			return batch{}, err
		}
		if n > 0 {
			return batch{s.buf[:n], n, plain(from)}, nil
		}
	}
}

// send sends packets of that size, the last of which may be shorter. What can't be sent
// is lost.
func (s *socket) send(b []byte, size int, to netip.AddrPort) { s.each(b, size, to) }
