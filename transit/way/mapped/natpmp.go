package mapped

import (
	"context"
	"encoding/binary"
	"fmt"
	"net/netip"
	"time"
)

// Sizes and numbers of NAT-PMP (RFC 6886 §3).
//
//	address request  0  version 0, opcode 0
//	        answer   0  version 0, opcode 128, result 2, epoch 4, address 4
//	mapping request  0  version 0, opcode 1 UDP or 2 TCP, reserved 2,
//	                    our port 2, port wished for 2, lifetime 4
//	        answer   0  version 0, opcode | 128, result 2, epoch 4,
//	                    our port 2, port assigned 2, lifetime 4
const (
	pmpAddress     = 0
	pmpUDP         = 1
	pmpTCP         = 2
	pmpAnswer      = 128
	pmpAddressSize = 12
	pmpMapSize     = 16
)

// natPMP speaks NAT-PMP.
type natPMP struct{ router netip.AddrPort }

func (natPMP) name() string { return "NAT-PMP" }

func (s natPMP) open(ctx context.Context, r request) (g grant, err error) {
	ip, err := s.address(ctx)
	if err != nil {
		return grant{}, err
	}
	port, life, err := s.ask(ctx, r, lifetime)
	return grant{netip.AddrPortFrom(ip, port), life}, err
}

// address returns the router's external address, for which nothing changes.
func (s natPMP) address(ctx context.Context) (ip netip.Addr, err error) {
	err = exchange(ctx, s.router, func(netip.Addr) []byte { return []byte{0, pmpAddress} }, func(b []byte) (ours bool, err error) {
		ip, ours, err = parsePMPAddress(b)
		return ours, err
	})
	return ip, err
}

// close sends a lifetime of 0, which must come with no wish for a port.
func (s natPMP) close(ctx context.Context, r request) error {
	r.external = 0
	_, _, err := s.ask(ctx, r, 0)
	return err
}

func (s natPMP) ask(ctx context.Context, r request, life time.Duration) (port uint16, granted time.Duration, err error) {
	err = exchange(ctx, s.router, func(netip.Addr) []byte { return pmpRequest(r, life) }, func(b []byte) (ours bool, err error) {
		port, granted, ours, err = parsePMPMap(b, r)
		return ours, err
	})
	return port, granted, err
}

func (r request) pmpOpcode() byte {
	if r.protocol == UDP {
		return pmpUDP
	}
	return pmpTCP
}

func pmpRequest(r request, life time.Duration) []byte {
	b := []byte{0, r.pmpOpcode(), 0, 0}
	b = binary.BigEndian.AppendUint16(b, r.port)
	b = binary.BigEndian.AppendUint16(b, r.external)
	return binary.BigEndian.AppendUint32(b, uint32(life/time.Second))
}

// pmpResult returns the error in an answer's header. ours is false for packets
// that are something else.
func pmpResult(b []byte, opcode byte, size int) (ours bool, err error) {
	if len(b) < 4 || len(b) > maxPacket || b[0] != 0 || b[1] != opcode|pmpAnswer {
		return false, nil
	}
	if result := binary.BigEndian.Uint16(b[2:]); result != 0 {
		return true, fmt.Errorf("%w: NAT-PMP result %d", errRefused, result)
	}
	return len(b) >= size, nil
}

func parsePMPAddress(b []byte) (ip netip.Addr, ours bool, err error) {
	ours, err = pmpResult(b, pmpAddress, pmpAddressSize)
	if !ours || err != nil {
		return netip.Addr{}, ours, err
	}
	return netip.AddrFrom4([4]byte(b[8:12])), true, nil
}

func parsePMPMap(b []byte, r request) (port uint16, life time.Duration, ours bool, err error) {
	ours, err = pmpResult(b, r.pmpOpcode(), pmpMapSize)
	if !ours || err != nil {
		return 0, 0, ours, err
	}
	if binary.BigEndian.Uint16(b[8:]) != r.port {
		return 0, 0, false, nil
	}
	return binary.BigEndian.Uint16(b[10:]), time.Duration(binary.BigEndian.Uint32(b[12:])) * time.Second, true, nil
}
