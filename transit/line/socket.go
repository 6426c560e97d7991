package line

import (
	"net"
	"net/netip"
)

// maxDatagram is what is read at once: several packets where the system puts them
// together.
const maxDatagram = 1 << 16

// wanted is the size of the system's buffers: 50 ms of 1 Gbit/s. It gives what it can.
const wanted = 6 << 20

// A socket is a UDP socket that sends, and receives, several packets at a time where
// the system can. One goroutine may receive, others send.
type socket struct {
	udp   *net.UDPConn
	whole bool // packets aren't cut on their way
	buf   []byte
	several
}

func newSocket(udp *net.UDPConn) *socket {
	udp.SetReadBuffer(wanted)
	udp.SetWriteBuffer(wanted)
	s := &socket{udp: udp, buf: make([]byte, maxDatagram)}
	s.prepare()
	return s
}

func (s *socket) close() error { return s.udp.Close() }

// A batch is packets of one size that came from one address; the last may be shorter.
type batch struct {
	b    []byte
	size int
	from netip.AddrPort
}

// packets yields them. They belong to the socket, until the next call of receive.
func (b batch) packets(yield func([]byte) bool) {
	for rest := b.b; len(rest) > 0; {
		n := min(len(rest), max(b.size, 1))
		if !yield(rest[:n:n]) {
			return
		}
		rest = rest[n:]
	}
}

// each sends the packets of that size that are in b, one by one.
func (s *socket) each(b []byte, size int, to netip.AddrPort) {
	for p := range (batch{b: b, size: size}).packets {
		s.udp.WriteToUDPAddrPort(p, to)
	}
}
