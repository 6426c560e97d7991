// Command sesame-relay runs a relay: the server through which sesame and other
// Magic Wormhole clients find each other and, when there is no direct way,
// send. It can't read what it carries. doc/relay.md tells how to run one.
package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"os/signal"
	"runtime/debug"
	"strings"
	"syscall"
	"time"

	"sesame/cmd/sesame-relay/settings"
	"sesame/internal/addr"
	"sesame/internal/coredump"
	"sesame/internal/neterr"
	"sesame/internal/revision"
	"sesame/relay"
	"sesame/relay/stun"
)

// Exit codes.
const (
	exitOK     = 0
	exitListen = 1
	exitUsage  = 2
)

func main() {
	coredump.Forbid() // what can't be had keeps nobody from being served
	os.Exit(run(os.Args[1:], os.Stdout, os.Stderr))
}

func run(args []string, stdout, stderr io.Writer) int {
	line := settings.Line{Args: args, Environ: os.Environ()}
	s, command, err := line.Read()
	switch {
	case err != nil:
		fmt.Fprintf(stderr, "sesame-relay: %s\nTry sesame-relay --help.\n", strings.ReplaceAll(err.Error(), "\n", "\nsesame-relay: "))
		return exitUsage
	case command == settings.Help:
		printHelp(stdout)
		return exitOK
	case command == settings.Version:
		build, _ := debug.ReadBuildInfo()
		fmt.Fprint(stdout, versionText(revision.Of(build)))
		return exitOK
	case command == settings.Check:
		s.Print(stdout)
		for _, name := range s.Strange {
			fmt.Fprintf(stderr, "sesame-relay: %s is no setting\n", name)
		}
		return exitOK
	}
	return serve(line, s, stdout, stderr)
}

// serve runs the server until it is stopped.
func serve(line settings.Line, s *settings.Settings, stdout, stderr io.Writer) int {
	// Signals are ours before anyone can see that we are up.
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	defer signal.Stop(signals)
	again := make(chan os.Signal, 1)
	notifyReload(again)
	defer signal.Stop(again)

	log := slog.New(slog.NewTextHandler(stderr, &slog.HandlerOptions{Level: level(s)}))
	certs, err := keeper(s, log)
	if err != nil {
		fmt.Fprintln(stderr, "sesame-relay:", err)
		return exitListen
	}
	main, transit, err := listeners(s)
	if err != nil {
		fmt.Fprintln(stderr, "sesame-relay:", err)
		return exitListen
	}
	cfg := config(s)
	cfg.Logger, cfg.STUN = log, openSTUN(s, main.Addr(), log)
	if certs != nil {
		cfg.TLS = certs.Config()
	}
	srv := relay.New(cfg)
	failed := make(chan error, 2)
	go func() { failed <- srv.Serve(main) }()
	if transit != nil {
		go func() { failed <- srv.ServeTransit(transit) }()
		log.Info("serving pipes", "address", transit.Addr().String())
	}
	log.Info("serving", "address", main.Addr().String(), "version", version)
	if certs != nil { // an authority looks at the port that is open by now
		ctx, cancel := context.WithCancel(context.Background())
		defer cancel()
		keep(ctx, certs)
	}
	announce(stdout, s, cfg, main, transit)

	for {
		select {
		case <-again:
			reload(line, s, srv, log)
		case sig := <-signals:
			log.Info("stopping; running transfers may finish", "signal", sig.String(), "within", s.Drain)
			stop(srv, s.Drain, log, signals)
			return exitOK
		case err := <-failed:
			log.Error("can't serve any more", "error", err)
			stop(srv, s.Drain, log, signals)
			return exitListen
		}
	}
}

// announce prints the line that users paste, and below it, for a server that is for
// everybody, what their operator has to see to.
func announce(to io.Writer, s *settings.Settings, cfg *relay.Config, main, transit net.Listener) {
	fmt.Fprintf(to, "export SESAME_SERVER=%s\n", address(s, main.Addr()))
	if len(s.Domains) == 0 {
		return
	}
	open := []net.Addr{main.Addr()}
	if transit != nil {
		open = append(open, transit.Addr())
	}
	var stun []int
	if cfg.STUN != nil {
		stun = cfg.STUN.Ports()
	}
	fmt.Fprintln(to, openings(open, stun))
}

// stop shuts srv down. Running transfers have the time drain, unless there is a
// second signal.
func stop(srv *relay.Server, drain time.Duration, log *slog.Logger, signals <-chan os.Signal) {
	ctx, cancel := context.WithTimeout(context.Background(), drain)
	defer cancel()
	go func() {
		select {
		case <-signals:
			cancel()
		case <-ctx.Done():
		}
	}()
	if err := srv.Shutdown(ctx); err != nil {
		log.Warn("cut running transfers")
	}
	log.Info("stopped")
}

// listeners opens the ports. transit is nil if there is only one.
func listeners(s *settings.Settings) (main, transit net.Listener, err error) {
	if main, err = net.Listen("tcp", s.Listen); err != nil {
		return nil, nil, explain(s.Listen, "--listen", err)
	}
	if s.TransitListen == "" {
		return main, nil, nil
	}
	if transit, err = net.Listen("tcp", s.TransitListen); err != nil {
		main.Close()
		return nil, nil, explain(s.TransitListen, "--transit-listen", err)
	}
	return main, transit, nil
}

// openSTUN opens the UDP ports beside the TCP port at main. The server works
// without them, so what goes wrong is only logged, and nil returned.
func openSTUN(s *settings.Settings, main net.Addr, log *slog.Logger) *stun.Listener {
	if s.NoSTUN {
		return nil
	}
	at := cmp.Or(s.STUNListen, main.String())
	l, err := stun.Listen(at)
	if err != nil && s.STUNListen == "" && strings.HasSuffix(s.Listen, ":0") {
		// Nobody has asked for this very number, and clients are told.
		host, _, _ := addr.SplitListen(at)
		l, err = stun.Listen(addr.Join(host, 0))
	}
	if err != nil {
		log.Warn("no STUN: clients behind a NAT have to ask others for their address, or to send through here", "error", err)
		return nil
	}
	log.Info("answering STUN", "UDP ports", l.Ports())
	return l
}

// explain says what to do about a port that can't be had.
func explain(addr, flag string, err error) error {
	hint := "give another address with " + flag
	switch neterr.Of(err) {
	case neterr.InUse:
		hint = "something else listens there: stop it or give another port with " + flag
	case neterr.Forbidden:
		hint = "ports below 1024 need a privilege: give a higher one with " + flag
	case neterr.NotHere:
		hint = "this machine doesn't have that address: use one of its own, or :PORT for all, with " + flag
	}
	var op *net.OpError
	if errors.As(err, &op) {
		err = op.Err
	}
	return fmt.Errorf("can't listen on %s: %w (%s)", addr, err, hint)
}

// reachable returns the host and port under which clients find a listener, as
// they stand in a URL. For one on all addresses it picks an address of the
// machine.
func reachable(a net.Addr) string {
	t, ok := a.(*net.TCPAddr)
	switch {
	case !ok:
		return a.String()
	case !t.IP.IsUnspecified():
		return strings.ReplaceAll(t.String(), "%", "%25") // before a zone
	}
	return addr.Join(ownHost(t.IP.To4() != nil), t.Port)
}

// ownHost returns the first address that others might know this machine by,
// otherwise its name.
func ownHost(only4 bool) string {
	up, _ := addr.Links()
	var six string
	for _, l := range up {
		if l.Flags&net.FlagLoopback != 0 {
			continue
		}
		for _, p := range l.Own {
			switch ip := p.Addr(); {
			case !addr.Tellable(ip):
			case ip.Is4():
				return ip.String()
			case six == "":
				six = ip.String()
			}
		}
	}
	if six != "" && !only4 {
		return six
	}
	if name, err := os.Hostname(); err == nil && name != "" {
		return name
	}
	return "localhost"
}
