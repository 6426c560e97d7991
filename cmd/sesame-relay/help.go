package main

import (
	"fmt"
	"io"

	"sesame/cmd/sesame-relay/settings"
)

// printHelp writes what --help prints.
func printHelp(w io.Writer) {
	fmt.Fprint(w, helpBefore)
	settings.PrintHelp(w)
	fmt.Fprint(w, helpAfter)
}

const helpBefore = `Usage: sesame-relay [--listen HOST:PORT] [flags]
       sesame-relay check-config [flags]   print the settings, and from where
       sesame-relay version                print the version

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
pipes over plain TCP. On a machine whose name everybody can look up, it gets a
certificate by itself, and serves wss:// as well:

  $ sesame-relay --domain relay.example.org
  export SESAME_SERVER=wss://relay.example.org/v1

`

const helpAfter = `Other flags:
      --version                   print the version
  -h, --help                      print this

Each setting is a flag, a variable such as SESAME_RELAY_MOTD and a line
"motd = TEXT" in the file, in this order of precedence. On SIGHUP the file is
read again; doc/settings.md tells which settings a running server takes.

Mailboxes are kept in --state; of what goes through pipes nothing is. On SIGINT
or SIGTERM the ports are closed and running transfers may go on for a while; a
second signal ends them. The log, on standard error, names no client, code or
file.

Exit codes: 0 stopped by a signal, 1 a port, a file or a folder can't be had, 2
wrong usage.
`
