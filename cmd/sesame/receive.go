package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/pflag"

	"sesame/internal/safetext"
	"sesame/rendezvous"
	"sesame/transfer"
)

// receiveOptions are what was typed after "sesame receive".
type receiveOptions struct {
	connectOptions
	yes        bool
	output     string
	onConflict string
	codeRaw    bool
}

func prepareReceive(env environment, flags *pflag.FlagSet) func(context.Context, *terminal, []string) error {
	o := &receiveOptions{}
	flags.BoolVarP(&o.yes, "yes", "y", false, "accept without asking")
	flags.StringVarP(&o.output, "output", "o", "", "write into the folder, or as the file, `DIR|FILE`")
	flags.StringVar(&o.onConflict, "on-conflict", "ask", "where a name is taken: `ask|rename|overwrite|skip`; with --yes, ask means rename")
	flags.BoolVar(&o.codeRaw, "code-raw", false, "take the code as it is, even if it looks mistyped")
	o.addFlags(flags)
	return func(ctx context.Context, ui *terminal, args []string) error {
		if err := o.resolve(env); err != nil {
			return err
		}
		if len(args) > 1 {
			return &usageError{text: "more than one code", hint: "type it with hyphens: sesame receive 7-crossword-clockwork"}
		}
		into, err := o.destination()
		if err != nil {
			return err
		}
		defer into.Dir.Close()
		return o.receive(ctx, ui, args, into)
	}
}

func (o *receiveOptions) resolve(env environment) error {
	switch o.onConflict {
	case "ask", "rename", "overwrite", "skip":
	default:
		return &usageError{text: fmt.Sprintf("--on-conflict can't be %q", o.onConflict), hint: "it takes ask, rename, overwrite or skip"}
	}
	return o.connectOptions.resolve(env)
}

// destination opens the directory to write into. Everything that is written
// later stays below it. The Name of the result is the one that the user chose,
// if any.
func (o *receiveOptions) destination() (transfer.Target, error) {
	dir, name := ".", ""
	if o.output != "" {
		info, err := os.Stat(o.output)
		switch {
		case err == nil && info.IsDir():
			dir = o.output
		case os.IsPathSeparator(o.output[len(o.output)-1]):
			if err := os.MkdirAll(o.output, 0o777); err != nil {
				return transfer.Target{}, &localError{err}
			}
			dir = o.output
		default:
			dir, name = filepath.Dir(o.output), filepath.Base(o.output)
		}
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return transfer.Target{}, &localError{err}
	}
	return transfer.Target{Dir: root, Name: name}, nil
}

// receive meets the sender, shows what is offered and takes it.
func (o *receiveOptions) receive(ctx context.Context, ui *terminal, args []string, into transfer.Target) (err error) {
	var typed string
	if len(args) == 1 {
		if typed = args[0]; typed == "-" {
			if typed, err = readLine(ui.answers); err != nil {
				return &usageError{text: "standard input holds no code", hint: "write the code as one line"}
			}
		}
		if _, err := o.parseCode(ctx, ui, typed); err != nil {
			return err
		}
	}
	client, err := dial(ctx, ui, &o.connectOptions)
	if err != nil {
		return err
	}
	code, err := o.code(ctx, ui, client, typed)
	if err != nil {
		client.Close()
		return err
	}
	channel, err := client.Meet(ctx, code)
	if err != nil {
		client.Close()
		return err
	}
	defer func() { leave(ctx, channel, err) }()
	if o.verify {
		if err := verify(ctx, ui, channel); err != nil {
			return err
		}
	}
	path, err := o.transit(client)
	if err != nil {
		return err
	}
	meter := newMeter(ui)
	offer, err := transfer.Receive(ctx, channel, &transfer.Config{
		Transit:   path,
		Connected: meter.connected,
		Progress:  meter.progress,
	})
	if err != nil {
		return err
	}
	return o.take(ctx, ui, offer, into)
}

// take accepts or rejects an offer.
func (o *receiveOptions) take(ctx context.Context, ui *terminal, offer *transfer.Offer, into transfer.Target) error {
	if offer.Kind == transfer.Text {
		if _, err := offer.Accept(ctx, into); err != nil {
			return err
		}
		return o.printText(ui, offer.Text)
	}
	target, err := o.decide(ctx, ui, offer, into)
	if err != nil {
		rejectCtx, cancel := context.WithTimeout(context.WithoutCancel(ctx), giveBack)
		defer cancel()
		offer.Reject(rejectCtx, refusal(err))
		return err
	}
	name, err := offer.Accept(ctx, target)
	if err != nil {
		return err
	}
	ui.say("Received %s", safetext.Line(name, 200))
	return nil
}

// printText writes a received text to standard output, and nothing else. Where
// that is a terminal the text can't control it.
func (o *receiveOptions) printText(ui *terminal, text string) error {
	if f, ok := ui.out.(*os.File); ok && isTerminal(f) {
		text = safetext.Text(text)
	}
	if !strings.HasSuffix(text, "\n") {
		text += "\n"
	}
	_, err := ui.out.Write([]byte(text))
	return err
}

var (
	errRefused = errors.New("you declined")
	errSkipped = errors.New("it is there already")
)

// refusal is what the sender is told.
func refusal(err error) string {
	if errors.Is(err, errSkipped) {
		return "the receiver has a file of that name already"
	}
	return ""
}

// decide asks whether and where to write what is offered.
func (o *receiveOptions) decide(ctx context.Context, ui *terminal, offer *transfer.Offer, into transfer.Target) (transfer.Target, error) {
	hidden := strings.HasPrefix(offer.Name.String(), ".") && into.Name == ""
	if o.yes && hidden {
		return into, fmt.Errorf("%w: %s is a hidden name, and --yes does not accept those", errRefused, safetext.Line(offer.Name.String(), 200))
	}
	if !o.yes {
		yes, err := ui.confirm(ctx, o.question(offer, into, hidden))
		if err != nil {
			return into, err
		}
		if !yes {
			return into, errRefused
		}
	} else {
		ui.say("Receiving %s", describe(offer))
	}
	return o.resolveConflict(ctx, ui, offer, into)
}

func (o *receiveOptions) question(offer *transfer.Offer, into transfer.Target, hidden bool) string {
	where := "into the current folder"
	switch {
	case into.Name != "":
		where = "as " + safetext.Line(o.output, 200)
	case o.output != "":
		where = "into " + safetext.Line(o.output, 200)
	}
	warning := ""
	if hidden {
		warning = "The name is hidden: programs may read it without asking you.\n"
	}
	return fmt.Sprintf("%s%s %s?", warning, describe(offer), where)
}

// describe tells what is offered: the name and how much.
func describe(offer *transfer.Offer) string {
	if offer.Kind == transfer.Directory {
		return fmt.Sprintf("the folder %s (%d files, %s)", safetext.Line(offer.Name.String(), 200), offer.Files, size(offer.Size))
	}
	return fmt.Sprintf("%s (%s)", safetext.Line(offer.Name.String(), 200), size(offer.Size))
}

// resolveConflict decides what happens to a name that is taken.
func (o *receiveOptions) resolveConflict(ctx context.Context, ui *terminal, offer *transfer.Offer, into transfer.Target) (transfer.Target, error) {
	name := offer.Name
	if into.Name != "" {
		var err error
		if name, err = transfer.ParseName(into.Name); err != nil {
			return into, &usageError{text: err.Error(), hint: "choose another name with --output"}
		}
	}
	if _, err := into.Dir.Lstat(name.String()); errors.Is(err, os.ErrNotExist) {
		return into, nil
	}
	free := transfer.FreeName(into.Dir, name)
	choice := o.onConflict
	for choice == "ask" {
		if o.yes {
			choice = "rename"
			break
		}
		text, err := ui.ask(ctx, fmt.Sprintf("%s is there already: (r)ename to %s, (o)verwrite or (s)kip?",
			safetext.Line(name.String(), 100), safetext.Line(free.String(), 100)))
		if err != nil {
			return into, err
		}
		switch strings.ToLower(text) {
		case "", "r", "rename":
			choice = "rename"
		case "o", "overwrite":
			choice = "overwrite"
		case "s", "skip":
			choice = "skip"
		}
	}
	switch choice {
	case "skip":
		return into, errSkipped
	case "overwrite":
		into.Name, into.Replace = name.String(), true
	default:
		into.Name = free.String()
	}
	return into, nil
}

// parseCode reads a code and, where it looks mistyped, asks what was meant
// before the one guess is spent.
func (o *receiveOptions) parseCode(ctx context.Context, ui *terminal, typed string) (rendezvous.Code, error) {
	code, err := rendezvous.ParseCode(typed)
	var odd *rendezvous.CodeError
	if err == nil || !errors.As(err, &odd) || odd.Suggestion == "" {
		return code, err
	}
	if o.codeRaw && odd.Code != (rendezvous.Code{}) {
		return odd.Code, nil
	}
	if !ui.interactive() {
		return code, err
	}
	yes, askErr := ui.confirm(ctx, fmt.Sprintf("The code looks mistyped (%s). Did you mean %s?", odd.Problem, odd.Suggestion))
	if askErr != nil {
		return code, askErr
	}
	if !yes {
		return code, err
	}
	return rendezvous.ParseCode(odd.Suggestion)
}
