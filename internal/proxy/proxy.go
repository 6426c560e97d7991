//go:build !js

package proxy

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strconv"
	"strings"
	"syscall"
	"time"

	"sesame/internal/congestion"
	"sesame/internal/segments"
)

// How long a connection by way of a proxy may take until it leads to its
// destination.
const (
	patience    = 20 * time.Second
	torPatience = 45 * time.Second
)

// A kind is what a proxy speaks.
type kind int

const (
	connect       kind = iota + 1 // HTTP CONNECT
	secureConnect                 // HTTP CONNECT over TLS
	socks                         // SOCKS5
)

// kinds lists the schemes of proxies, with the ports that they stand for. That
// socks5 looks names up here and socks5h at the proxy is curl's distinction;
// here both mean the latter.
var kinds = map[string]struct {
	kind kind
	port string
}{
	"http":    {connect, "80"},
	"https":   {secureConnect, "443"},
	"socks5":  {socks, "1080"},
	"socks5h": {socks, "1080"},
	"socks":   {socks, "1080"},
}

// A Server is a proxy. It may be shared.
type Server struct {
	kind           kind
	host, port     string
	user, password string // both "" for none
	source         string // what named it, as in "HTTPS_PROXY"
	ambient        bool   // it is a variable that is there for all programs
	tor            bool
	isolation      string // user of Tor's port, if there is no other
}

// Parse reads the URL of a proxy, such as "http://proxy.example.org:3128" or
// "socks5h://user:password@192.0.2.1:1080". A host and port alone mean HTTP.
// Source is what named it, for errors, which never quote the URL.
func Parse(source, text string) (*Server, error) {
	wrong := func(why string) error { return fmt.Errorf("%s is not the URL of a proxy: %s", source, why) }
	if !strings.Contains(text, "://") {
		text = "http://" + text
	}
	u, err := url.Parse(text)
	if err != nil { // whose text quotes the password
		return nil, wrong("it looks like http://proxy.example.org:3128 or socks5h://192.0.2.1:1080")
	}
	what, ok := kinds[u.Scheme]
	switch {
	case !ok:
		return nil, wrong("it begins with http, https, socks5 or socks5h")
	case u.Path != "" && u.Path != "/", u.RawQuery != "", u.Fragment != "":
		return nil, wrong("there is more than a host and a port")
	case u.Hostname() == "" || !printable(u.Hostname()):
		return nil, wrong("it names no host")
	}
	s := &Server{kind: what.kind, host: u.Hostname(), port: what.port, source: source}
	if p := u.Port(); p != "" {
		if n, err := strconv.ParseUint(p, 10, 16); err != nil || n == 0 {
			return nil, wrong("its port is none")
		}
		s.port = p
	}
	if u.User != nil {
		s.user = u.User.Username()
		s.password, _ = u.User.Password()
	}
	if s.kind == socks && (len(s.user) > 255 || len(s.password) > 255 || s.user == "" && s.password != "") {
		return nil, wrong("SOCKS takes a user and a password of 1 to 255 bytes")
	}
	return s, nil
}

// printable reports whether s can be a host in a request and on a screen.
func printable(s string) bool {
	return len(s) <= 255 && !strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r >= 0x7f || r == '/' || r == '\\' })
}

// String names the proxy for a person: "the proxy proxy.example.org:3128", or
// "Tor".
func (s *Server) String() string {
	if s.tor {
		return "Tor"
	}
	return "the proxy " + s.address()
}

func (s *Server) address() string { return net.JoinHostPort(s.host, s.port) }

// Dial connects to addr, "host:port", by way of the proxy, within 20
// seconds; Tor may take 45.
// The network is "tcp". What comes back is the connection itself: nothing of
// what the other end says is lost, and deadlines are clear. Errors are of type
// *Error, or the context's. The connection to the proxy has segments of the size
// that package segments was asked for.
func (s *Server) Dial(ctx context.Context, network, addr string) (net.Conn, error) {
	host, _, err := net.SplitHostPort(addr)
	if err != nil || network != "tcp" || !printable(host) {
		return nil, s.fail(BadAddress)
	}
	return s.dialOver(ctx, reach, addr)
}

// reach makes the connection to a proxy, over which data may go.
func reach(ctx context.Context, network, addr string) (net.Conn, error) {
	d := net.Dialer{ControlContext: func(ctx context.Context, network, address string, c syscall.RawConn) error {
		congestion.Control(ctx, network, address, c)
		return segments.Control(ctx, network, address, c)
	}}
	return d.DialContext(ctx, network, addr)
}

// dialOver is Dial for given means to reach the proxy.
func (s *Server) dialOver(ctx context.Context, reach func(ctx context.Context, network, addr string) (net.Conn, error), addr string) (net.Conn, error) {
	limit := patience
	if s.tor {
		limit = torPatience
	}
	within, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	conn, err := reach(within, "tcp", s.address())
	if err != nil {
		return nil, s.unless(ctx, s.unreached(err))
	}
	through, err := s.ask(within, conn, addr)
	if err != nil {
		conn.Close()
		return nil, s.unless(ctx, s.broken(err))
	}
	return through, nil
}

// ask has the proxy at the other end of conn connect to addr.
func (s *Server) ask(ctx context.Context, conn net.Conn, addr string) (net.Conn, error) {
	if deadline, ok := ctx.Deadline(); ok {
		conn.SetDeadline(deadline)
	}
	stop := context.AfterFunc(ctx, func() { conn.SetDeadline(time.Unix(1, 0)) })
	through, err := conn, error(nil)
	if s.kind == secureConnect {
		secure := tls.Client(conn, &tls.Config{ServerName: s.host, NextProtos: []string{"http/1.1"}})
		if err := secure.HandshakeContext(ctx); err != nil {
			stop()
			return nil, err
		}
		through = secure
	}
	if s.kind == socks {
		err = s.askSOCKS(through, addr)
	} else {
		err = s.askHTTP(through, addr)
	}
	if !stop() && err == nil {
		err = context.Cause(ctx)
	}
	if err != nil {
		return nil, err
	}
	return through, conn.SetDeadline(time.Time{})
}

// unless returns the context's error instead of err, if that is the reason: who
// has given up has no interest in the proxy's state.
func (s *Server) unless(ctx context.Context, err error) error {
	if errors.Is(ctx.Err(), context.Canceled) {
		return ctx.Err()
	}
	return err
}
