package relay

import (
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"sync"
	"time"

	"sesame/relay/door"
	"sesame/relay/figures"
	"sesame/relay/source"
	"sesame/relay/trust"
)

// The proxies of a server are those that its operator has listed. They say for whom they
// speak. It may be used concurrently.
type proxies struct {
	list trust.List
	near bool
	live *live
	log  *slog.Logger

	refused *figures.By

	mu   sync.Mutex
	said time.Time // when the log was last told of one that doesn't
}

// told reads what a proxy says before the client's own bytes. It reports false if that
// was all: the connection is closed then, or handed over by passOn, which gets what was
// read of the client's own bytes and says whether it takes them, because each request
// there tells for whom it is.
func (p *proxies) told(c *client, passOn func(begun []byte) bool) bool {
	begun := make([]byte, trust.MinHeader)
	if n, err := io.ReadFull(c.Conn, begun); err != nil {
		if n > 0 {
			p.warn()
		}
		c.Close()
		return false
	}
	if !trust.Begins(begun) {
		if !passOn(begun) {
			p.warn()
			c.Close()
		}
		return false
	}
	from, err := readHeader(c.Conn, begun)
	if err == nil && from.IsValid() {
		err = p.identify(c, from)
	}
	if err != nil {
		c.Close()
		return false
	}
	c.told = true
	return true
}

// readHeader reads the rest of a header of the PROXY protocol, and nothing of what follows.
func readHeader(r io.Reader, begun []byte) (from netip.AddrPort, err error) {
	for {
		more, err := trust.Missing(begun)
		if err != nil {
			return from, err
		}
		if more == 0 {
			return trust.Parse(begun)
		}
		have := len(begun)
		begun = append(begun, make([]byte, more)...)
		if _, err := io.ReadFull(r, begun[have:]); err != nil {
			return from, err
		}
	}
}

var errBlocked = errors.New("it is on the list of those who are blocked")

// identify has c be one for whom a proxy speaks.
func (p *proxies) identify(c *client, from netip.AddrPort) error {
	if p.live.now.Load().blocked.Has(from.Addr()) {
		p.refused.Add(figures.Blocked)
		return errBlocked
	}
	s, _ := source.At(from.Addr(), p.near)
	c.from = from
	if why := c.at.identify(c, s, time.Now()); why != door.Welcome {
		p.refused.Add(why.Name())
		p.log.Debug("refused a connection by a proxy", "why", why)
		return errors.New(why.String())
	}
	return nil
}

// forwarded finds out who makes a request that came on c. A proxy may have several clients
// make theirs on one connection, one after another. It reports false if the request was
// refused.
func (p *proxies) forwarded(w http.ResponseWriter, r *http.Request, c *client) bool {
	if !c.proxy || c.told {
		return true
	}
	from, ok := p.list.Forwarded(r.Header.Values("X-Forwarded-For"))
	if !ok {
		p.warn()
		http.Error(w, "Whom is this for? The proxy has to send X-Forwarded-For, or a header of the PROXY protocol.", http.StatusBadRequest)
		return false
	}
	if err := p.identify(c, netip.AddrPortFrom(from, 0)); err != nil {
		w.Header().Set("Connection", "close")
		http.Error(w, "This server is busy, or you come too often. Try again later.", http.StatusTooManyRequests)
		return false
	}
	return true
}

// warn has the log tell, from time to time, of a proxy that says nothing.
func (p *proxies) warn() {
	p.refused.Add(figures.NoProxy)
	p.mu.Lock()
	defer p.mu.Unlock()
	if now := time.Now(); p.said.IsZero() || now.Sub(p.said) >= quietTime {
		p.said = now
		p.log.Warn("refused connections of a proxy in --trust-proxy that doesn't say for whom it speaks; have it send X-Forwarded-For, or the PROXY protocol")
	}
}

// RemoteAddr returns the address of the client, as far as it is known.
func (c *client) RemoteAddr() net.Addr {
	if c.from.IsValid() {
		return net.TCPAddrFromAddrPort(c.from)
	}
	return c.Conn.RemoteAddr()
}
