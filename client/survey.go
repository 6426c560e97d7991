//go:build !js

package client

import (
	"context"
	"net/url"
	"strings"
	"time"

	"sesame/internal/addr"
	"sesame/rendezvous"
	"sesame/transit"
	"sesame/transit/survey"
)

// Survey says what package transit/survey has to look at, and by which ways, to find
// what this client's transfers would. It is for package client/doctor.
//
// A page in a browser has no such thing.
func (c *Client) Survey() *survey.Config {
	at := servers{core: c.core}
	var ways transit.Config
	c.routes.apply(&ways)
	return &survey.Config{
		Mailbox: at.mailbox().URL, Meet: func(ctx context.Context) (survey.Welcome, error) { return greet(ctx, at.mailbox()) }, Relays: c.relays, STUN: c.cfg.STUN,
		Via: ways.Via, Proxy: proxied(at), Roots: c.cfg.Roots, NoUDP: ways.NoUDP, Private: c.cfg.Policy.RelayOnly || c.cfg.Tor,
	}
}

// greet connects to a mailbox server, for as long as ctx allows, and returns what it
// announces.
func greet(ctx context.Context, cfg *rendezvous.Config) (w survey.Welcome, err error) {
	cfg.Native = nil
	if end, ok := ctx.Deadline(); ok {
		cfg.DialTimeout = time.Until(end)
	}
	at, err := rendezvous.Dial(ctx, cfg)
	if err != nil {
		return w, err
	}
	own := at.Relay()
	w.Address, w.URL = own.Address, own.URL
	w.STUN = at.STUN()
	go at.Close() // which may take seconds
	return w, nil
}

// proxied says how the mailbox server is reached where there is a proxy, nil if there
// is none.
func proxied(c servers) *survey.Proxy {
	settings := c.routes.settings
	if settings.Empty() {
		return nil
	}
	scheme, address := "wss", ""
	if u, err := url.Parse(c.mailbox().URL); err == nil {
		scheme, address = strings.ToLower(u.Scheme), addr.JoinURL(u)
	}
	if via := settings.Routes(scheme, address)[0]; via != nil {
		return &survey.Proxy{Through: via.String()}
	}
	if i := c.unused(); i != nil {
		return &survey.Proxy{Variable: i.variable, Scheme: i.scheme, Server: i.server, Wanted: i.wanted}
	}
	return &survey.Proxy{}
}
