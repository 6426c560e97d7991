package open

import (
	"context"
	"errors"
	"io"
	"net"
	"net/netip"
	"time"

	"sesame/internal/sharedport"
	"sesame/internal/stun"
)

// Bounds of an answer (RFC 8489 §6.2.2).
const (
	askTime   = 5 * time.Second
	maxAnswer = 548 // bytes
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
	d := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4zero, Port: int(port)}, Control: sharedport.Share}
	conn, err := d.DialContext(ctx, "tcp4", server)
	if err != nil {
		return nil, err
	}
	return &Mirror{conn}, nil
}

// Look returns what the port looks like from outside.
func (m *Mirror) Look() (netip.AddrPort, error) {
	id := stun.NewID()
	m.conn.SetDeadline(time.Now().Add(askTime))
	if _, err := m.conn.Write(stun.New(stun.BindingRequest, id)); err != nil {
		return netip.AddrPort{}, err
	}
	answer := make([]byte, stun.HeaderSize, maxAnswer)
	if _, err := io.ReadFull(m.conn, answer); err != nil {
		return netip.AddrPort{}, err
	}
	size := stun.Size(answer)
	if size > maxAnswer {
		return netip.AddrPort{}, errAnswer
	}
	answer = answer[:size]
	if _, err := io.ReadFull(m.conn, answer[stun.HeaderSize:]); err != nil {
		return netip.AddrPort{}, err
	}
	return parseAnswer(answer, id)
}

// parseAnswer returns the address in an answer to the request with that id.
func parseAnswer(b []byte, id stun.ID) (netip.AddrPort, error) {
	if len(b) > maxAnswer {
		return netip.AddrPort{}, errAnswer
	}
	m, ok := stun.Parse(b)
	if !ok || m.Type != stun.BindingSuccess || m.ID != id {
		return netip.AddrPort{}, errAnswer
	}
	at, ok := m.Address(stun.XORMappedAddress)
	if !ok || !at.Addr().Is4() {
		return netip.AddrPort{}, errAnswer
	}
	return at, nil
}

// Close ends the connection with a reset, so that the port can be used to ask the
// same server again.
func (m *Mirror) Close() error {
	if t, ok := m.conn.(*net.TCPConn); ok {
		t.SetLinger(0)
	}
	return m.conn.Close()
}
