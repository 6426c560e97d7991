package relay

import "net"

// A tcpPipe is a pipe client that speaks plain TCP.
type tcpPipe struct{ *client }

func (t tcpPipe) CloseWrite() error {
	if c, ok := t.Conn.(interface{ CloseWrite() error }); ok {
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
	c, _ := t.Conn.(*net.TCPConn)
	return c
}
