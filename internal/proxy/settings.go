//go:build !js

package proxy

import (
	"net/url"

	"golang.org/x/net/http/httpproxy"
)

// Settings say which connections go through which proxy. The zero value means
// none. They may be shared.
type Settings struct {
	always *Server
	// By what speaks over the connection: WebSocket, WebSocket over TLS, or
	// anything else over TCP; and what to try for that when it fails directly.
	ws, wss, tcp, spare *Server
	exempt              string // NO_PROXY
}

// Always returns the settings by which all goes through s.
func Always(s *Server) Settings { return Settings{always: s} }

// FromEnvironment reads HTTP_PROXY, HTTPS_PROXY, ALL_PROXY and NO_PROXY, or the
// same in small letters, which win. HTTP_PROXY is left out where a web server
// started the program, since visitors can set it there.
func FromEnvironment(lookup func(name string) (string, bool)) (Settings, error) {
	s := Settings{exempt: value(lookup, "no_proxy", "NO_PROXY").text}
	all, err := read(value(lookup, "all_proxy", "ALL_PROXY"))
	if err != nil {
		return Settings{}, err
	}
	secure, err := read(value(lookup, "https_proxy", "HTTPS_PROXY"))
	if err != nil {
		return Settings{}, err
	}
	var plain *Server
	if _, cgi := lookup("REQUEST_METHOD"); !cgi {
		if plain, err = read(value(lookup, "http_proxy", "HTTP_PROXY")); err != nil {
			return Settings{}, err
		}
	}
	s.ws, s.wss, s.tcp = first(plain, all), first(secure, all), all
	if all == nil {
		s.spare = secure
	}
	return s, nil
}

// A variable is one of the environment.
type variable struct{ name, text string }

// value returns the first of some variables that is set and not empty.
func value(lookup func(string) (string, bool), names ...string) variable {
	for _, name := range names {
		if text, ok := lookup(name); ok && text != "" {
			return variable{name, text}
		}
	}
	return variable{}
}

func read(v variable) (*Server, error) {
	if v.text == "" {
		return nil, nil
	}
	s, err := Parse(v.name, v.text)
	if err != nil {
		return nil, err
	}
	s.ambient = true
	return s, nil
}

func first(servers ...*Server) *Server {
	for _, s := range servers {
		if s != nil {
			return s
		}
	}
	return nil
}

// Empty reports whether there is no proxy for anything.
func (s Settings) Empty() bool {
	s.exempt = ""
	return s == Settings{}
}

// Routes returns the ways to addr, "host:port", in the order in which to try
// them; nil is the direct one. There is at least one. Scheme is what will be
// spoken: "ws", "wss" or, for anything else, "tcp".
//
// The environment's ALL_PROXY is for everything that has no variable of its own.
// HTTPS_PROXY alone says nothing of plain TCP: that is tried directly, and
// through the proxy where it fails. This computer itself, and what NO_PROXY
// lists, needs no proxy.
func (s Settings) Routes(scheme, addr string) []*Server {
	if s.always != nil {
		return []*Server{s.always}
	}
	switch scheme {
	case "ws":
		return []*Server{s.unlessExempt(s.ws, addr)}
	case "wss":
		return []*Server{s.unlessExempt(s.wss, addr)}
	}
	if spare := s.unlessExempt(s.spare, addr); spare != nil {
		return []*Server{nil, spare}
	}
	return []*Server{s.unlessExempt(s.tcp, addr)}
}

// Unused returns the variable of the environment that names a proxy for WebSockets
// with TLS where addr is reached by one without, and directly, or the other way round;
// and the variable that is for addr. Who set the one may think that it is for all. Both
// are "" where nothing is ignored.
func (s Settings) Unused(scheme, addr string) (ignored, wanted string) {
	other, wanted := s.wss, "HTTP_PROXY"
	if scheme == "wss" {
		other, wanted = s.ws, "HTTPS_PROXY"
	}
	if s.always != nil || s.Routes(scheme, addr)[0] != nil || s.unlessExempt(other, addr) == nil {
		return "", ""
	}
	return other.source, wanted
}

// unlessExempt returns via, or nil if addr is to be reached without a proxy.
func (s Settings) unlessExempt(via *Server, addr string) *Server {
	if via == nil {
		return nil
	}
	rules := httpproxy.Config{HTTPSProxy: "http://any", NoProxy: s.exempt}
	if u, err := rules.ProxyFunc()(&url.URL{Scheme: "https", Host: addr}); u == nil || err != nil {
		return nil
	}
	return via
}
