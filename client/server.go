package client

import (
	"cmp"
	"context"
	"net"
	"net/url"
	"strings"
	"time"

	"sesame/internal/addr"
	"sesame/internal/segments"
	"sesame/rendezvous"
)

// servers connects to mailbox servers, and announces there what this side does.
type servers struct {
	*core
	role role
}

// dial connects to the mailbox server and tells what its operator has to say.
func (c servers) dial(ctx context.Context) (*rendezvous.Client, error) {
	c.noteUnused()
	defer reaching(c.core)()
	at, err := rendezvous.Dial(ctx, c.watched(c.mailbox()))
	if err != nil {
		return nil, err
	}
	c.tellMOTD(at)
	return at, nil
}

func (c servers) tellMOTD(at *rendezvous.Client) {
	if motd := at.MOTD(); motd != "" {
		for line := range strings.Lines(motd) {
			c.told.event(ServerSays{strings.TrimSuffix(line, "\n")})
		}
	}
}

// mailbox returns how to meet at the server that was named, or the public one.
// Nothing else may connect to a mailbox server that isn't on this network.
func (c servers) mailbox() *rendezvous.Config {
	cfg := &rendezvous.Config{URL: cmp.Or(c.cfg.Server, rendezvous.DefaultURL), Native: c.cfg.Policy.announcement(), Token: c.cfg.Token}
	u, err := url.Parse(cfg.URL)
	if err != nil {
		return cfg // Dial says so
	}
	scheme := strings.ToLower(u.Scheme)
	cfg.HTTPClient = through(func(ctx context.Context, network, addr string) (net.Conn, error) {
		// A mailbox carries little: tiny segments cost nothing, and get through
		// where larger ones vanish.
		ctx = segments.With(ctx, segments.Tiny)
		if via := c.routes.settings.Routes(scheme, addr)[0]; via != nil {
			return via.Dial(ctx, network, addr)
		}
		return segments.Dial(ctx, network, addr)
	}, c.cfg.Roots)
	if c.routes.settings.Routes(scheme, addr.JoinURL(u))[0] != nil {
		cfg.DialTimeout = viaTime
	}
	return cfg
}

// An ignored is a variable of the environment that names a proxy and isn't used for the
// mailbox server, because it is for servers of another scheme; wanted is the one for this
// server.
type ignored struct{ variable, scheme, server, wanted string }

// unused returns what is ignored, nil if nothing is.
func (c servers) unused() *ignored {
	u, err := url.Parse(cmp.Or(c.cfg.Server, rendezvous.DefaultURL))
	if err != nil {
		return nil
	}
	scheme := strings.ToLower(u.Scheme)
	variable, wanted := c.routes.settings.Unused(scheme, addr.JoinURL(u))
	if variable == "" {
		return nil
	}
	other := map[string]string{"ws": "wss", "wss": "ws"}[scheme]
	return &ignored{variable, other, scheme + "://" + u.Host, wanted}
}

// noteUnused tells of a proxy that somebody set and that isn't used.
func (c servers) noteUnused() {
	if i := c.unused(); i != nil {
		c.told.note(NoteProxyUnused, i.variable, i.scheme, i.server, i.wanted)
	}
}

// watched has what a client of a mailbox server finds out while it waits told.
func (c servers) watched(cfg *rendezvous.Config) *rendezvous.Config {
	cfg.Logger = c.cfg.Logger
	cfg.Version = c.role.announcement()
	cfg.Unanswered = func() { c.told.note(NoteUnanswered) }
	cfg.Working = func(about time.Duration) { c.told.note(NoteServerWork, about) }
	cfg.Busy = func(again time.Duration) { c.told.note(NoteServerBusy, again) }
	cfg.Returned = func(away time.Duration) { c.told.note(NoteReturned, away) }
	return cfg
}
