package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/pflag"

	"sesame/client"
	"sesame/rendezvous"
	"sesame/transfer"
)

// receiveOptions are what was typed after "sesame receive".
type receiveOptions struct {
	connectOptions
	transferOptions
	yes        bool
	output     string
	onConflict string
	codeRaw    bool
	to         string
}

func prepareReceive(env environment, flags *pflag.FlagSet) func(context.Context, *terminal, []string) error {
	o := &receiveOptions{}
	flags.BoolVarP(&o.yes, "yes", "y", false, "accept without asking")
	flags.StringVarP(&o.output, "output", "o", "", "write into the folder, or as the file, `DIR|FILE`; DIR/ is made if need be; - is standard output")
	flags.StringVar(&o.onConflict, "on-conflict", "ask", "`WHAT` to do where a name is taken: ask, rename, overwrite or skip; a folder is merged with one; with --yes, and for a name that is taken meanwhile, ask means rename")
	flags.BoolVar(&o.codeRaw, "code-raw", false, "take the code as it is, even if it looks mistyped")
	flags.StringVar(&o.to, "to", "", "with a code that begins with local-: find the sender at `HOST:PORT`, which it shows")
	o.connectOptions.addFlags(flags)
	o.transferOptions.addFlags(flags)
	return func(ctx context.Context, ui *terminal, args []string) error {
		if err := o.resolve(env); err != nil {
			return err
		}
		if len(args) > 1 && strings.Contains(args[1], "-") {
			return &usageError{text: "more than one code", hint: "give one, with hyphens: sesame receive 7-crossover-clockwork"}
		}
		into, err := o.destination()
		if err != nil {
			return err
		}
		defer into.close()
		return o.receive(ctx, ui, args, into)
	}
}

func (o *receiveOptions) resolve(env environment) error {
	switch o.onConflict {
	case "ask", "rename", "overwrite", "skip":
	default:
		return &usageError{text: fmt.Sprintf("--on-conflict can't be %q", o.onConflict), hint: "it takes ask, rename, overwrite or skip"}
	}
	if o.to != "" {
		if o.server != "" {
			return &usageError{text: "--to and --server exclude each other", hint: "leave one of them out"}
		}
		if o.tor {
			return &usageError{text: "--to and --tor exclude each other", hint: "leave one of them out"}
		}
		if err := checkTo(o.to); err != nil {
			return err
		}
	}
	o.recall(env)
	if err := o.transferOptions.resolve(); err != nil {
		return err
	}
	return o.connectOptions.resolve(env)
}

// receive meets the sender, shows what is offered and takes it.
func (o *receiveOptions) receive(ctx context.Context, ui *terminal, args []string, into *destination) error {
	typed, err := o.typedCode(ctx, ui, args)
	if err != nil {
		return err
	}
	server, code, err := o.find(ctx, ui, typed)
	if err != nil {
		return err
	}
	m := meeting{&o.connectOptions, &o.transferOptions, server, func(ctx context.Context) (*rendezvous.Channel, error) {
		defer ui.waiting(wait(client.WaitSender))()
		channel, err := server.Meet(ctx, code)
		return channel, o.fromSender(err)
	}, false}
	return m.hold(ctx, ui, func(ctx context.Context, channel *rendezvous.Channel, cfg *transfer.Config) error {
		left := o.remember(ui, into)
		offer, err := client.Await(ctx, channel, cfg)
		if err != nil {
			return err
		}
		if err = o.take(ctx, ui, offer, into); err != nil && left.kept {
			err = &keptError{err}
		}
		return err
	})
}

// typedCode returns the code that was given with the command, "" if it has to
// be asked for. A code that can't be one fails before anything is connected.
func (o *receiveOptions) typedCode(ctx context.Context, ui *terminal, args []string) (string, error) {
	if len(args) == 0 {
		return "", nil
	}
	typed := strings.Join(args, " ") // as somebody hears it on the phone
	if typed == "-" {
		var err error
		if typed, err = readLine(ui.answers); err != nil {
			return "", &usageError{text: "standard input holds no code", hint: "write the code as one line"}
		}
	}
	code, err := o.parseCode(ctx, ui, typed)
	if err != nil {
		return "", err
	}
	o.codeRaw = true // it has been looked at
	return code.String(), nil
}

// take accepts or rejects an offer.
func (o *receiveOptions) take(ctx context.Context, ui *terminal, offer *transfer.Offer, into *destination) error {
	if offer.Kind == transfer.Text {
		return o.takeText(ctx, ui, offer, into)
	}
	target, err := o.answer(ctx, ui, offer, into)
	if err != nil {
		return err
	}
	report, err := o.accept(ctx, ui, offer, target)
	if err != nil && report == nil {
		reject(ctx, offer, refusal(err)) // says nothing if the offer was answered, and ends a wait otherwise
	}
	if report != nil { // with an error, too: all is in place, but the sender wasn't told
		for _, p := range report.Placed {
			ui.report(describePlaced(p))
		}
	}
	if err != nil {
		return err
	}
	if err := tell(ui, report); err != nil {
		return err
	}
	ui.report(done{Bytes: report.Bytes})
	return nil
}

// takeText shows a text. The sender is told when it has been shown.
func (o *receiveOptions) takeText(ctx context.Context, ui *terminal, offer *transfer.Offer, into *destination) error {
	if o.output != "" && into.dir != nil {
		ui.write("It is a text, not a file, so it goes to standard output:\n")
	}
	if err := o.showText(ui, offer); err != nil {
		reject(ctx, offer, transfer.Because(transfer.ReasonNotShown))
		return err
	}
	if _, err := offer.Accept(ctx, transfer.Target{}); err != nil {
		return err
	}
	ui.report(done{Bytes: offer.Size})
	return nil
}

// showText gives a text to who asked for it: a program that reads events from
// standard output finds it there.
func (o *receiveOptions) showText(ui *terminal, offer *transfer.Offer) error {
	ui.report(describeOffer(offer))
	if ui.events != nil && o.output != "-" {
		ui.report(textIs{offer.Text})
		return nil
	}
	return printText(ui, offer.Text)
}

// answer decides about an offer as long as there is somebody to answer, and
// rejects it where that is the decision.
func (o *receiveOptions) answer(ctx context.Context, ui *terminal, offer *transfer.Offer, into *destination) (transfer.Target, error) {
	asking, stop := context.WithCancel(ctx)
	defer stop()
	go func() {
		select {
		case <-offer.Ended():
			stop()
		case <-asking.Done():
		}
	}()
	target, err := o.decide(asking, ui, offer, into)
	if err == nil {
		return target, nil
	}
	if gone := reject(ctx, offer, refusal(err)); gone != nil && ctx.Err() == nil && asking.Err() != nil {
		err = gone
	}
	return target, err
}

// reject says no to an offer, also when ctx has ended. It returns why nobody
// hears it.
func reject(ctx context.Context, offer *transfer.Offer, why transfer.Reason) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), giveBack)
	defer cancel()
	return offer.Reject(ctx, why)
}

// accept takes an offer, to standard output if there is no directory. An
// archive that grows without measure is accepted only if somebody says so.
func (o *receiveOptions) accept(ctx context.Context, ui *terminal, offer *transfer.Offer, target transfer.Target) (*transfer.Report, error) {
	if target.Into == nil {
		out := newStoppable(ctx, ui.out)
		defer out.close()
		return offer.AcceptStream(ctx, out)
	}
	report, err := offer.Accept(ctx, target)
	if !errors.Is(err, transfer.ErrRatio) {
		return report, err
	}
	if !o.yes {
		if target.AnyRatio, err = ui.confirm(ctx, ask(client.AskGrowth)); err != nil {
			return nil, err
		}
	}
	if target.AnyRatio {
		return offer.Accept(ctx, target)
	}
	reject(ctx, offer, transfer.Reason{})
	return nil, client.Fail(client.DeclinedGrowth)
}

// printText writes a received text to standard output, and nothing else. Where
// that is a terminal the text can't control it, or pass for what this program says.
func printText(ui *terminal, text string) error {
	if f, ok := ui.out.(*os.File); ok && isTerminal(f) {
		return ui.content(framed(text, ui.width()))
	}
	if !strings.HasSuffix(text, "\n") {
		text += "\n"
	}
	return ui.content(text)
}

// parseCode reads a code and, where it looks mistyped, asks what was meant
// before the one guess is spent.
func (o *receiveOptions) parseCode(ctx context.Context, ui *terminal, typed string) (rendezvous.Code, error) {
	code, err := rendezvous.ParseCode(typed)
	if o.codeRaw {
		return asTyped(code, err)
	}
	var odd *rendezvous.CodeError
	if err == nil || !errors.As(err, &odd) || odd.Suggestion == "" || !ui.interactive() {
		return code, err
	}
	yes, askErr := ui.confirm(ctx, ask(client.AskMistyped, odd.Problem, odd.Suggestion))
	if askErr != nil {
		return code, askErr
	}
	if !yes {
		return asTyped(code, err)
	}
	return rendezvous.ParseCode(odd.Suggestion)
}
