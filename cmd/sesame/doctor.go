package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/pflag"

	"sesame/client"
	"sesame/client/doctor"
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
		cfg, err := o.config(env)
		if err != nil {
			return err
		}
		c, err := o.connect(cfg)
		if err != nil {
			return err
		}
		return examine(ctx, c, ui, len(args) == 1)
	}
}

var (
	errNoTransfer = client.Fail(client.NoTransfer)
	errUnwell     = client.Fail(client.ServerUnwell)
)

// examine looks at the network, or at a server, and tells what there is.
func examine(ctx context.Context, c *client.Client, ui *terminal, server bool) error {
	ui.show("Looking at the network, for eight seconds at most")
	look := doctor.Network
	if server {
		look = doctor.Server
	}
	all := look(ctx, c, func(f doctor.Finding) {
		e := finding{Subject: subjectOf(f.Code), State: stateName(f.State), Cause: f.Code}
		e.Text, e.Advice = say(f.Code, f.Args)
		ui.reportAll(ui.table(e), e)
	})
	if err := ctx.Err(); err != nil {
		return err
	}
	d := diagnosis{Well: all.State != doctor.Problem, Cause: all.Code}
	d.Text, _ = say(all.Code, all.Args)
	ui.reportAll("\n"+ui.fold(d.Text, "")+"\n", d)
	switch {
	case !d.Well && server:
		return errUnwell
	case !d.Well:
		return errNoTransfer
	}
	ui.report(done{})
	return nil
}

// stateName is what a state is called, by people and programs.
func stateName(s doctor.State) string {
	return map[doctor.State]string{doctor.Fine: "ok", doctor.Remark: "note", doctor.Problem: "problem"}[s]
}

// finding is one thing that doctor looked at.
type finding struct {
	Subject string      `json:"subject"`
	State   string      `json:"state"` // ok, note or problem
	Text    string      `json:"text"`
	Advice  string      `json:"advice"` // what to do, or ""
	Cause   client.Code `json:"cause"`
}

func (finding) name() string  { return "finding" }
func (finding) words() string { return "" } // see table

// table writes a finding so that several stand in columns.
func (t *teller) table(f finding) string {
	head := fmt.Sprintf("%-8s %-13s ", f.State, f.Subject)
	indent := strings.Repeat(" ", len(head))
	text := head + t.fold(f.Text, indent) + "\n"
	if f.Advice != "" {
		text += indent + t.fold(t.own("→ ")+f.Advice, indent+"  ") + "\n"
	}
	return text
}

// diagnosis is what all findings mean.
type diagnosis struct {
	Text  string      `json:"text"`
	Well  bool        `json:"well"`
	Cause client.Code `json:"cause"`
}

func (diagnosis) name() string  { return "diagnosis" }
func (diagnosis) words() string { return "" } // see examine
