package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"runtime/debug"
	"sync/atomic"
	"time"

	"sesame/cmd/sesame-relay/settings"
	"sesame/internal/revision"
	"sesame/relay"
	"sesame/relay/cert"
	"sesame/relay/figures"
	"sesame/relay/metrics"
	"sesame/relay/store/bolt"
)

// An operation is a server with what belongs to it.
type operation struct {
	settings *settings.Settings
	log      *slog.Logger
	service  service
	sockets  *sockets
	certs    cert.Keeper // nil for none
	kept     *bolt.Store // nil in memory
	figures  *figures.Server
	server   *relay.Server

	ctx  context.Context // ends when the server is to stop
	end  context.CancelFunc
	busy atomic.Bool // it takes new work
}

// prepare opens what the server needs. After an error nothing is open.
func prepare(s *settings.Settings, log *slog.Logger) (*operation, error) {
	cfg, err := config(s)
	if err != nil {
		return nil, err
	}
	certs, err := keeper(s, log)
	if err != nil {
		return nil, err
	}
	socks, err := open(s, log)
	if err != nil {
		return nil, err
	}
	kept, err := openState(s, log)
	if err != nil {
		socks.close()
		return nil, err
	}
	lonely(s, cfg, log)
	o := &operation{settings: s, log: log, service: service{log}, sockets: socks, certs: certs, kept: kept, figures: figures.New()}
	cfg.Logger, cfg.STUN, cfg.Figures = log, socks.stun, o.figures
	if kept != nil {
		cfg.Store = kept
	}
	if certs != nil {
		cfg.TLS = certs.Config()
	}
	o.server = relay.New(cfg)
	o.ctx, o.end = context.WithCancel(context.Background())
	if err := o.server.Start(); err != nil {
		o.server.Shutdown(o.ctx) // closes the store
		socks.close()
		return nil, explainState(s.State, err)
	}
	return o, nil
}

// begin serves. Failed has an element when serving can't go on; known is closed when it is known
// whether there is a certificate, or after firstTry: it is ready then.
func (o *operation) begin() (failed <-chan error, known <-chan struct{}) {
	ends := make(chan error, 3)
	go func() { ends <- o.server.Serve(o.sockets.main) }()
	if l := o.sockets.transit; l != nil {
		go func() { ends <- o.server.ServeTransit(l) }()
		o.log.Info("serving pipes", "address", l.Addr().String())
	}
	if l := o.sockets.metrics; l != nil {
		go func() { ends <- o.show(l) }()
		o.log.Info("showing figures", "address", l.Addr().String())
	}
	if l := o.sockets.stun; l != nil {
		o.log.Info("answering STUN", "UDP ports", l.Ports())
	}
	o.log.Info("serving", "address", o.sockets.main.Addr().String(), "version", version)
	go tellRefusals(o.ctx, o.figures.Refused.Sum, o.log)
	go giveBack(o.ctx, o.connected)
	return ends, keep(o.ctx, o.certs) // an authority looks at the port that is open by now
}

// connected returns how many clients there are.
func (o *operation) connected() int {
	c := o.server.Counts()
	return c.Clients + c.Waiting + 2*c.Pairs
}

// up says that the server takes new work: the line for users is printed, and the
// supervisor is told.
func (o *operation) up(stdout io.Writer) {
	o.announce(stdout)
	o.busy.Store(true)
	o.service.ready()
	go o.service.watch(o.ctx, o.lives)
}

// reloading brackets what happens while the settings are read again. A supervisor that waits for the
// server to be ready isn't told.
func (o *operation) reloading() (done func()) {
	if !o.busy.Load() {
		return func() {}
	}
	return o.service.reloading()
}

// show serves figures for the operator, until the server is to stop.
func (o *operation) show(l net.Listener) error {
	srv := &http.Server{Handler: metrics.Handler(o.source()), ReadTimeout: 10 * time.Second, WriteTimeout: 30 * time.Second, MaxHeaderBytes: 8 << 10,
		ErrorLog: slog.NewLogLogger(o.log.Handler(), slog.LevelDebug)}
	defer context.AfterFunc(o.ctx, func() { srv.Close() })()
	if err := srv.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// source is what is shown.
func (o *operation) source() *metrics.Source {
	build, _ := debug.ReadBuildInfo()
	commit, _ := revision.Of(build)
	src := &metrics.Source{Figures: o.figures, Version: version, Commit: commit, Ready: o.ready, Counts: func() metrics.Counts { return metrics.Counts(o.server.Counts()) }}
	if b := o.kept; b != nil {
		src.StoreResets = func() int64 {
			if b.Stats().Reset {
				return 1
			}
			return 0
		}
	}
	if o.certs != nil {
		src.CertificateEnds = func() (time.Time, bool) {
			t, held := o.certs.Term()
			return t.To, held
		}
	}
	return src
}

var errNotReady = errors.New("it is starting, or stopping")

// ready returns nil while the server takes new work.
func (o *operation) ready() error {
	if !o.busy.Load() {
		return errNotReady
	}
	if c := o.server.Counts(); c.Stalled > slow {
		return fmt.Errorf("the disk hasn't answered for %v", c.Stalled.Round(time.Second))
	}
	return o.server.Health()
}

// slow is how long a change may wait for the disk until the server is no place for new work.
const slow = 10 * time.Second

// lives returns nil unless only another start helps: it takes the way that clients take, and looks
// whether somebody has waited for the disk for longer than that. A disk that is full, or fails, isn't
// that: meetings wait for it, and running transfers don't need it. Nothing is written for it: on a server that
// nobody uses the disk may sleep.
func (o *operation) lives(within time.Duration) error {
	if c := o.server.Counts(); c.Stalled > within {
		return fmt.Errorf("the disk hasn't answered for %v", c.Stalled.Round(time.Second))
	}
	if err := o.server.Health(); errors.Is(err, relay.ErrOver) {
		return err
	}
	return nil
}

// announce prints the line that users paste, and below it, for a server that is for
// everybody, what their operator has to see to.
func (o *operation) announce(to io.Writer) {
	fmt.Fprintf(to, "export SESAME_SERVER=%s\n", address(o.settings, o.sockets.main.Addr()))
	if len(o.settings.Domains) == 0 {
		return
	}
	open := []net.Addr{o.sockets.main.Addr()}
	if l := o.sockets.transit; l != nil {
		open = append(open, l.Addr())
	}
	var udp []int
	if l := o.sockets.stun; l != nil {
		udp = l.Ports()
	}
	fmt.Fprintln(to, openings(open, udp))
}

// stop shuts the server down. Running transfers have the time to drain, unless there is
// a second signal. Figures are shown until the end.
func (o *operation) stop(signals <-chan os.Signal) {
	o.busy.Store(false)
	o.service.stopping()
	ctx, cancel := context.WithTimeout(context.Background(), o.settings.Drain)
	defer cancel()
	go func() {
		select {
		case <-signals:
			cancel()
		case <-ctx.Done():
		}
	}()
	if err := o.server.Shutdown(ctx); err != nil {
		o.log.Warn("cut running transfers")
	}
	o.end()
	o.log.Info("stopped")
}
