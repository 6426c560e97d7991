package main

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/pflag"

	"sesame/client"
)

// sendOptions are what was typed after "sesame send".
type sendOptions struct {
	connectOptions
	transferOptions
	text       string
	code       string
	codeLength int
	// lengthGiven says that codeLength isn't just the usual one.
	lengthGiven bool
	yes         bool
	local       bool // --local, or there is no other way
	anywhere    bool
	noLocal     bool
}

// localPrefix begins a code that needs no server (doc/local.md §1).
const localPrefix = "local-"

const (
	maxTyped     = 64 << 10 // bytes of a text that are read: more than one may have
	defaultWords = 2
	maxWords     = 10
)

func prepareSend(env environment, flags *pflag.FlagSet) func(context.Context, *terminal, []string) error {
	o := &sendOptions{}
	flags.StringVar(&o.text, "text", "", "send the text `MSG` instead of a file; - reads it from standard input")
	flags.StringVar(&o.code, "code", "", "use `CODE` instead of a new one; use it only once")
	flags.IntVarP(&o.codeLength, "code-length", "c", defaultWords, "`N` words in a new code; each makes it 256 times harder to guess")
	flags.BoolVarP(&o.yes, "yes", "y", false, "ask nothing, as send does anyway without --verify")
	flags.BoolVar(&o.noCompress, "no-compress", false, "send contents as they are, even where compression would be faster")
	flags.BoolVar(&o.local, "local", false, "need no server: meet at this computer, which only its own network can reach")
	flags.BoolVar(&o.anywhere, "from-anywhere", false, "with --local, let computers that aren't on this network connect, too")
	flags.BoolVar(&o.noLocal, "no-local", false, "fail if no server can be reached, instead of going on as with --local")
	o.connectOptions.addFlags(flags)
	o.transferOptions.addFlags(flags)
	return func(ctx context.Context, ui *terminal, args []string) error {
		o.lengthGiven = flags.Changed("code-length")
		show := newFront(ui)
		c, err := o.resolve(env, show)
		if err != nil {
			return err
		}
		p, err := o.pack(ui, flags.Changed("text"), args)
		if err != nil {
			return err
		}
		defer p.close()
		show.end, show.other = "Sent.", "receiver"
		show.code = func(e client.CodeMade) { o.announce(ui, p, e) }
		show.listed = func(l client.Listing) {
			if l.Manifest == nil {
				ui.report(p.offeredText())
				return
			}
			ui.report(offeredList(l.Manifest))
		}
		return o.send(ctx, c, ui, p)
	}
}

// resolve checks what can be checked before anything is connected.
func (o *sendOptions) resolve(env environment, show *front) (*client.Client, error) {
	if o.codeLength < 1 || o.codeLength > maxWords {
		return nil, &usageError{
			text: fmt.Sprintf("a code of %d words can't be made", o.codeLength),
			hint: fmt.Sprintf("--code-length takes 1 to %d", maxWords),
		}
	}
	if err := o.resolveLocal(); err != nil {
		return nil, err
	}
	cfg, err := o.connectOptions.config(env)
	if err == nil {
		err = o.transferOptions.apply(&cfg.Policy)
	}
	if err != nil {
		return nil, err
	}
	cfg.Tell, cfg.Ask, cfg.Logger = show.tell, comparing{ui: show.ui}, show.ui.log
	return o.connect(cfg)
}

// resolveLocal checks the flags that say whether a server is needed.
func (o *sendOptions) resolveLocal() error {
	if o.code != "" {
		code, err := client.ParseCode(o.code)
		if code == "" {
			return err
		}
		o.code = code // it can't be mistyped here, so what only looks that way is fine
		local := strings.HasPrefix(code, localPrefix)
		if o.local && !local {
			return &usageError{text: "the code of a sender that needs no server begins with local-", hint: "as in --code local-" + o.code}
		}
		o.local = local
	}
	for flag, given := range map[string]bool{"--no-local": o.noLocal, "--server": o.server != "", "--relay-only": o.relayOnly, "--tor": o.tor} {
		if o.local && given {
			return &usageError{text: "--local and " + flag + " exclude each other", hint: "leave one of them out"}
		}
	}
	if o.anywhere && (!o.local || o.noLocal) {
		return &usageError{text: "--from-anywhere is for --local", hint: "give both, or neither: servers take everybody"}
	}
	return nil
}

// send hands the load over.
func (o *sendOptions) send(ctx context.Context, c *client.Client, ui *terminal, p *load) (err error) {
	to := client.Recipient{Code: o.code, Local: o.local, Anywhere: o.anywhere, NoLocal: o.noLocal}
	to.Watched = ui.onTerminal() || ui.events != nil
	if o.lengthGiven {
		to.Words = o.codeLength
	}
	if p.source == nil {
		_, err = c.SendText(ctx, p.text, to)
	} else {
		_, err = c.Send(ctx, p.source, to)
	}
	return translate(err)
}

// announce tells what is being sent and what to type on the other computer.
func (o *sendOptions) announce(ui *terminal, p *load, at client.CodeMade) {
	command, rest := "sesame receive ", at.Code
	if at.Server != "" {
		rest += " --server " + at.Server
	}
	if o.verify {
		rest += " --verify"
	}
	e := codeMade{Code: at.Code, Local: at.Local, Again: at.Instead != "", Command: command + rest, what: p.String()}
	for _, a := range at.Addresses {
		e.Others = append(e.Others, fmt.Sprintf("%s--to %s %s", command, a, rest))
	}
	ui.report(e)
}

func readText(ui *terminal, given string) (string, error) {
	if given != "-" {
		return given, nil
	}
	b, err := io.ReadAll(io.LimitReader(ui.in, maxTyped))
	if err != nil {
		return "", fmt.Errorf("reading the text from standard input: %w", err)
	}
	return string(b), nil
}
