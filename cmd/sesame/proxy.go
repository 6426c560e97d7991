package main

import (
	"cmp"
	"context"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"sesame/internal/addr"
	"sesame/internal/proxy"
	"sesame/internal/segments"
	"sesame/rendezvous"
	"sesame/transit"
)

// proxyOptions say through what servers and relays are reached (doc/reach.md §2).
type proxyOptions struct {
	proxy string
	tor   bool

	settings proxy.Settings
	torPort  *proxy.Server // with tor
}

func (o *proxyOptions) addFlags(flags *pflag.FlagSet) {
	flags.StringVar(&o.proxy, "proxy", "", "reach servers and relays through the HTTP or SOCKS5 proxy `URL` (SESAME_PROXY; else HTTPS_PROXY, ALL_PROXY, …); none ignores those")
	flags.BoolVar(&o.tor, "tor", false, "reach servers and relays through Tor, and nothing in any other way; tell none of our addresses")
}

// resolve finds out which proxies there are.
func (o *proxyOptions) resolve(env environment) (err error) {
	const hint = `it looks like http://proxy.example.org:3128 or socks5h://192.0.2.1:1080; to use no proxy: --proxy none`
	switch source, text := o.given(env); {
	case o.tor:
		var s *proxy.Server
		if s, err = proxy.Parse(source, text); err == nil {
			o.torPort, err = s.Tor()
		}
		if err != nil {
			return &usageError{text: err.Error(), hint: "without --proxy, Tor is looked for at " + proxy.TorAddress + ", or at TOR_SOCKS_HOST and TOR_SOCKS_PORT"}
		}
		o.settings = proxy.Always(o.torPort)
	case text == "none":
	case text != "":
		var s *proxy.Server
		if s, err = proxy.Parse(source, text); err == nil {
			o.settings = proxy.Always(s)
		}
	default:
		o.settings, err = proxy.FromEnvironment(env)
	}
	if err != nil {
		return &usageError{text: err.Error(), hint: hint}
	}
	return nil
}

// given returns the one proxy that everything is to go through, and what named
// it. Where Tor is asked for, what the environment says of other proxies doesn't
// count: they aren't Tor.
func (o *proxyOptions) given(env environment) (source, text string) {
	switch {
	case o.proxy != "":
		return "--proxy", o.proxy
	case !o.tor:
		return "SESAME_PROXY", first(env, "SESAME_PROXY")
	}
	return "TOR_SOCKS_HOST or TOR_SOCKS_PORT", proxy.TorURL(first(env, "TOR_SOCKS_HOST"), first(env, "TOR_SOCKS_PORT"))
}

// How long it may take to connect to the mailbox server through a proxy, more
// than package proxy waits for it; and how many bytes of an HTTP answer are read
// before it must be a WebSocket.
const (
	viaTime   = 60 * time.Second
	maxHeader = 64 << 10
)

// reach says how to connect to cfg's mailbox server.
func (o *proxyOptions) reach(cfg *rendezvous.Config) {
	if cfg.URL == "" {
		cfg.URL = rendezvous.DefaultURL
	}
	u, err := url.Parse(cfg.URL)
	if err != nil {
		return // Dial says so
	}
	scheme := strings.ToLower(u.Scheme)
	dial := func(ctx context.Context, network, addr string) (net.Conn, error) {
		// A mailbox carries little: tiny segments cost nothing, and get through
		// where larger ones vanish.
		ctx = segments.With(ctx, segments.Tiny)
		if via := o.settings.Routes(scheme, addr)[0]; via != nil {
			return via.Dial(ctx, network, addr)
		}
		return segments.Dial(ctx, network, addr)
	}
	cfg.HTTPClient = &http.Client{Transport: &http.Transport{
		DialContext:            dial,
		MaxResponseHeaderBytes: maxHeader,
		DisableKeepAlives:      true,
	}}
	if o.settings.Routes(scheme, hostPort(u))[0] != nil {
		cfg.DialTimeout = viaTime
	}
}

// unused says that a proxy isn't used for the mailbox server because its variable is
// for servers of another sort, and which setting is for this one, as the arguments of client.NoteProxyUnused; nil if there is none.
func (o *proxyOptions) unused(server string) []any {
	u, err := url.Parse(cmp.Or(server, rendezvous.DefaultURL))
	if err != nil {
		return nil
	}
	scheme := strings.ToLower(u.Scheme)
	ignored, wanted := o.settings.Unused(scheme, hostPort(u))
	if ignored == "" {
		return nil
	}
	other := map[string]string{"ws": "wss", "wss": "ws"}[scheme]
	return []any{ignored, other, scheme + "://" + u.Host, wanted}
}

// hostPort returns the address that u leads to, "" if there is none.
func hostPort(u *url.URL) string {
	host, port, err := addr.OfURL(u)
	if err != nil {
		return ""
	}
	return addr.Join(host, port)
}

// apply lets transit reach relays the same way. With Tor there is no other.
func (o *proxyOptions) apply(cfg *transit.Config) {
	cfg.Via = func(scheme, addr string) (ways []transit.Via) {
		for _, s := range o.settings.Routes(scheme, addr) {
			way := transit.Via{}
			if s != nil {
				way = transit.Via{Name: s.String(), Dial: s.Dial, Onion: o.tor}
			}
			ways = append(ways, way)
		}
		return ways
	}
	cfg.NoUDP = !o.settings.Empty()
	if o.tor {
		cfg.NoDirect, cfg.Dialer = true, o.torPort.Dial
	}
}
