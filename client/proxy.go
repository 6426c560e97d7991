package client

import (
	"cmp"
	"time"

	"sesame/internal/proxy"
	"sesame/transit"
)

// routes say through what servers and relays are reached (doc/reach.md §2).
type routes struct {
	settings proxy.Settings
	tor      *proxy.Server // with Config.Tor
}

// resolve finds out which proxies there are.
func (r *routes) resolve(cfg *Config) (err error) {
	from := cmp.Or(cfg.ProxyFrom, "Config.Proxy")
	var s *proxy.Server
	switch {
	case cfg.Tor:
		text := cfg.Proxy
		if text == "" {
			host, _ := cfg.Env("TOR_SOCKS_HOST")
			port, _ := cfg.Env("TOR_SOCKS_PORT")
			from, text = "TOR_SOCKS_HOST or TOR_SOCKS_PORT", proxy.TorURL(host, port)
		}
		if s, err = proxy.Parse(from, text); err == nil {
			r.tor, err = s.Tor()
		}
		if err == nil {
			r.settings = proxy.Always(r.tor)
		}
	case cfg.Proxy == "none":
	case cfg.Proxy != "":
		if s, err = proxy.Parse(from, cfg.Proxy); err == nil {
			r.settings = proxy.Always(s)
		}
	default:
		r.settings, err = proxy.FromEnvironment(cfg.Env)
	}
	if err != nil {
		return &ConfigError{"Proxy", "", err}
	}
	return nil
}

// viaTime is how long it may take to connect to the mailbox server through a proxy,
// more than package proxy waits for it.
const viaTime = 60 * time.Second

// apply lets transit reach relays the same way. With Tor there is no other.
func (r *routes) apply(cfg *transit.Config) {
	cfg.Via = func(scheme, addr string) (ways []transit.Via) {
		for _, s := range r.settings.Routes(scheme, addr) {
			way := transit.Via{}
			if s != nil {
				way = transit.Via{Name: s.String(), Dial: s.Dial, Onion: r.tor != nil}
			}
			ways = append(ways, way)
		}
		return ways
	}
	cfg.NoUDP = !r.settings.Empty()
	if r.tor != nil {
		cfg.NoDirect, cfg.Dialer = true, r.tor.Dial
	}
}
