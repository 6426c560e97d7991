package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"

	"github.com/spf13/pflag"

	"sesame/client"
	"sesame/internal/checkup"
	"sesame/internal/segments"
)

// doctorOptions are what was typed after "sesame doctor".
type doctorOptions struct {
	connectOptions
}

const doctorUsage = `sesame doctor [flags]
       sesame doctor [flags] URL

Explains the network of this computer: addresses, routes, the kind of NAT in
front of it, whether the server and the relay can be reached, and whether the
clock is right. The last line says in one sentence what that means for transfers.
It takes eight seconds at most, and nobody else has to do anything.

With the URL of a server it looks at that server from outside, for those who run
one: what it announces, and which of it works.

    sesame doctor
    sesame doctor --server wss://relay.example.org
    sesame doctor --stun stun.example.org:3478     for servers without STUN
    sesame doctor wss://relay.example.org          is my server all right?

NAT behaviour is told in the words of RFC 4787: a mapping that depends on nothing
but this computer's own port (endpoint-independent) is good for direct ways; one
that depends on address and port is what people call a symmetric NAT.

It returns 0 if a transfer can work (with a URL: if all is well there), and 7
otherwise.
`

func prepareDoctor(env environment, flags *pflag.FlagSet) func(context.Context, *terminal, []string) error {
	o := &doctorOptions{}
	o.connectOptions.addFlags(flags)
	for _, name := range []string{"verify", "direct-only", "own-relay"} {
		flags.MarkHidden(name)
	}
	return func(ctx context.Context, ui *terminal, args []string) error {
		switch {
		case len(args) > 1:
			return &usageError{text: "more than one server", hint: "look at one after the other"}
		case len(args) == 1 && o.server != "":
			return &usageError{text: "a URL and --server are given", hint: "leave one of them out"}
		case len(args) == 1:
			o.server = args[0]
		}
		if err := o.resolve(env); err != nil {
			return err
		}
		return o.examine(ctx, ui, len(args) == 1)
	}
}

var (
	errNoTransfer = client.Fail(client.NoTransfer)
	errUnwell     = client.Fail(client.ServerUnwell)
)

// examine looks at the network, or at a server, and tells what there is.
func (o *doctorOptions) examine(ctx context.Context, ui *terminal, server bool) error {
	cfg, err := o.checkup()
	if err != nil {
		return err
	}
	ui.show("Looking at the network, for eight seconds at most")
	tell := func(f checkup.Finding) {
		e := finding{f.Subject, f.State.String(), f.Text, f.Advice}
		ui.reportAll(ui.table(e), e)
	}
	look, failure := cfg.Network, errNoTransfer
	if server {
		look, failure = cfg.Server, errUnwell
	}
	conclusion, well := look(ctx, tell)
	if err := ctx.Err(); err != nil {
		return err
	}
	ui.reportAll("\n"+ui.fold(conclusion, "")+"\n", diagnosis{conclusion, well})
	if !well {
		return failure
	}
	ui.report(done{})
	return nil
}

// checkup says what to look at.
func (o *doctorOptions) checkup() (*checkup.Config, error) {
	cfg := &checkup.Config{Mailbox: o.mailbox(nil), STUN: o.stun, NoUDP: !o.settings.Empty(), Private: o.relayOnly || o.tor}
	for _, r := range o.relays {
		relay, err := parseRelay(r)
		if err != nil {
			return nil, err
		}
		cfg.Relays = append(cfg.Relays, relay)
	}
	cfg.Dial = func(ctx context.Context, scheme, addr string) (net.Conn, error) {
		var errs []error
		for _, via := range o.settings.Routes(scheme, addr) {
			dial, ctx := segments.Dial, segments.With(ctx, segments.Tiny) // as the programs do it
			if via != nil {
				dial = via.Dial
			}
			conn, err := dial(ctx, "tcp", addr)
			if err == nil {
				return conn, nil
			}
			errs = append(errs, err)
		}
		return nil, errors.Join(errs...)
	}
	scheme, address := "wss", ""
	if u, err := url.Parse(cfg.Mailbox.URL); err == nil {
		scheme, address = strings.ToLower(u.Scheme), hostPort(u)
	}
	if via := o.settings.Routes(scheme, address)[0]; via != nil {
		cfg.Proxy = "servers are reached through " + via.String()
	} else if args := o.unused(cfg.Mailbox.URL); args != nil {
		text, _ := say(client.NoteProxyUnused, args)
		cfg.Proxy = strings.TrimSuffix(text, ".")
	} else if !o.settings.Empty() {
		cfg.Proxy = "there is one, but not for this server"
	}
	if !o.settings.Empty() {
		cfg.Proxy += "; UDP is not tried in transfers"
	}
	return cfg, nil
}

// finding is one thing that doctor looked at.
type finding struct {
	Subject string `json:"subject"`
	State   string `json:"state"` // ok, note or problem
	Text    string `json:"text"`
	Advice  string `json:"advice"` // what to do, or ""
}

func (finding) name() string  { return "finding" }
func (finding) words() string { return "" } // see table

// table writes a finding so that several stand in columns.
func (t *terminal) table(f finding) string {
	head := fmt.Sprintf("%-8s %-13s ", f.State, f.Subject)
	indent := strings.Repeat(" ", len(head))
	text := head + t.fold(f.Text, indent) + "\n"
	if f.Advice != "" {
		text += indent + t.fold("→ "+f.Advice, indent+"  ") + "\n"
	}
	return text
}

// diagnosis is what all findings mean.
type diagnosis struct {
	Text string `json:"text"`
	Well bool   `json:"well"`
}

func (diagnosis) name() string  { return "diagnosis" }
func (diagnosis) words() string { return "" } // see examine
