package stun

import (
	"errors"
	"net"
	"net/netip"
	"time"

	"golang.org/x/net/ipv4"
	"golang.org/x/net/ipv6"

	"sesame/internal/addr"
	"sesame/internal/stun"
)

// A socket is one port in one address family.
type socket struct {
	conn  *net.UDPConn
	local *net.UDPAddr
	four  bool
	any   bool // on all addresses: control messages tell which one was meant
}

func newSocket(conn *net.UDPConn, four bool) *socket {
	s := &socket{conn: conn, local: conn.LocalAddr().(*net.UDPAddr), four: four}
	widen(conn, readBuffer)
	if !s.local.IP.IsUnspecified() {
		return s
	}
	// Where the system can't tell, the answer leaves by the usual address.
	if four {
		s.any = ipv4.NewPacketConn(conn).SetControlMessage(ipv4.FlagDst, true) == nil
	} else {
		s.any = ipv6.NewPacketConn(conn).SetControlMessage(ipv6.FlagDst, true) == nil
	}
	return s
}

// readBuffer is how many bytes of packets may wait to be read: those of a flood, on a
// busy machine, would push honest ones out of a small one.
const readBuffer = 4 << 20

// readPause is how long a socket rests after an error that says nothing of the
// next packet.
const readPause = 10 * time.Millisecond

// serve answers what comes in at s. other is the socket with the second port,
// or nil.
func (s *socket) serve(other *socket, allow func(netip.Addr) bool) error {
	in, out := make([]byte, MaxRequest+1), make([]byte, 0, MaxRequest)
	control := make([]byte, 128)
	for {
		n, cn, _, from, err := s.conn.ReadMsgUDPAddrPort(in, control)
		if errors.Is(err, net.ErrClosed) {
			return err
		}
		if err != nil { // some systems report what happened to an answer here
			time.Sleep(readPause)
			continue
		}
		from = netip.AddrPortFrom(from.Addr().Unmap(), from.Port())
		r, ok := parse(in[:n])
		if !ok || from.Port() == 0 {
			continue
		}
		at := s.meant(control[:cn])
		o := origin{own: s.on(at)}
		via := s
		switch {
		case r.changeIP, r.changePort && other == nil:
			r.notUnderstood(stun.ChangeRequest)
		case r.changePort:
			via, o.own = other, other.on(at)
		}
		if other != nil {
			o.other = other.on(at)
		}
		answer := r.answer(out, from, o, r.size)
		if tells(answer) && !allow(from.Addr()) {
			continue
		}
		// An answer that can't be sent is like one that is lost on the way.
		via.conn.WriteMsgUDPAddrPort(answer, s.control(at), from)
	}
}

// meant returns the machine's address that a packet was sent to, which is
// invalid if the system doesn't tell.
func (s *socket) meant(control []byte) netip.Addr {
	if !s.any {
		if s.local.IP.IsUnspecified() {
			return netip.Addr{}
		}
		return s.local.AddrPort().Addr().Unmap().WithZone("")
	}
	var ip net.IP
	if s.four {
		var cm ipv4.ControlMessage
		if cm.Parse(control) == nil {
			ip = cm.Dst
		}
	} else {
		var cm ipv6.ControlMessage
		if cm.Parse(control) == nil {
			ip = cm.Dst
		}
	}
	a, _ := netip.AddrFromSlice(ip)
	return a.Unmap()
}

// on returns the port of s at an address of the machine; invalid without one.
func (s *socket) on(a netip.Addr) netip.AddrPort {
	if !a.IsValid() {
		return netip.AddrPort{}
	}
	return netip.AddrPortFrom(a, uint16(s.local.Port))
}

// control returns the control message that makes an answer leave from the
// address that the request was sent to: clients behind a NAT see no other.
func (s *socket) control(a netip.Addr) []byte {
	switch {
	case !s.any || !a.IsValid() || addr.KindOf(a) == addr.Many:
		return nil
	case s.four:
		return (&ipv4.ControlMessage{Src: a.AsSlice()}).Marshal()
	}
	return (&ipv6.ControlMessage{Src: a.AsSlice()}).Marshal()
}
