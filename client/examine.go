//go:build !js

package client

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"

	"sesame/internal/addr"
	"sesame/transit/survey"
	"sesame/internal/safetext"
	"sesame/internal/segments"
)

// A Finding is one thing that Examine has looked at, in words that are safe to print.
type Finding = survey.Finding

// Examine looks at the network that this computer is in, or if server is set at the
// mailbox server from outside, within eight seconds. It tells of each thing that it
// finds, and returns what all that means, and whether transfers can work or the
// server is well. If ctx ends, neither means anything.
//
// A page in a browser has no such thing. Source: doc/doctor.md.
func (c *Client) Examine(ctx context.Context, server bool, tell func(Finding)) (conclusion string, well bool) {
	cfg := surveyOf(servers{c.core})
	if server {
		return cfg.Server(ctx, tell)
	}
	return cfg.Network(ctx, tell)
}

// surveyOf says what to look at.
func surveyOf(c servers) *survey.Config {
	settings := c.routes.settings
	cfg := &survey.Config{Mailbox: c.mailbox(), Relays: c.relays, STUN: c.cfg.STUN, NoUDP: !settings.Empty(), Private: c.cfg.Policy.RelayOnly || c.cfg.Tor}
	cfg.Mailbox.Native = nil
	cfg.Dial = func(ctx context.Context, scheme, addr string) (net.Conn, error) {
		var errs []error
		for _, via := range settings.Routes(scheme, addr) {
			dial, ctx := segments.Dial, segments.With(ctx, segments.Tiny) // as transfers do it
			if via != nil {
				dial = via.Dial
			}
			conn, err := dial(ctx, "tcp", addr)
			if err == nil {
				return conn, nil
			}
			errs = append(errs, err)
		}
		return nil, errors.Join(errs...)
	}
	scheme, address := "wss", ""
	if u, err := url.Parse(cfg.Mailbox.URL); err == nil {
		scheme, address = strings.ToLower(u.Scheme), addr.JoinURL(u)
	}
	if via := settings.Routes(scheme, address)[0]; via != nil {
		cfg.Proxy = "servers are reached through " + via.String()
	} else if args := c.unused(); args != nil {
		wanted := fmt.Sprint(args[3])
		if c.cfg.ProxyFrom != "" {
			wanted += ", or " + c.cfg.ProxyFrom + ","
		}
		cfg.Proxy = fmt.Sprintf("%s is for %s:// servers, so %s is reached directly; %s is for this one", args[0], args[1], safetext.Line(args[2].(string), 80), wanted)
	} else if !settings.Empty() {
		cfg.Proxy = "there is one, but not for this server"
	}
	if !settings.Empty() {
		cfg.Proxy += "; UDP is not tried in transfers"
	}
	return cfg
}
