package main

// A topic is something that "sesame help" explains beside commands.
type topic struct {
	name, summary, text string
}

func topics() []topic {
	return []topic{
		{"paths", "how two computers reach each other, and what to do if they don't", pathsHelp},
		{"local", "sending where there is no Internet, and no server", localHelp},
		{"proxy", "proxies, Tor, and networks that want a log-in", proxyHelp},
		{"json", "what --json tells programs", jsonHelp},
		{"exit", "what sesame returns to the shell", exitTable},
	}
}

const pathsHelp = `How two computers reach each other

Every way is tried at once. A transfer begins on the first that works; each one
that comes up carries what it can, and if one breaks, it goes on over the others.
"Connected:" names the way that carries most, and how long a message there and
back takes:

    direct, same network (0.4 ms)      through your own network
    direct, on the port of the         the same, where nothing else was let
    sender's mailbox                   through: see sesame help local
    direct (12 ms)                     by way of routers that let it pass
    direct, through NAT (31 ms)        past routers that had to be opened first
    relay relay.example.org (48 ms)    through a server, which passes on what it
                                       can't read; also where nothing else works
    relay relay.example.org, faster    there is a direct way, which carries less
    here than the direct way (48 ms)

A relay rests where the direct ways do as well, and it is never less safe. If you
see one where you expected none:

    sesame doctor                      explains this computer's network
    --verbose                          tells what is tried, and what became of it
    --direct-only                      fail rather than use a relay
    --relay-only                       tell the other computer no address of this
    --relay HOST:PORT                  go through another relay: see sesame-relay
`

const localHelp = `Without a server, without the Internet

    sesame send --local holiday.mov                on this computer
    sesame receive local-7-crossover-clockwork     on the other one, in the same
                                                   network

The sender waits at its own computer, and announces that there by multicast DNS:
a number and a port, no names. The code begins with local-, which is how the
other side knows not to ask a server. Everything else is as ever: the words are
secret, whoever guesses them has one try, and both of you see it.

A network can be a Wi-Fi without Internet, a cable between two computers, or a
telephone's hotspot. No router, address or name has to be set up.

send goes on like that by itself, and says so, if no server can be reached. A
script may rather want it to fail: --no-local.

Networks of hotels, offices and guests often hide computers from each other:

    Nobody answers                     take the line with --to that the sender's
                                       screen shows: the address instead of a
                                       search
    That doesn't answer, either        the network keeps the two apart, or a
                                       firewall on the sender's computer does
    The sender's screen says that      the other computer has an address of the
    somebody was turned away           Internet: start again with --from-anywhere
    Several programs say they have     somebody disturbs, or two chose the same
    this code                          number: nobody was asked. Take the line
                                       with --to
`

const jsonHelp = `What --json tells programs

One JSON object a line on standard output, and nothing else there; people get no
words of their own. With "receive --output -" the objects are on standard error.

    {"event":"start","format":1,"program":"sesame 0.1","command":"send"}
    {"event":"code","code":"7-crossover-clockwork","command":"sesame receive …",…}
    {"event":"waiting","for":"the other computer","known":"nobody has used this
     code yet","since":"2026-11-27T09:30:00.000Z","cause":"wait-peer"}
    {"event":"connected","path":"direct, same network","kind":"same-network",
     "rtt_ms":0.4,"protocol":"native","post_quantum":true}
    {"event":"progress","done":504000000,"total":1200000000,"rate":112000000}
    {"event":"done","bytes":1200000000}

The last line is "done", or "error" with the exit code, a text and a hint. The
others are server_says, verifier, offer, question (answer with a line on standard
input), path, lost, left_out, failed, text, received, resumed, note, and with
--verbose log; doctor has finding and diagnosis. Ignore events and members that
you don't know: within a format some may be added, and none is removed.
doc/json.md describes them all.

    sesame receive --json --yes CODE | jq -r 'select(.event=="received").name'
`
