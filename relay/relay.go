// Package relay is the server of sesame: mailboxes where two clients meet, and
// pipes through which they send when they can't reach each other directly. It
// can't read what it carries: neither this package nor anything it imports
// contains the code that would be needed to decrypt it.
//
// One port serves everything. The first byte of a connection tells what it is.
//
//	client                                       server
//	GET /v1, Upgrade: websocket              ->          mailboxes (doc/mailbox.md §2)
//	                                         <-  welcome
//	bind, claim, open, add …                 ->
//	                                         <-  ack, claimed, message …
//
//	please relay TOKEN for side SIDE\n       ->          a pipe (doc/relay.md §4)
//	                                         <-  ok\n    as soon as a partner is there
//	any bytes                               <->          the partner's bytes
//
//	GET /transit, Upgrade: websocket         ->          a pipe over a WebSocket
//	please relay TOKEN for side SIDE         ->
//
// What the server decides is in types without sockets, goroutines or a clock
// (packages mailbox, pipe, door); the rest connects them to the network.
//
// Mailboxes are kept in a store (package store), which may outlive the server. A restart
// ends the transfers that run through its pipes.
package relay

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"sync"
	"time"

	"sesame/internal/wire"
	"sesame/relay/figures"
	"sesame/relay/level"
	"sesame/relay/pipe"
	"sesame/relay/store"
	"sesame/relay/stun"
	"sesame/relay/trust"
)

// A Config says how a server behaves. The zero Config is ready to use.
type Config struct {
	// Limits bounds what clients can make the server hold or do. Zero fields
	// have defaults that suit a server on the public internet.
	Limits Limits
	// MOTD is a short message that clients show to their users. Default: none.
	MOTD string
	// Refusal is what clients are told instead of being served; they show it and
	// leave. Default: none.
	Refusal string
	// CLIVersion is the version of the program "wormhole" that its users are told
	// to have. Default: none.
	CLIVersion string
	// Tokens are what mailbox clients have to have one of. None at all may be had if there
	// are none. Default: nil, and nobody needs one.
	Tokens []Token
	// Blocked are networks that nothing is accepted from. Default: none.
	Blocked *trust.Set
	// Level is how hard the server defends itself, 0 to 3 (doc/relay.md §5.5). Default: nil, by
	// what it sees.
	Level *int
	// Contact is how to reach who runs the server, in a line that clients are told.
	// Default: none.
	Contact string
	// Origins lists hosts (patterns as in path.Match) whose web pages may
	// connect. The server's own host always may, and so may programs, which
	// send no Origin. Default: none.
	Origins []string
	// Private has only pipes joined whose token Admit was given: others wait until it
	// is given one, and are closed then. Default: all are.
	Private bool
	// Pairs is how many pairs of pipes two clients may have for one transfer, as they
	// are told; 1 to MaxPairs. Default: 8.
	Pairs int
	// Names lists host names and addresses under which web pages may reach the
	// server, without a port, besides localhost and the addresses of this
	// machine. A page that names another host may have been led here by whoever
	// owns that name. Default: none.
	Names []string
	// List has the server tell every client the nameplates in use. Who knows
	// them can disturb those who wait there. Default: a list is always empty.
	List bool
	// Near says that all clients are on networks of this machine, where each
	// address is a computer: a source is then a whole address of IPv6, too.
	// Default: the internet.
	Near bool
	// Store is where mailboxes are kept; the server closes it. Default: in memory, where
	// they end with the server.
	Store store.Store
	// Proxies are the networks of proxies in front of the server: what comes from there
	// is served only if it says for whom, by the PROXY protocol or X-Forwarded-For, and
	// counts for that one. Default: none, and nobody is believed.
	Proxies []netip.Prefix
	// STUN is where Binding requests are answered over UDP (RFC 8489); clients
	// are told its ports. The server closes it. Default: nowhere.
	STUN *stun.Listener
	// TLS is how connections are answered that begin with TLS, on the same ports; that
	// of a cert.Keeper, for one. Mailboxes, pipes over WebSocket and pages are served
	// inside. Default: they are turned away.
	TLS *tls.Config
	// Figures are where the server counts what it does. Default: nobody looks.
	Figures *figures.Server
	// Logger receives a few lines about the server's health. They name no
	// address, token, nameplate or mailbox. Default: silent.
	Logger *slog.Logger
}

// MaxLevel is the most that Config.Level can be.
const MaxLevel = level.Max

// MaxPairs is the most that Config.Pairs can be.
const MaxPairs = wire.MaxLanes

// DefaultPairs is Config.Pairs if nothing else is said: where the systems of two clients take every loss for
// congestion, eight bring several times what one does, and a busy relay can bear them.
const DefaultPairs = 8

// A Server meets, pairs and carries. All its methods may be called
// concurrently. Create it with New.
type Server struct {
	live    live
	returns bool // it may be started again: it isn't there for one meeting
	proxies *proxies
	log     *slog.Logger
	figures *figures.Server
	stun    *stun.Listener // nil without one

	start sync.Once
	http  *http.Server
	desk  *reception

	// ctx ends when the last grace is over: everything still open is cut.
	ctx  context.Context
	cut  context.CancelFunc
	stop chan struct{}  // closed when Shutdown begins
	wg   sync.WaitGroup // every goroutine, and every open connection

	door  *entrance // listeners and open connections
	guard *defence
	spare *spare

	mail  *mailboxes
	pipes *pipe.Hub
}

// New returns a server that isn't serving yet. A nil cfg stands for the zero
// Config.
func New(cfg *Config) *Server {
	if cfg == nil {
		cfg = &Config{}
	}
	s := &Server{
		returns: !cfg.Private,
		log:     cfg.Logger,
		stun:    cfg.STUN,
		stop:    make(chan struct{}),
	}
	s.live.now.Store(policyOf(cfg))
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	s.figures = cmp.Or(cfg.Figures, figures.New())
	s.proxies = &proxies{list: cfg.Proxies, near: cfg.Near, live: &s.live, log: s.log, refused: s.figures.Refused}
	limits := *s.live.limits()
	s.ctx, s.cut = context.WithCancel(context.Background())
	s.mail = newMailboxes(s.ctx, cfg, &s.live, s.figures, s.log, s.stopping)
	s.pipes = pipe.New(pipe.Config{Limits: limits.pipes(cfg.Tokens != nil), Private: cfg.Private, Mint: s.mail.mint, Figures: s.figures, Logger: s.log})
	s.desk = newReception(s, cfg)
	s.door = newEntrance(limits)
	s.guard = newDefence(s)
	s.desk.mail.guard = s.guard
	s.spare = newSpare()
	s.http = newHTTP(s.desk, &limits, s.figures.Refused)
	return s
}

// Serve accepts connections from l, of all kinds, until Shutdown; then it
// returns nil. Errors of Accept are retried with growing pauses: only a
// listener that somebody else closed ends Serve with an error. It closes l.
func (s *Server) Serve(l net.Listener) error { return s.serve(l, false) }

// ServeTransit is like Serve for a port that offers pipes only, as the transit
// relays of Magic Wormhole do. WebSocket clients may use any path there.
func (s *Server) ServeTransit(l net.Listener) error { return s.serve(l, true) }

// Shutdown stops accepting, closes mailbox connections and waiting pipes, tells mailbox clients of our
// programs when to come back, and lets paired pipes run until they end or ctx does. Then it cuts what is left,
// waits for every goroutine and connection of the server to end, and returns
// nil, or ctx's error if something had to be cut. The server can't be used
// again.
func (s *Server) Shutdown(ctx context.Context) error {
	if !s.door.shut(s.stop) {
		return errors.New("relay: Shutdown called twice")
	}
	if s.stun != nil {
		s.stun.Close()
	}
	s.http.Close()
	s.desk.queue.Close()
	s.pipes.HangUp()

	farewell, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second) // also where pairs have no time
	told := s.mail.visitors.sendAway(farewell, s.returns, &s.wg)
	cancel()
	if told > 0 {
		s.log.Info("told clients when to come back", "clients", told)
	}
	err := s.pipes.Drain(ctx)
	s.cut()
	s.pipes.Cut()
	s.door.killAll()
	s.wg.Wait()
	s.mail.close()
	s.pipes.Close()
	s.spare.close()
	return err
}

// housekeeping does what has to be done from time to time, and takes no time. It ends with stop.
func (s *Server) housekeeping() {
	defer s.wg.Done()
	expire := time.NewTicker(10 * time.Second)
	defer expire.Stop()
	second := time.NewTicker(time.Second)
	defer second.Stop()
	for {
		select {
		case now := <-expire.C:
			s.pipes.Expire(now)
		case now := <-second.C:
			s.mail.board.Tick(now)
			s.pipes.Relieve()
			s.guard.look(now)
			if n := s.door.tidy(now); n > 0 {
				s.log.Debug("sent away clients that did nothing, because places are scarce", "clients", n)
			}
		case <-s.stop:
			return
		}
	}
}
