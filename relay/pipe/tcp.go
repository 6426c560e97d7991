package pipe

import "net"

// A tcpPipe is a pipe client that speaks plain TCP.
type tcpPipe struct {
	net.Conn
	under net.Conn // may be a halfCloser
}

// OverTCP returns the transport of a client that has said its line on conn, which runs on
// under: bytes may go around conn, its Close may not.
func OverTCP(conn, under net.Conn) Transport { return tcpPipe{conn, under} }

// A halfCloser is a net.Conn whose directions end by themselves, as those of TCP do.
type halfCloser interface{ CloseWrite() error }

func (t tcpPipe) CloseWrite() error {
	if c, ok := t.under.(halfCloser); ok {
		return c.CloseWrite()
	}
	return t.Close()
}

func (t tcpPipe) next(p *buffers) ([]byte, error) {
	if c := t.tcp(); c != nil {
		return readNext(c, p)
	}
	b := p.get()
	n, err := t.Read(b)
	return b[:n], err
}

func (t tcpPipe) socket() *net.TCPConn { return t.tcp() }

func (t tcpPipe) tcp() *net.TCPConn {
	c, _ := t.under.(*net.TCPConn)
	return c
}
