//go:build !js

package simopen

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"net/netip"
	"time"

	"github.com/pion/stun/v3"
)

// Bounds of an answer (RFC 8489 §6.2.2).
const (
	askTime    = 5 * time.Second
	headerSize = 20
	maxAnswer  = 548 // bytes
)

var errAnswer = errors.New("the STUN server's answer makes no sense")

// A Mirror is a connection to a STUN server that tells what a port of this computer
// looks like from outside. While it is open, the NAT keeps the port as it is. It is
// for one goroutine; Close may be called at any time.
type Mirror struct{ conn net.Conn }

// Ask connects to a STUN server, "host:port", from a port that a listener shares.
// Only IPv4 is asked, since IPv6 addresses aren't translated.
func Ask(ctx context.Context, port uint16, server string) (*Mirror, error) {
	ctx, cancel := context.WithTimeout(ctx, askTime)
	defer cancel()
	d := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4zero, Port: int(port)}, Control: Share}
	conn, err := d.DialContext(ctx, "tcp4", server)
	if err != nil {
		return nil, err
	}
	return &Mirror{conn}, nil
}

// Look returns what the port looks like from outside.
func (m *Mirror) Look() (netip.AddrPort, error) {
	request, err := stun.Build(stun.TransactionID, stun.BindingRequest)
	if err != nil {
		return netip.AddrPort{}, err
	}
	m.conn.SetDeadline(time.Now().Add(askTime))
	if _, err := m.conn.Write(request.Raw); err != nil {
		return netip.AddrPort{}, err
	}
	answer := make([]byte, headerSize, maxAnswer)
	if _, err := io.ReadFull(m.conn, answer); err != nil {
		return netip.AddrPort{}, err
	}
	size := headerSize + int(binary.BigEndian.Uint16(answer[2:]))
	if size > maxAnswer {
		return netip.AddrPort{}, errAnswer
	}
	answer = answer[:size]
	if _, err := io.ReadFull(m.conn, answer[headerSize:]); err != nil {
		return netip.AddrPort{}, err
	}
	return parseAnswer(answer, request.TransactionID)
}

// parseAnswer returns the address in an answer to the request with that id.
func parseAnswer(b []byte, id [stun.TransactionIDSize]byte) (netip.AddrPort, error) {
	if len(b) > maxAnswer || !stun.IsMessage(b) {
		return netip.AddrPort{}, errAnswer
	}
	m := new(stun.Message)
	m.Raw = append(m.Raw, b...)
	if m.Decode() != nil || m.Type != stun.BindingSuccess || m.TransactionID != id {
		return netip.AddrPort{}, errAnswer
	}
	var at stun.XORMappedAddress
	if at.GetFrom(m) != nil {
		return netip.AddrPort{}, errAnswer
	}
	ip, ok := netip.AddrFromSlice(at.IP)
	if ip = ip.Unmap(); !ok || !ip.Is4() || at.Port <= 0 || at.Port > 65535 {
		return netip.AddrPort{}, errAnswer
	}
	return netip.AddrPortFrom(ip, uint16(at.Port)), nil
}

// Close ends the connection with a reset, so that the port can be used to ask the
// same server again.
func (m *Mirror) Close() error {
	if t, ok := m.conn.(*net.TCPConn); ok {
		t.SetLinger(0)
	}
	return m.conn.Close()
}
