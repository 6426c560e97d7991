package relay

import "net"

// A tcpPipe is a pipe client that speaks plain TCP. Its connection may be a halfCloser.
type tcpPipe struct{ *client }

// A halfCloser is a net.Conn whose directions end by themselves, as those of TCP do.
type halfCloser interface{ CloseWrite() error }

func (t tcpPipe) CloseWrite() error {
	if c, ok := t.Conn.(halfCloser); ok {
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
