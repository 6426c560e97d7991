package mapped

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/binary"
	"fmt"
	"net"
	"net/netip"
	"time"

	"sesame/internal/addr"
	"sesame/internal/neterr"
)

// Sizes and numbers of the Port Control Protocol (RFC 6887 §7, §11.1).
//
//	request                            response
//	 0  version 2                       0  version 2
//	 1  opcode 1                        1  opcode 1 | 128
//	 2  reserved                        2  reserved
//	                                    3  result
//	 4  lifetime, s                     4  lifetime, s
//	 8  our address, 16                 8  epoch, s
//	                                   12  reserved, 12
//	24  nonce, 12                      24  the same
//	36  protocol                       36  the same
//	37  reserved, 3                    37  reserved, 3
//	40  our port                       40  the same
//	42  port wished for                42  port assigned
//	44  address wished for, 16         44  address assigned, 16
const (
	pcpVersion = 2
	pcpMap     = 1
	pcpAnswer  = 128
	pcpSize    = 60
	pcpNonce   = 12

	pcpOldVersion = 1 // result: the router speaks another version
)

// ianaNumber returns p's number in IP headers.
func (p Protocol) ianaNumber() byte {
	if p == UDP {
		return 17
	}
	return 6
}

// pcp speaks the Port Control Protocol.
type pcp struct {
	router netip.AddrPort
	nonces map[request][pcpNonce]byte // by protocol and our port: the right to change a mapping
}

func newPCP(router netip.AddrPort) *pcp {
	return &pcp{router, map[request][pcpNonce]byte{}}
}

func (*pcp) name() string { return "PCP" }

func (s *pcp) open(ctx context.Context, r request) (grant, error) {
	return s.ask(ctx, r, lifetime)
}

func (s *pcp) close(ctx context.Context, r request) error {
	r.external = 0
	_, err := s.ask(ctx, r, 0)
	return err
}

func (s *pcp) ask(ctx context.Context, r request, life time.Duration) (g grant, err error) {
	key := request{protocol: r.protocol, port: r.port}
	nonce, known := s.nonces[key]
	if !known {
		rand.Read(nonce[:])
		s.nonces[key] = nonce
	}
	err = exchange(ctx, s.router, func(own netip.Addr) []byte {
		return pcpRequest(r, nonce, own, life)
	}, func(packet []byte) (bool, error) {
		var ours bool
		g, ours, err = parsePCP(packet, r, nonce)
		return ours, err
	})
	return g, err
}

func pcpRequest(r request, nonce [pcpNonce]byte, own netip.Addr, life time.Duration) []byte {
	b := make([]byte, pcpSize)
	b[0], b[1] = pcpVersion, pcpMap
	binary.BigEndian.PutUint32(b[4:], uint32(life/time.Second))
	ip := own.As16()
	copy(b[8:], ip[:])
	copy(b[24:], nonce[:])
	b[36] = r.protocol.ianaNumber()
	binary.BigEndian.PutUint16(b[40:], r.port)
	binary.BigEndian.PutUint16(b[42:], r.external)
	any4 := netip.IPv4Unspecified().As16() // IPv4-mapped: which family is wished for
	copy(b[44:], any4[:])
	return b
}

// errOtherVersion means that the router speaks NAT-PMP, or a newer protocol.
var errOtherVersion = fmt.Errorf("%w: it speaks another version", errRefused)

// parsePCP reads an answer to r. ours is false for packets that are something
// else.
func parsePCP(b []byte, r request, nonce [pcpNonce]byte) (g grant, ours bool, err error) {
	if len(b) >= 4 && len(b) <= maxPacket && b[0] == 0 && b[1]&128 != 0 && binary.BigEndian.Uint16(b[2:]) == pcpOldVersion {
		return grant{}, true, errOtherVersion // in the form of NAT-PMP (RFC 6886 §3.5)
	}
	if len(b) < 24 || len(b) > maxPacket || b[1] != pcpMap|pcpAnswer {
		return grant{}, false, nil
	}
	if b[0] != pcpVersion || b[3] == pcpOldVersion {
		return grant{}, true, errOtherVersion
	}
	if len(b) < pcpSize || !bytes.Equal(b[24:36], nonce[:]) || b[36] != r.protocol.ianaNumber() ||
		binary.BigEndian.Uint16(b[40:]) != r.port {
		return grant{}, false, nil
	}
	if result := b[3]; result != 0 {
		return grant{}, true, fmt.Errorf("%w: PCP result %d", errRefused, result)
	}
	ip := netip.AddrFrom16([16]byte(b[44:60])).Unmap()
	g.external = netip.AddrPortFrom(ip, binary.BigEndian.Uint16(b[42:]))
	g.life = time.Duration(binary.BigEndian.Uint32(b[4:])) * time.Second
	return g, true, nil
}

// pauses are those between repetitions of a request (RFC 6886 §3.1). PCP has
// longer ones; routers are near.
var pauses = []time.Duration{250 * time.Millisecond, 500 * time.Millisecond, time.Second, 2 * time.Second}

// exchange sends a request to the router, a few times, until an answer comes. The
// socket takes packets from nowhere else. take returns whether a packet is one,
// and the request's error.
func exchange(ctx context.Context, router netip.AddrPort, request func(own netip.Addr) []byte, take func([]byte) (bool, error)) error {
	conn, err := new(net.Dialer).DialContext(ctx, "udp4", router.String())
	if err != nil {
		return err
	}
	defer conn.Close()
	stop := context.AfterFunc(ctx, func() { conn.SetReadDeadline(time.Unix(1, 0)) })
	defer stop()
	packet := request(addr.Of(conn.LocalAddr()).Addr())
	buf := make([]byte, maxPacket+1)
	for _, pause := range pauses {
		if _, err := conn.Write(packet); err != nil {
			return err
		}
		until := time.Now().Add(pause)
		conn.SetReadDeadline(until)
		for junk := 0; junk < 64 && ctx.Err() == nil; junk++ {
			n, err := conn.Read(buf)
			if neterr.Is(err, neterr.TimedOut) {
				break
			}
			if err != nil {
				return err // nobody listens there
			}
			if ours, err := take(buf[:n]); ours {
				return err
			}
		}
		if ctx.Err() != nil {
			return errSilent
		}
	}
	return errSilent
}
