package punch

import (
	"context"
	"net"
	"net/netip"
	"sync"

	"sesame/transit/line"
)

// A linePort is package line on one UDP socket.
type linePort struct {
	*line.Port
	gate    gate
	running sync.WaitGroup
}

// newLine begins to take connections, once there is a key.
func newLine(udp *net.UDPConn, by gate) *linePort {
	p := &linePort{line.New(udp, line.Config{Known: by.known, Allow: by.allows}), by, sync.WaitGroup{}}
	p.running.Go(p.accept)
	return p
}

func (p *linePort) start(key []byte) { p.Start(key) }

func (p *linePort) dial(ctx context.Context, to netip.AddrPort) (Conn, error) {
	c, err := p.Dial(ctx, to)
	if err != nil {
		return nil, err
	}
	return c, nil
}

func (p *linePort) read(ctx context.Context, b []byte) (int, netip.AddrPort, error) {
	return p.ReadFrom(ctx, b)
}

func (p *linePort) write(b []byte, to netip.AddrPort) { p.WriteTo(b, to) }

func (p *linePort) close() {
	p.Close()
	p.running.Wait()
}

// accept hands on the connections that come in.
func (p *linePort) accept() {
	for {
		c, err := p.Accept()
		if err != nil {
			return
		}
		p.running.Go(func() {
			if !p.gate.take(c, c.Over()) {
				c.Close()
			}
		})
	}
}
