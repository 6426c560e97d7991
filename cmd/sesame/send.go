package main

import (
	"context"
	"fmt"
	"io"

	"github.com/spf13/pflag"

	"sesame/client"
	"sesame/internal/safetext"
	"sesame/rendezvous"
	"sesame/transfer"
	"sesame/tree/manifest"
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

const (
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
		if err := o.resolve(env); err != nil {
			return err
		}
		p, err := o.pack(ui, flags.Changed("text"), args)
		if err != nil {
			return err
		}
		defer p.close()
		return o.send(ctx, ui, p)
	}
}

// resolve checks what can be checked before anything is connected.
func (o *sendOptions) resolve(env environment) error {
	if o.codeLength < 1 || o.codeLength > maxWords {
		return &usageError{
			text: fmt.Sprintf("a code of %d words can't be made", o.codeLength),
			hint: fmt.Sprintf("--code-length takes 1 to %d", maxWords),
		}
	}
	if err := o.resolveLocal(); err != nil {
		return err
	}
	o.recall(env)
	if err := o.transferOptions.resolve(); err != nil {
		return err
	}
	return o.connectOptions.resolve(env)
}

// resolveLocal checks the flags that say whether a server is needed.
func (o *sendOptions) resolveLocal() error {
	if o.code != "" {
		code, err := o.ownCode()
		if err != nil {
			return err
		}
		if o.local && !code.Local {
			return &usageError{text: "the code of a sender that needs no server begins with local-", hint: "as in --code local-" + o.code}
		}
		o.local = code.Local
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

// ownCode reads a code that the sender chose. Here it can't be mistyped, so
// what only looks that way is fine.
func (o *sendOptions) ownCode() (rendezvous.Code, error) {
	return asTyped(rendezvous.ParseCode(o.code))
}

// send meets the other computer and hands the parcel over.
func (o *sendOptions) send(ctx context.Context, ui *terminal, p *parcel) error {
	place, err := o.open(ctx, ui)
	if err != nil {
		return err
	}
	defer place.leave()
	server := place.client
	o.announce(ui, p, place)
	m := meeting{&o.connectOptions, &o.transferOptions, server, func(ctx context.Context) (*rendezvous.Channel, error) {
		channel, err := o.meet(ctx, ui, server, place.code, p)
		if err == nil {
			place.met()
		}
		return channel, err
	}, true}
	return m.hold(ctx, ui, func(ctx context.Context, channel *rendezvous.Channel, cfg *transfer.Config) error {
		if channel.Suite() != "" && p.paths != nil {
			cfg.ID = o.identify(ui, p.paths)
		}
		bytes, err := p.deliver(ctx, ui, channel, cfg)
		if err == nil {
			ui.report(done{bytes, "Sent."})
		}
		return err
	})
}

// meet waits for the other computer, and lists meanwhile what will be sent. If
// that can't be, nobody needs to come.
func (o *sendOptions) meet(ctx context.Context, ui *terminal, server *rendezvous.Client, code rendezvous.Code, p *parcel) (*rendezvous.Channel, error) {
	seen := ui.waiting(wait(client.WaitPeer))
	defer seen()
	waiting, hopeless := context.WithCancelCause(ctx)
	defer hopeless(nil)
	p.scan(ctx, ui, hopeless)
	channel, err := server.Meet(waiting, code)
	if err != nil && ctx.Err() == nil && waiting.Err() != nil {
		err = context.Cause(waiting)
	}
	return channel, err
}

// deliver sends a parcel to who has come for it, and returns how much that was.
func (p *parcel) deliver(ctx context.Context, ui *terminal, channel *rendezvous.Channel, cfg *transfer.Config) (int64, error) {
	if p.source == nil {
		ui.report(p.offeredText())
		return int64(len(p.text)), client.DeliverText(ctx, channel, p.text)
	}
	p.endScan()
	cfg.Listing = listing(ui)
	cfg.Listed = func(m *manifest.Manifest) {
		for _, r := range p.source.Renamed() {
			ui.note(client.NoteRenamed, r.Path, r.Name)
		}
		ui.report(offeredList(m))
	}
	report, err := client.Deliver(ctx, channel, p.source, cfg)
	if err != nil {
		return 0, err
	}
	ui.reportAll(listed("Note", report.Grown, ui.most(), func(path string) string {
		return safetext.Line(path, 200) + " has grown since it was offered; what it held then is there"
	}), grownEvents(report.Grown)...)
	ui.reportAll(leftOut(report.Skipped, ui.most()), leftOutEvents(report.Skipped)...)
	return report.Bytes, tell(ui, report)
}

// announce tells what is being sent and what to type on the other computer.
func (o *sendOptions) announce(ui *terminal, p *parcel, at *place) {
	command, rest := "sesame receive ", at.code.String()
	if o.server != "" && !o.local {
		rest += " --server " + o.server
	}
	if o.verify {
		rest += " --verify"
	}
	e := codeMade{Code: at.code.String(), Local: at.code.Local, Command: command + rest, what: p.String()}
	for _, a := range at.addresses {
		e.Others = append(e.Others, fmt.Sprintf("%s--to %s %s", command, a, rest))
	}
	ui.report(e)
}

func readText(ui *terminal, given string) (string, error) {
	if given != "-" {
		return given, nil
	}
	b, err := io.ReadAll(io.LimitReader(ui.in, client.MaxText+1))
	if err != nil {
		return "", fmt.Errorf("reading the text from standard input: %w", err)
	}
	return string(b), nil
}
