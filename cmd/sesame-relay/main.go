// Command sesame-relay runs a relay: the server through which sesame and other
// Magic Wormhole clients find each other and, when there is no direct way,
// send. It can't read what it carries. doc/relay.md tells how to run one.
package main

import (
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"runtime"
	"runtime/debug"
	"strings"
	"syscall"

	"sesame/cmd/sesame-relay/settings"
	"sesame/internal/coredump"
	"sesame/internal/revision"
)

// Exit codes.
const (
	exitOK     = 0
	exitListen = 1 // or a file or a folder that is needed can't be had
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
		_, err := config(s)
		if err == nil {
			err = certifiable(s)
		}
		if err != nil {
			fmt.Fprintln(stderr, "sesame-relay:", err)
			return exitUsage
		}
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
	// A small server collects garbage all the time, as often as there is as much of it as there is in use. This
	// counts as in use, but is never touched and so takes no memory.
	ballast := make([]byte, 8<<20)
	defer runtime.KeepAlive(ballast)
	// Signals are ours before anyone can see that we are up.
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	defer signal.Stop(signals)
	again := make(chan os.Signal, 1)
	notifyReload(again)
	defer signal.Stop(again)

	log := slog.New(slog.NewTextHandler(stderr, &slog.HandlerOptions{Level: level(s)}))
	o, sig, err := prepared(s, log, signals)
	switch {
	case sig != nil:
		log.Info("stopped before it was ready", "signal", sig.String())
		return exitOK
	case err != nil:
		fmt.Fprintln(stderr, "sesame-relay:", err)
		return exitListen
	}
	failed, known := o.begin()
	for {
		select {
		case <-known:
			known = nil
			o.up(stdout)
		case <-again:
			done := o.reloading()
			reload(line, s, o.server, log)
			done()
		case sig := <-signals:
			log.Info("stopping; running transfers may finish", "signal", sig.String(), "within", s.Drain)
			o.stop(signals)
			return exitOK
		case err := <-failed:
			log.Error("can't serve any more", "error", err)
			o.stop(signals)
			return exitListen
		}
	}
}

// prepared is prepare, unless a signal to stop comes before that is done: a large state takes its
// time to read. The program ends then; nothing that was opened has changed.
func prepared(s *settings.Settings, log *slog.Logger, signals <-chan os.Signal) (*operation, os.Signal, error) {
	type result struct {
		o   *operation
		err error
	}
	done := make(chan result, 1)
	go func() {
		o, err := prepare(s, log)
		done <- result{o, err}
	}()
	select {
	case r := <-done:
		return r.o, nil, r.err
	case sig := <-signals:
		return nil, sig, nil
	}
}
