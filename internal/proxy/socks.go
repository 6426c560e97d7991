//go:build !js

package proxy

import (
	"encoding/binary"
	"io"
	"net"
	"strconv"

	"sesame/internal/safetext"
)

// What SOCKS5 has for numbers (RFC 1928, RFC 1929).
const (
	socksVersion = 5
	loginVersion = 1

	methodNone  = 0
	methodLogin = 2
	methodNever = 0xff // none of those that were offered

	socksConnect = 1

	typeIPv4 = 1
	typeName = 3
	typeIPv6 = 4

	replyDone    = 0
	replyRefused = 2
)

// socksReplies is what a proxy says by a number, as RFC 1928 §6 has it.
var socksReplies = map[byte]string{
	1: "general SOCKS server failure",
	3: "network unreachable",
	4: "host unreachable",
	5: "connection refused",
	6: "TTL expired",
	7: "command not supported",
	8: "address type not supported",
}

// askSOCKS asks for a connection to addr (RFC 1928, RFC 1929). It reads not a byte
// further than the proxy's answer: the rest belongs to the destination.
func (s *Server) askSOCKS(conn io.ReadWriter, addr string) error {
	to, ok := socksAddress(addr)
	if !ok {
		return s.fail(BadAddress)
	}
	user, password := s.credentials(addr)
	greeting := []byte{socksVersion, 1, methodNone}
	if user != "" {
		greeting = []byte{socksVersion, 2, methodNone, methodLogin}
	}
	chosen, err := exchange(conn, greeting, 2)
	switch {
	case err != nil:
		return err
	case chosen[0] != socksVersion:
		return s.fail(NotSOCKS)
	case chosen[1] == methodNone:
	case user == "" && chosen[1] == methodNever:
		return s.fail(WantsLogin)
	case user == "": // it takes what wasn't offered
		return s.fail(NotSOCKS)
	case chosen[1] != methodLogin:
		return s.fail(BadLogin)
	default:
		switch answer, err := exchange(conn, login(user, password), 2); {
		case err != nil:
			return err
		case answer[0] != loginVersion:
			return s.fail(NotSOCKS)
		case answer[1] != 0:
			return s.fail(BadLogin)
		}
	}
	answer, err := exchange(conn, append([]byte{socksVersion, socksConnect, 0}, to...), 4)
	if err != nil {
		return err
	}
	return s.judgeSOCKS(conn, answer, addr)
}

// judgeSOCKS says what the first four bytes of an answer mean, and reads the address
// that follows if it is yes.
func (s *Server) judgeSOCKS(conn io.Reader, answer []byte, addr string) error {
	e := s.fail(NotSOCKS)
	e.To = safetext.Line(addr, 80)
	switch version, reply := answer[0], answer[1]; {
	case version != socksVersion:
		return e
	case reply == replyRefused:
		e.Why = Refuses
		return e
	case reply != replyDone:
		e.Why = CantConnectAs
		if e.Said = socksReplies[reply]; e.Said == "" {
			e.Said = "unknown code: " + strconv.Itoa(int(reply))
		}
		return e
	case answer[2] != 0:
		return e
	}
	length := 0
	switch answer[3] {
	case typeIPv4:
		length = net.IPv4len
	case typeIPv6:
		length = net.IPv6len
	case typeName:
		var one [1]byte
		if _, err := io.ReadFull(conn, one[:]); err != nil {
			return err
		}
		length = int(one[0])
	default:
		return e
	}
	_, err := io.ReadFull(conn, make([]byte, length+2)) // from where it connected, with the port
	return err
}

// login writes who we are.
func login(user, password string) []byte {
	b := append([]byte{loginVersion, byte(len(user))}, user...)
	return append(append(b, byte(len(password))), password...)
}

// exchange says something, and returns the next n bytes of what comes.
func exchange(conn io.ReadWriter, say []byte, n int) ([]byte, error) {
	if _, err := conn.Write(say); err != nil {
		return nil, err
	}
	answer := make([]byte, n)
	_, err := io.ReadFull(conn, answer)
	return answer, err
}

// socksAddress writes a destination, "host:port": its type, it, and the port.
func socksAddress(addr string) (b []byte, ok bool) {
	host, text, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, false
	}
	port, err := strconv.ParseUint(text, 10, 16)
	if err != nil || port == 0 || host == "" || len(host) > 255 {
		return nil, false
	}
	if ip := net.ParseIP(host); ip == nil {
		b = append([]byte{typeName, byte(len(host))}, host...)
	} else if ip4 := ip.To4(); ip4 != nil {
		b = append([]byte{typeIPv4}, ip4...)
	} else {
		b = append([]byte{typeIPv6}, ip...)
	}
	return binary.BigEndian.AppendUint16(b, uint16(port)), true
}
