//go:build !unix

package pipe

import "net"

// readNext reads into a buffer, which is held while there is nothing to read.
func readNext(c *net.TCPConn, p *buffers) ([]byte, error) {
	b := p.get()
	n, err := c.Read(b)
	if n > 0 {
		err = nil // it comes back
	}
	return b[:n], err
}

// hasEnded isn't known here; the first write or read will tell.
func hasEnded(*net.TCPConn) bool { return false }

// writeInParts writes b to c and calls moved whenever c has taken a part.
func writeInParts(c *net.TCPConn, b []byte, moved func()) error {
	for len(b) > 0 {
		n, err := c.Write(b[:min(len(b), bufferSize/8)])
		if err != nil {
			return err
		}
		moved()
		b = b[n:]
	}
	return nil
}
