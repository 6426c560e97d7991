package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"syscall"
	"time"

	"sesame/client"
	"sesame/internal/addr"
	"sesame/internal/proxy"
	"sesame/relay"
	"sesame/rendezvous"
	"sesame/rendezvous/local"
	"sesame/transit"
)

// A localMailbox is the mailbox server that a sender runs itself, for one code,
// where no other server is wanted or can be reached.
//
// Source: doc/local.md §2.
type localMailbox struct {
	port      int
	server    *relay.Server
	served    chan error
	announced *local.Announcement // nil if that can't be
	closed    chan struct{}
}

// Limits of a server that two computers use once, on a network whose other
// computers may be anybody's. One that has several addresses can't take all
// connections.
var localLimits = relay.Limits{
	Conns:              128,
	ConnsPerSource:     16,
	FirstMessage:       5 * time.Second,
	Handshake:          5 * time.Second,
	Mailboxes:          1,
	MailboxesPerSource: 1,
	TotalBytes:         4 << 20,
	MailboxLife:        365 * 24 * time.Hour, // it ends with the program
	Quarantined:        16,
	Waiting:            16,
	WaitingPerSource:   4,
}

// serveMailbox begins to serve at a port of the system's choice, over IPv4 and
// IPv6, who may come in by the guard. The server is there until close.
func serveMailbox(guard func(net.Listener) net.Listener) (*localMailbox, error) {
	l, err := net.Listen("tcp", ":0")
	if err != nil { // no IPv6 here
		l, err = net.Listen("tcp4", ":0")
	}
	if err != nil {
		return nil, client.Fail(client.NoListen, err)
	}
	m := &localMailbox{
		port:   int(addr.Of(l.Addr()).Port()),
		server: relay.New(&relay.Config{Limits: localLimits, Private: true, Near: true}),
		served: make(chan error, 1),
		closed: make(chan struct{}),
	}
	go func() { m.served <- m.server.Serve(guard(l)) }()
	return m, nil
}

// announce makes the server known on this network, and returns the code under
// which it is found: the one that was chosen, or a new one.
func (m *localMailbox) announce(ctx context.Context, ui *terminal, o *sendOptions) (code rendezvous.Code, err error) {
	var nameplate string
	if o.code != "" {
		if code, err = o.ownCode(); err != nil {
			return code, err
		}
		nameplate = code.Nameplate
	}
	m.announced, err = local.Announce(ctx, nameplate, m.port)
	switch {
	case errors.Is(err, local.ErrTaken):
		return code, &usageError{text: fmt.Sprintf("%v, %s", err, nameplate), hint: "choose a code with another number"}
	case ctx.Err() != nil:
		return code, ctx.Err()
	case err != nil:
		ui.note(client.NoteNotAnnounced, err)
		m.announced = &local.Announcement{Nameplate: strconv.Itoa(1 + rand.IntN(99))}
	}
	go m.watch(ctx, ui)
	if o.code != "" {
		return code, nil
	}
	return rendezvous.NewLocal(m.announced.Nameplate, o.codeLength)
}

// watch tells the user when the other computer won't find this one by itself.
func (m *localMailbox) watch(ctx context.Context, ui *terminal) {
	select {
	case <-m.announced.Rival:
		ui.note(client.NoteRival)
	case <-ctx.Done():
	case <-m.closed:
	}
}

// address is where this computer finds the server.
func (m *localMailbox) address() string { return addr.Join("127.0.0.1", m.port) }

// pipe is how this side reaches the server's pipes.
func (m *localMailbox) pipe() *transit.Relay {
	return &transit.Relay{Address: m.address(), Embedded: true}
}

// dial makes this side a client of the server.
func (m *localMailbox) dial(ctx context.Context, ui *terminal, native *rendezvous.Native) (*rendezvous.Client, error) {
	return rendezvous.Dial(ctx, watched(&rendezvous.Config{
		URL:        mailboxURL(m.address()),
		Native:     native,
		HTTPClient: through(new(net.Dialer).DialContext),
	}, ui))
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
		return via.Unreached && via.Ambient
	}
	return errors.As(err, &server) && (errors.As(err, &op) && op.Op == "dial" || errors.As(err, &dns) ||
		errors.Is(err, context.DeadlineExceeded) || errors.Is(err, syscall.ECONNRESET))
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
