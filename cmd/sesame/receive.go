package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/pflag"

	"sesame/client"
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
	flags.StringVarP(&o.output, "output", "o", "", "write into the folder, or as the file, `DIR|FILE`; DIR/ is made if need be; what isn't there and has no / is asked about, and is the file's name without a terminal and with --yes; - is standard output")
	flags.StringVar(&o.onConflict, "on-conflict", "ask", "`WHAT` to do where a name is taken: ask, rename, overwrite or skip; a folder is merged with one; with --yes, and for a name that is taken meanwhile, ask means rename")
	flags.BoolVar(&o.codeRaw, "code-raw", false, "take the code as it is, even if it looks mistyped")
	flags.StringVar(&o.to, "to", "", "with a code that begins with local-: find the sender at `HOST:PORT`, which it shows")
	o.connectOptions.addFlags(flags)
	o.transferOptions.addFlags(flags)
	return func(ctx context.Context, ui *terminal, args []string) error {
		show := newFront(ui)
		a := &answering{comparing{ui: ui}, o, nil}
		c, err := o.resolve(env, show, a)
		if err != nil {
			return err
		}
		if len(args) > 1 && beginsCode(args[0]) && beginsCode(args[1]) {
			return &usageError{text: "more than one code", hint: "give one, with hyphens: sesame receive 7-crossover-clockwork"}
		}
		into, err := o.destination(ctx, ui)
		if err != nil {
			return err
		}
		defer into.close()
		a.into, show.into = into, into
		show.offered, show.other = a.show, "sender"
		show.accepted = func(offer *transfer.Offer) {
			if o.yes {
				ui.reportAll(fmt.Sprintf("Receiving %s\n", describe(offer)))
			}
		}
		return o.receive(ctx, c, ui, args, into)
	}
}

func (o *receiveOptions) resolve(env environment, show *front, a *answering) (*client.Client, error) {
	switch o.onConflict {
	case "ask", "rename", "overwrite", "skip":
	default:
		return nil, &usageError{text: fmt.Sprintf("--on-conflict can't be %q", o.onConflict), hint: "it takes ask, rename, overwrite or skip"}
	}
	if o.to != "" {
		if o.server != "" {
			return nil, &usageError{text: "--to and --server exclude each other", hint: "leave one of them out"}
		}
		if o.tor {
			return nil, &usageError{text: "--to and --tor exclude each other", hint: "leave one of them out"}
		}
		if err := checkTo(o.to); err != nil {
			return nil, err
		}
	}
	cfg, err := o.connectOptions.config(env)
	if err == nil {
		err = o.transferOptions.apply(&cfg.Policy)
	}
	if err != nil {
		return nil, err
	}
	cfg.Tell, cfg.Ask, cfg.Logger = show.tell, a, show.ui.log
	return o.connect(cfg)
}

// receive takes what the sender of a code has.
func (o *receiveOptions) receive(ctx context.Context, c *client.Client, ui *terminal, args []string, into *destination) error {
	typed, err := o.typedCode(ctx, ui, args)
	if err != nil {
		return err
	}
	_, err = c.Receive(ctx, client.Sender{Code: typed, Raw: o.codeRaw, At: o.to}, client.Destination{
		Dir: into.dir, Name: into.name, Stream: ui.out, Taken: o.taken(),
	})
	return translate(err)
}

// taken is what to do about a name that is taken.
func (o *receiveOptions) taken() client.Choice {
	return map[string]client.Choice{"rename": client.Rename, "overwrite": client.Overwrite, "skip": client.Skip}[o.onConflict]
}

// typedCode returns the code that was given with the command, or on standard input where
// nobody can be asked; "" if it has to be asked for.
func (o *receiveOptions) typedCode(ctx context.Context, ui *terminal, args []string) (string, error) {
	typed := strings.Join(args, " ") // as somebody hears it on the phone
	switch {
	case typed == "" && !ui.interactive():
		return readCode(ctx, ui)
	case typed != "-":
		return typed, nil
	}
	typed, err := ui.line(ctx)
	if err != nil {
		return "", &usageError{text: "standard input holds no code", hint: "write the code as one line"}
	}
	return typed, nil
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

// printText writes a received text to standard output, and nothing else. Where
// that is a terminal the text can't control it, or pass for what this program says.
func printText(ui *terminal, text string) error {
	if f, ok := fileOf(ui.out); ok && isTerminal(f) {
		return ui.content(framed(text, ui.width()))
	}
	if !strings.HasSuffix(text, "\n") {
		text += "\n"
	}
	return ui.content(text)
}

// checkTo refuses a --to that can't be an address.
func checkTo(to string) error {
	if (client.Sender{At: to}).Check() == nil {
		return nil
	}
	return &usageError{
		text: fmt.Sprintf("%q is not the address of a sender", to),
		hint: "it looks like 192.168.1.20:41234, as the sender's screen shows it",
	}
}
