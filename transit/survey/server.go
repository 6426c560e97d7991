package survey

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"sesame/internal/addr"
	"sesame/internal/foreign"
	"sesame/internal/reason"
	"sesame/internal/safetext"
	"sesame/rendezvous"
)

// A meeting is what a mailbox server said.
type meeting struct {
	host    string // and port
	err     error
	took    time.Duration // to the welcome
	address string        // of its relay, or ""
	url     string        // likewise
	stun    []string
}

// meet asks the mailbox server for its welcome.
func (c *Config) meet(ctx context.Context) meeting {
	ctx, cancel := context.WithTimeout(ctx, serverTime)
	defer cancel()
	cfg := *c.Mailbox
	cfg.DialTimeout = serverTime
	m := meeting{host: hostOf(cfg.URL)}
	begun := time.Now()
	client, err := rendezvous.Dial(ctx, &cfg)
	m.took = time.Since(begun)
	if err != nil {
		m.err = err
		return m
	}
	m.address, m.url = client.Relay()
	m.stun = client.STUN()
	go client.Close() // which may take seconds
	return m
}

// finding says whether the mailbox server can be used.
func (m *meeting) finding() Finding {
	var unreached *rendezvous.ConnectError
	switch {
	case m.err == nil:
		return Finding{"server", Fine, fmt.Sprintf("%s speaks after %v", safetext.Line(m.host, 80), milliseconds(m.took)), ""}
	case errors.As(m.err, &unreached):
		advice := reason.Hint(m.err)
		if advice == "" {
			advice = "check the network, or name another server with --server; within this network, sesame send --local needs none"
		}
		return Finding{"server", Problem, m.err.Error(), advice}
	case errors.Is(m.err, context.DeadlineExceeded):
		return Finding{"server", Problem, safetext.Line(m.host, 80) + " can be reached, and says nothing", "name another server with --server"}
	}
	return Finding{"server", Problem, safetext.Line(m.err.Error(), 300), "name another server with --server"}
}

// A page is what came with the head of an HTTP answer.
type page struct {
	err    error
	clock  time.Duration // how far ours is ahead of the server's
	known  bool          // clock is
	tls    *tls.ConnectionState
	header http.Header
}

// fetch asks for the head of the page at the mailbox server's address.
func (c *Config) fetch(ctx context.Context) page {
	ctx, cancel := context.WithTimeout(ctx, serverTime)
	defer cancel()
	u, err := url.Parse(c.Mailbox.URL)
	if err != nil {
		return page{err: err}
	}
	u.Scheme = map[string]string{"ws": "http", "wss": "https"}[u.Scheme]
	req, err := http.NewRequestWithContext(ctx, http.MethodHead, u.String(), nil)
	if err != nil {
		return page{err: err}
	}
	req.Header.Set("User-Agent", foreign.Agent)
	transport := http.DefaultTransport
	if c.Mailbox.HTTPClient != nil && c.Mailbox.HTTPClient.Transport != nil {
		transport = c.Mailbox.HTTPClient.Transport
	}
	begun := time.Now()
	resp, err := transport.RoundTrip(req) // redirects aren't followed
	if err != nil {
		return page{err: err}
	}
	resp.Body.Close()
	p := page{tls: resp.TLS, header: resp.Header}
	if date, err := http.ParseTime(resp.Header.Get("Date")); err == nil {
		// The date is cut to seconds.
		middle := begun.Add(time.Since(begun) / 2)
		p.clock, p.known = middle.Sub(date.Add(500*time.Millisecond)), true
	}
	return p
}

// maxSkew is how wrong a clock may be before somebody is told.
const maxSkew = 30 * time.Second

// clockFinding compares our clock with the server's.
func (p *page) clockFinding() Finding {
	switch {
	case !p.known:
		return Finding{"clock", Remark, "nobody told the time", ""}
	case p.clock.Abs() <= maxSkew:
		return Finding{"clock", Fine, "agrees with the server's", ""}
	}
	way := "fast"
	if p.clock < 0 {
		way = "slow"
	}
	return Finding{"clock", Problem, fmt.Sprintf("your clock is wrong by %v: it is %s", p.clock.Abs().Round(time.Second), way),
		"set it, or certificates look invalid; if it is right, the server's is wrong"}
}

// certificateFinding says for how long the server's certificate is valid.
func (p *page) certificateFinding(now time.Time) Finding {
	if p.tls == nil || len(p.tls.PeerCertificates) == 0 {
		return Finding{"TLS", Remark, "not used: who is in between sees who meets, though not what is sent", "serve wss:// to keep that from others"}
	}
	days := int(p.tls.PeerCertificates[0].NotAfter.Sub(now).Hours() / 24)
	if days < 14 {
		return Finding{"TLS", Problem, fmt.Sprintf("the certificate is valid for %d more days only", days), "renew it"}
	}
	return Finding{"TLS", Fine, fmt.Sprintf("%s, certificate valid for %d more days", tls.VersionName(p.tls.Version), days), ""}
}

// hostOf returns the host and port that a WebSocket's URL leads to.
func hostOf(s string) string {
	u, err := url.Parse(s)
	if err != nil {
		return ""
	}
	return addr.JoinURL(u)
}
