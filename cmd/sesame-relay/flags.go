package main

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"time"
	"unicode"

	"github.com/spf13/pflag"

	"sesame/internal/addr"
	"sesame/relay"
)

// options is what the command line says.
type options struct {
	listen  string
	transit string
	stun    string
	noSTUN  bool
	motd    string
	refusal string
	cli     string
	names   []string
	list    bool
	pairs   int
	drain   time.Duration
	quiet   bool
	verbose bool
	version bool
	help    bool
}

// addFlags names the flags; the constant help explains them.
func (o *options) addFlags(f *pflag.FlagSet) {
	f.StringVar(&o.listen, "listen", ":4000", "")
	f.StringVar(&o.transit, "transit-listen", "", "")
	f.StringVar(&o.stun, "stun-listen", "", "")
	f.BoolVar(&o.noSTUN, "no-stun", false, "")
	f.StringVar(&o.motd, "motd", "", "")
	f.StringVar(&o.refusal, "signal-error", "", "")
	f.StringVar(&o.cli, "advertise-version", "", "")
	f.StringSliceVar(&o.names, "name", nil, "")
	f.BoolVar(&o.list, "list", false, "")
	f.IntVar(&o.pairs, "lanes", 8, "")
	f.DurationVar(&o.drain, "drain", 10*time.Second, "")
	f.BoolVarP(&o.quiet, "quiet", "q", false, "")
	f.BoolVarP(&o.verbose, "verbose", "v", false, "")
	f.BoolVar(&o.version, "version", false, "")
	f.BoolVarP(&o.help, "help", "h", false, "")
}

// parse reads the command line. It returns pflag.ErrHelp if help is asked for.
func parse(args []string) (*options, error) {
	var o options
	f := pflag.NewFlagSet("sesame-relay", pflag.ContinueOnError)
	f.SetOutput(io.Discard)
	o.addFlags(f)
	if err := f.Parse(args); err != nil {
		return nil, err
	}
	if o.help {
		return nil, pflag.ErrHelp
	}
	if f.NArg() > 0 {
		return nil, fmt.Errorf("unexpected argument %q", f.Arg(0))
	}
	if o.quiet && o.verbose {
		return nil, errors.New("--quiet and --verbose exclude each other")
	}
	if o.noSTUN && o.stun != "" {
		return nil, errors.New("--stun-listen and --no-stun exclude each other")
	}
	for _, flag := range []struct{ name, value string }{
		{"--listen", o.listen}, {"--transit-listen", o.transit}, {"--stun-listen", o.stun},
	} {
		if flag.name != "--listen" && flag.value == "" {
			continue
		}
		if _, _, err := addr.SplitListen(flag.value); err != nil {
			return nil, fmt.Errorf("%s %q isn't of the form HOST:PORT", flag.name, flag.value)
		}
	}
	for _, flag := range []struct{ name, value string }{
		{"--motd", o.motd}, {"--signal-error", o.refusal}, {"--advertise-version", o.cli},
	} {
		if len(flag.value) > 1000 || strings.ContainsFunc(flag.value, unicode.IsControl) {
			return nil, fmt.Errorf("%s takes one line of at most 1000 bytes", flag.name)
		}
	}
	for _, n := range o.names {
		if n == "" || len(n) > 253 || strings.ContainsAny(n, "/ ") || strings.ContainsFunc(n, unicode.IsControl) {
			return nil, fmt.Errorf("--name %q isn't a host name or an address, as in --name relay.example.com", n)
		}
	}
	if o.pairs < 1 || o.pairs > relay.MaxPairs {
		return nil, fmt.Errorf("--lanes takes a number from 1 to %d", relay.MaxPairs)
	}
	if o.drain < 0 {
		return nil, errors.New("--drain takes a time such as 30s or 5m")
	}
	return &o, nil
}

func (o *options) level() slog.Level {
	switch {
	case o.quiet:
		return slog.LevelWarn
	case o.verbose:
		return slog.LevelDebug
	}
	return slog.LevelInfo
}

const help = `Usage: sesame-relay [--listen HOST:PORT] [flags]

Runs a relay: a place where two computers find each other by a code, and a way
through for what they send when they can't connect directly. The relay can't
read any of it.

  $ sesame-relay
  export SESAME_SERVER=ws://192.0.2.7:4000/v1

Give the line it prints to the shells on both ends, and "sesame send" and
"sesame receive" use this relay; for a single command write
"sesame send --server ws://192.0.2.7:4000/v1 photo.jpg". If the relay has
another address for those who are outside, put that in. Other Magic Wormhole
clients take the same port for both of their settings:

  $ wormhole --relay-url ws://192.0.2.7:4000/v1 \
             --transit-helper tcp:192.0.2.7:4000 send photo.jpg

One port serves everything: mailboxes at /v1, pipes over WebSocket at /transit,
pipes over plain TCP. For wss:// put a web server with TLS in front of it.

Flags:
      --listen HOST:PORT          serve everything here (default :4000);
                                  port 0 lets the system choose
      --transit-listen HOST:PORT  serve pipes here too, for clients that expect
                                  them on a port of their own (usually :4001)
      --stun-listen HOST:PORT     answer STUN over UDP here and one port higher
                                  (default: like --listen)
      --no-stun                   don't: clients ask others for their address
      --drain TIME                how long running transfers may go on after a
                                  signal to stop (default 10s)
      --motd TEXT                 a line that clients show to their users
      --signal-error TEXT         turn clients away, who show the line
      --advertise-version VERSION
                                  the version of the program "wormhole" that its
                                  users are told to have
      --name HOST                 a name or an address by which web pages reach
                                  this server; may be given several times
      --list                      tell all clients which numbers are in use, for
                                  completion; who knows them can disturb those
                                  who wait, so use it among friends only
      --lanes N                   how many connections a transfer may have here,
                                  1 to 16 (default 8)
  -q, --quiet                     log problems only
  -v, --verbose                   log more
      --version                   print the version
  -h, --help                      print this

Everything is kept in memory. On SIGINT or SIGTERM the ports are closed and
running transfers may go on for a while; a second signal ends them. The log, on
standard error, names no client, code or file.

Exit codes: 0 stopped by a signal, 1 can't listen, 2 wrong usage.
`
