//go:build !js

package client

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"time"

	"sesame/internal/addr"
	"sesame/internal/neterr"
	"sesame/internal/proxy"
	"sesame/rendezvous"
	"sesame/rendezvous/local"
	"sesame/transit"
)

// A localMailbox is the mailbox server that a sender runs itself, for one code,
// where no other server is wanted or can be reached.
//
// Source: doc/local.md §2.
type localMailbox struct {
	by        *opening
	port      int
	server    Mailbox
	served    chan error
	announced *local.Announcement // nil if that can't be
	closed    chan struct{}
}

// serveMailbox begins to serve at a port of the system's choice, over IPv4 and
// IPv6, who may come in by the guard. The server is there until close.
func (c *opening) serveMailbox(guard func(net.Listener) net.Listener) (*localMailbox, error) {
	if c.cfg.Embed == nil {
		return nil, &ConfigError{"Local", "true", errNoEmbed}
	}
	l, err := c.listen()
	if err != nil {
		return nil, Fail(NoListen, Connection(err))
	}
	c.port = int(addr.Of(l.Addr()).Port())
	m := &localMailbox{
		by:     c,
		port:   c.port,
		server: c.cfg.Embed(),
		served: make(chan error, 1),
		closed: make(chan struct{}),
	}
	go func() { m.served <- m.server.Serve(guard(l)) }()
	return m, nil
}

// listen listens at the port of the mailbox for the code before this one, so that what
// was shown of it stays right, or at any.
func (c *opening) listen() (l net.Listener, err error) {
	for _, at := range []string{fmt.Sprintf(":%d", c.port), ":0"} {
		for _, network := range []string{"tcp", "tcp4"} { // there may be no IPv6
			if l, err = net.Listen(network, at); err == nil {
				return l, nil
			}
		}
	}
	return nil, err
}

// announce makes the server known on this network, and returns the code under
// which it is found: the one that was chosen, or a new one.
func (m *localMailbox) announce(ctx context.Context) (code rendezvous.Code, err error) {
	var nameplate string
	if m.by.to.Code != "" {
		if code, err = asTyped(m.by.to.Code); err != nil {
			return code, err
		}
		nameplate = code.Nameplate
	}
	m.announced, err = local.Announce(ctx, nameplate, m.port)
	switch {
	case errors.Is(err, local.ErrTaken):
		return code, &ConfigError{"Code", nameplate, err}
	case ctx.Err() != nil:
		return code, ctx.Err()
	case err != nil:
		m.by.told.note(NoteNotAnnounced, Connection(err))
		m.announced = &local.Announcement{Nameplate: strconv.Itoa(1 + rand.IntN(99))}
	}
	go m.watch(ctx)
	if m.by.to.Code != "" {
		return code, nil
	}
	return rendezvous.NewLocal(m.announced.Nameplate, m.by.to.Words)
}

// watch tells the user when the other computer won't find this one by itself.
func (m *localMailbox) watch(ctx context.Context) {
	select {
	case <-m.announced.Rival:
		m.by.told.note(NoteRival)
	case <-ctx.Done():
	case <-m.closed:
	}
}

// address is where this computer finds the server.
func (m *localMailbox) address() string { return addr.Join("127.0.0.1", m.port) }

// pipe is how this side reaches the server's pipes.
func (m *localMailbox) pipe() transit.Relay {
	return transit.Relay{Address: m.address(), Embedded: true}
}

// dial makes this side a client of the server.
func (m *localMailbox) dial(ctx context.Context) (*rendezvous.Client, error) {
	return rendezvous.Dial(ctx, m.by.watched(&rendezvous.Config{
		URL:        mailboxURL(m.address()),
		Native:     m.by.cfg.Policy.announcement(),
		HTTPClient: through(new(net.Dialer).DialContext, nil),
	}))
}

// leaveTime is how long a receiver may take to leave the mailbox after the sender.
const leaveTime = 2 * time.Second

// close stops serving. A receiver that is about to leave the mailbox may do so
// first; one that doesn't, and a stranger who stays, can't keep the sender.
func (m *localMailbox) close() {
	close(m.closed)
	m.announced.Close()
	leaving, cancel := context.WithTimeout(context.Background(), leaveTime)
	defer cancel()
	m.server.Vacated(leaving)
	ending, cancel := context.WithTimeout(context.Background(), giveBack)
	defer cancel()
	m.server.Shutdown(ending)
	<-m.served
}

// unreachable reports whether err says that there is no way to a server. One
// that is there, but isn't what it should be, is another matter, and so is a
// proxy that was asked for.
func unreachable(err error) bool {
	var (
		server *rendezvous.ConnectError
		op     *net.OpError
		dns    *net.DNSError
		via    *proxy.Error
	)
	if errors.As(err, &via) {
		return via.Why == proxy.NotReached && via.Ambient
	}
	return errors.As(err, &server) && (errors.As(err, &op) && op.Op == "dial" || errors.As(err, &dns) ||
		neterr.Is(err, neterr.Reset, neterr.TimedOut))
}

// ownAddresses returns the addresses under which others on our networks may find
// this computer, the likeliest first.
func ownAddresses() []netip.Addr {
	var ranks [3][]netip.Addr
	up, _ := addr.Links()
	for _, l := range up {
		if l.Flags&net.FlagLoopback != 0 {
			continue
		}
		for _, p := range l.Own {
			rank := 2
			ip := p.Addr()
			near := addr.KindOf(ip) == addr.LinkLocal
			switch {
			case near && ip.Is6(), l.Flags&net.FlagPointToPoint != 0: // the former need the other side's zone
				continue
			case near:
			case ip.Is4():
				rank = 0
			default:
				rank = 1
			}
			ranks[rank] = append(ranks[rank], ip)
		}
	}
	return slices.Concat(ranks[0], ranks[1], ranks[2])
}

// reachable reports whether anybody else may reach this computer, or be reached by it,
// on some network.
func reachable() bool {
	up, _ := addr.Links()
	return slices.ContainsFunc(up, func(l addr.Link) bool { return l.Flags&net.FlagLoopback == 0 && len(l.Own) > 0 })
}

// openLocal makes a venue of our own.
func (c *opening) openLocal(ctx context.Context) (*venue, error) {
	if !reachable() {
		return nil, Fail(NoAddress)
	}
	mailbox, err := c.serveMailbox(c.guard())
	if err != nil {
		return nil, err
	}
	at := &venue{mailbox: mailbox}
	for _, ip := range ownAddresses() {
		at.addresses = append(at.addresses, addr.Join(ip.String(), mailbox.port))
	}
	if at.code, err = mailbox.announce(ctx); err == nil {
		at.client, err = mailbox.dial(ctx)
	}
	if err != nil {
		at.leave()
		return nil, err
	}
	at.own = &ownPath{mailbox.pipe(), mailbox.server.Admit}
	return at, nil
}
