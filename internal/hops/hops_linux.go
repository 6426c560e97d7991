package hops

import (
	"encoding/binary"
	"net/netip"

	"golang.org/x/sys/unix"
)

// ways is nothing here: each packet says its TTL itself.
type ways struct{}

func (s *Sender) send(b []byte, to netip.AddrPort, ttl int) error {
	oob := make([]byte, unix.CmsgSpace(4))
	// A control message is a header, whose first field is as long as a pointer, and
	// its value.
	head := oob[:unix.CmsgLen(0)]
	if len(head) == 16 {
		binary.NativeEndian.PutUint64(head, uint64(unix.CmsgLen(4)))
	} else {
		binary.NativeEndian.PutUint32(head, uint32(unix.CmsgLen(4)))
	}
	binary.NativeEndian.PutUint32(head[len(head)-8:], unix.IPPROTO_IP)
	binary.NativeEndian.PutUint32(head[len(head)-4:], unix.IP_TTL)
	binary.NativeEndian.PutUint32(oob[len(head):], uint32(ttl))
	_, _, err := s.conn.WriteMsgUDPAddrPort(b, oob, to)
	return err
}
