package settings

import (
	"time"

	"sesame/relay"
)

// A row is a Setting's kind with its name and text.
func row(group, name, text string, kind Setting, more ...func(*Setting)) Setting {
	kind.Group, kind.Name, kind.Text = group, name, text
	for _, m := range more {
		m(&kind)
	}
	return kind
}

func live(s *Setting)   { s.Live = true }
func onFlag(s *Setting) { s.onFlag = true }

func short(letter string) func(*Setting) { return func(s *Setting) { s.Short = letter } }

// auto says in words what the default is, as it depends on something else.
func auto(words string) func(*Setting) { return func(s *Setting) { s.Auto = words } }

// takes names the value.
func takes(what string) func(*Setting) { return func(s *Setting) { s.Takes = what } }

const lineLength = 1000 // of texts for users

// table returns the rows of s; their values are those of s.
func table(s *Settings) []Setting {
	rows := []Setting{
		row("Serving", "listen", "serve everything here; port 0 lets the system choose", port(&s.Listen, true), auto(plainPort+", or "+securePort+" with domain")),
		row("Serving", "transit-listen", "serve pipes here too, for clients that expect them on a port of their own (usually :4001)", port(&s.TransitListen, true)),
		row("Serving", "stun-listen", "answer STUN over UDP here and one port higher", port(&s.STUNListen, true), auto("like listen")),
		row("Serving", "no-stun", "don't: clients ask others for their address", toggle(&s.NoSTUN)),
		row("Serving", "trust-proxy", "the networks of proxies in front of this server: from there every connection has to say for whom it is, by the PROXY protocol or X-Forwarded-For", networks(&s.TrustProxy)),
		row("Serving", "drain", "how long running transfers may go on after a signal to stop", span(&s.Drain, 0, 24*time.Hour)),
		row("Serving", "state", "the folder for what outlives the server: certificates, mailboxes; none keeps mailboxes in memory only", file(&s.State), takes("DIR"), auto("STATE_DIRECTORY, or "+standardState)),
		row("Serving", "metrics", "show figures for Prometheus here, and whether the server is well; not for clients' eyes", port(&s.Metrics, true)),
		row("Serving", "config", "read settings from this file, which need not be there if it is the usual one", file(&s.Config), onFlag),

		row("Certificates", "domain", "get a certificate for this name from an authority, and serve wss:// and https:// with it; may be given several times", hosts(&s.Domains)),
		row("Certificates", "acme", "the authority's directory", web(&s.ACME), auto("Let's Encrypt")),
		row("Certificates", "acme-ca", "who has signed the certificate of that address, if the system doesn't know", file(&s.ACMECA)),
		row("Certificates", "cert", "serve wss:// and https:// with the certificate and its chain in this file, which may be replaced at any time", file(&s.Cert)),
		row("Certificates", "key", "its key", file(&s.Key)),

		row("Clients", "motd", "a line that clients show to their users", line(&s.MOTD, lineLength), live),
		row("Clients", "signal-error", "turn clients away, who show the line", line(&s.SignalError, lineLength), live),
		row("Clients", "advertise-version", "the version of the program wormhole that its users are told to have", line(&s.AdvertiseVersion, lineLength), takes("VERSION"), live),
		row("Clients", "contact", "how to reach who runs this server, a line that clients are told", line(&s.Contact, 200), live),
		row("Clients", "token-file", "serve those alone who have one of the tokens in this file, one a line", file(&s.TokenFile), live),
		row("Clients", "block-list", "accept nothing from the networks in this file, one a line", file(&s.BlockList), live),
		row("Clients", "level", "how hard to defend against floods and guessing; auto: by what is seen", level(&s.Level), live),
		row("Clients", "name", "a name or an address by which web pages reach this server; may be given several times", hosts(&s.Names)),
		row("Clients", "list", "tell all clients which numbers are in use, for completion; who knows them can disturb those who wait, so use it among friends only", toggle(&s.List)),
		row("Clients", "lanes", "how many pairs of pipes one transfer may have through here", number(&s.Pairs, 1, relay.MaxPairs)),

		row("Logging", "quiet", "log problems only", toggle(&s.Quiet), short("q")),
		row("Logging", "verbose", "log more", toggle(&s.Verbose), short("v")),
	}
	rows = append(rows, connectionRows(&s.Limits)...)
	rows = append(rows, mailboxRows(&s.Limits)...)
	rows = append(rows, pipeRows(&s.Limits)...)
	for i := range rows {
		if rows[i].Auto == "" {
			rows[i].Default = rows[i].get()
		}
	}
	return rows
}
