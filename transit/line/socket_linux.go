package line

import (
	"encoding/binary"
	"errors"
	"net/netip"
	"sync/atomic"
	"unsafe"

	"golang.org/x/sys/unix"
)

// several is what Linux needs to handle several packets at once.
type several struct {
	single atomic.Bool // the system can't cut
	oob    [64]byte
}

// prepare has the system put together what comes, and send what isn't cut on its way.
func (s *socket) prepare() {
	raw, err := s.udp.SyscallConn()
	if err != nil {
		return
	}
	raw.Control(func(fd uintptr) {
		unix.SetsockoptInt(int(fd), unix.IPPROTO_UDP, unix.UDP_GRO, 1)
		four := unix.SetsockoptInt(int(fd), unix.IPPROTO_IP, unix.IP_MTU_DISCOVER, unix.IP_PMTUDISC_PROBE)
		six := unix.SetsockoptInt(int(fd), unix.IPPROTO_IPV6, unix.IPV6_MTU_DISCOVER, unix.IPV6_PMTUDISC_PROBE)
		s.whole = four == nil || six == nil
	})
}

// receive returns what comes next.
func (s *socket) receive() (batch, error) {
	for {
		n, k, _, from, err := s.udp.ReadMsgUDPAddrPort(s.buf, s.oob[:])
		if err != nil {
			return batch{}, err
		}
		if n > 0 {
			return batch{s.buf[:n], segment(s.oob[:k], n), plain(from)}, nil
		}
	}
}

// segment returns the size of the packets that were put together.
func segment(oob []byte, size int) int {
	for len(oob) >= unix.SizeofCmsghdr {
		h, data, rest, err := unix.ParseOneSocketControlMessage(oob)
		if err != nil {
			break
		}
		if h.Level == unix.IPPROTO_UDP && h.Type == unix.UDP_GRO && len(data) >= 2 {
			return int(binary.NativeEndian.Uint16(data))
		}
		oob = rest
	}
	return size
}

// send sends packets of that size, the last of which may be shorter. What can't be sent
// is lost.
func (s *socket) send(b []byte, size int, to netip.AddrPort) {
	if len(b) <= size || s.single.Load() {
		s.each(b, size, to)
		return
	}
	var space [24]byte
	oob := space[:unix.CmsgSpace(2)]
	h := (*unix.Cmsghdr)(unsafe.Pointer(&space[0]))
	h.Level, h.Type = unix.IPPROTO_UDP, unix.UDP_SEGMENT
	h.SetLen(unix.CmsgLen(2))
	binary.NativeEndian.PutUint16(oob[unix.CmsgLen(0):], uint16(size))
	if _, _, err := s.udp.WriteMsgUDPAddrPort(b, oob, to); errors.Is(err, unix.EIO) || errors.Is(err, unix.EINVAL) {
		s.single.Store(true) // this system can't, or this network card
		s.each(b, size, to)
	}
}
