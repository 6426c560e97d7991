package survey

import (
	"context"
	"net"
	"net/http"
	"net/url"
	"time"

	"sesame/internal/addr"
	"sesame/internal/foreign"
)

// meet asks the mailbox server for its welcome.
func meet(ctx context.Context, c *Config) Mailbox {
	ctx, cancel := context.WithTimeout(ctx, serverTime)
	defer cancel()
	m := Mailbox{Host: c.host()}
	begun := time.Now()
	m.Welcome, m.Err = c.Meet(ctx)
	m.Took = time.Since(begun)
	return m
}

// fetch asks for the head of the page at the mailbox server's address.
func fetch(ctx context.Context, c *Config) (p Page) {
	ctx, cancel := context.WithTimeout(ctx, serverTime)
	defer cancel()
	u, err := url.Parse(c.Mailbox)
	if err != nil {
		return Page{Err: err}
	}
	web := c.web(u.Scheme)
	u.Scheme = map[string]string{"ws": "http", "wss": "https"}[u.Scheme]
	req, err := http.NewRequestWithContext(ctx, http.MethodHead, u.String(), nil)
	if err != nil {
		return Page{Err: err}
	}
	req.Header.Set("User-Agent", foreign.Agent)
	begun := time.Now()
	resp, err := web.Transport.RoundTrip(req)
	if err != nil {
		return Page{Err: err}
	}
	resp.Body.Close()
	if date, err := http.ParseTime(resp.Header.Get("Date")); err == nil {
		// The date is cut to seconds.
		middle := begun.Add(time.Since(begun) / 2)
		p.Ahead, p.Time = middle.Sub(date.Add(500*time.Millisecond)), true
	}
	if s := resp.TLS; s != nil && len(s.PeerCertificates) > 0 {
		p.TLS, p.Valid = s.Version, time.Until(s.PeerCertificates[0].NotAfter)
	}
	return p
}

// maxNamed is how many addresses of a name are told.
const maxNamed = 8

// named finds out which addresses the mailbox server's name has.
func named(ctx context.Context, c *Config) Name {
	host, _, _ := addr.Split(c.host())
	ctx, cancel := context.WithTimeout(ctx, serverTime)
	defer cancel()
	ips, err := net.DefaultResolver.LookupNetIP(ctx, "ip", host)
	if err != nil {
		return Name{Host: host, Err: err}
	}
	n := Name{Host: host}
	for _, ip := range ips[:min(len(ips), maxNamed)] {
		n.IPs = append(n.IPs, ip.Unmap())
	}
	return n
}
