package relay

import (
	"bytes"
	"cmp"
	"context"
	"time"

	"sesame/internal/wire"
	"sesame/relay/pipe"
	"sesame/relay/stun"
)

// A reception finds out what connections are, and hands each to what serves it.
type reception struct {
	ctx     context.Context // ends when the last grace is over
	live    *live
	origins []string
	hosts   *hosts
	proxies *proxies
	curtain *curtain
	queue   *connQueue // connections on their way to the HTTP server
	mail    *mailboxes
	pipes   *pipe.Hub
}

func newReception(s *Server, cfg *Config) *reception {
	rc := &reception{
		ctx: s.ctx, live: &s.live, origins: cfg.Origins, hosts: newHosts(cfg.Names, s.log), proxies: s.proxies,
		queue: newConnQueue(), mail: s.mail, pipes: s.pipes,
	}
	rc.curtain = newCurtain(cfg.TLS, s.live.limits().Handshake, rc.queue, s.figures.Shakes)
	s.mail.welcome = (&greeting{live: &s.live, pairs: min(cmp.Or(cfg.Pairs, DefaultPairs), MaxPairs), stun: cfg.STUN}).to
	return rc
}

// greet finds out from its first bytes what a connection is, and serves it.
func (rc *reception) greet(c *client) {
	c.SetReadDeadline(time.Now().Add(rc.live.limits().Handshake))
	buf := make([]byte, wire.MaxPlease+1)
	n := 0
	if c.proxy && !rc.proxies.told(c, func(begun []byte) bool { return rc.passOn(c, begun) }) {
		return
	}
	for {
		m, err := c.Conn.Read(buf[n:])
		n += m
		if rc.passOn(c, buf[:n]) {
			return
		}
		if stun.Begins(buf[:n]) {
			if n < stun.Head && err == nil {
				continue
			}
			if n >= stun.Head {
				stun.ServeStream(c.Conn, buf[:n], rc.live.limits().Handshake)
			}
			c.Close()
			return
		}
		line, rest, whole := bytes.Cut(buf[:n], []byte("\n"))
		begun := min(n, len(wire.Please))
		switch {
		case string(buf[:begun]) != wire.Please[:begun], !whole && n > wire.MaxPlease:
			pipe.TurnAway(pipe.OverTCP(c, c.Conn), wire.BadHandshake)
			return
		case whole:
			said, ok := wire.ParsePlease(line)
			if !ok {
				pipe.TurnAway(pipe.OverTCP(c, c.Conn), wire.BadHandshake)
			} else if len(rest) > 0 {
				pipe.TurnAway(pipe.OverTCP(c, c.Conn), wire.Impatient)
			} else {
				c.SetReadDeadline(time.Time{})
				rc.pipes.Serve(partner(pipe.OverTCP(c, c.Conn), c, said))
			}
			return
		case err != nil:
			c.Close()
			return
		}
	}
}

// passOn hands a connection over that has begun like HTTP or TLS. It reports false if it
// hasn't.
func (rc *reception) passOn(c *client, begun []byte) bool {
	switch {
	case len(begun) > 0 && 'A' <= begun[0] && begun[0] <= 'Z':
		c.prefix = begun
		rc.queue.put(c)
		return true
	case rc.curtain.takes(begun):
		rc.curtain.serve(rc.ctx, c, begun)
		return true
	}
	return false
}
