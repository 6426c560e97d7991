package main

import (
	"context"
	"fmt"
	"io"

	"github.com/spf13/pflag"

	"sesame/rendezvous"
	"sesame/transfer"
)

// sendOptions are what was typed after "sesame send".
type sendOptions struct {
	connectOptions
	text       string
	code       string
	codeLength int
	yes        bool
}

const (
	defaultWords = 2
	maxWords     = 10
)

func prepareSend(env environment, flags *pflag.FlagSet) func(context.Context, *terminal, []string) error {
	o := &sendOptions{}
	flags.StringVar(&o.text, "text", "", "send the text `MSG` instead of a file; - reads it from standard input")
	flags.StringVar(&o.code, "code", "", "use `CODE` instead of a new one; use it only once")
	flags.IntVarP(&o.codeLength, "code-length", "c", defaultWords, "words in a new code")
	flags.BoolVarP(&o.yes, "yes", "y", false, "ask nothing")
	o.addFlags(flags)
	return func(ctx context.Context, ui *terminal, args []string) error {
		if err := o.resolve(env); err != nil {
			return err
		}
		parcel, err := o.pack(ui, flags.Changed("text"), args)
		if err != nil {
			return err
		}
		return o.send(ctx, ui, parcel)
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
	if o.code != "" {
		if _, err := rendezvous.ParseCode(o.code); err != nil {
			return err
		}
	}
	return o.connectOptions.resolve(env)
}

// A parcel is what will be sent: a text, or a file or directory.
type parcel struct {
	text   string
	source *transfer.Source // nil for a text
}

func (p parcel) String() string {
	switch {
	case p.source == nil:
		return fmt.Sprintf("a text of %s", size(int64(len(p.text))))
	case p.source.IsDir():
		return fmt.Sprintf("the folder %s", p.source.Name())
	default:
		return fmt.Sprintf("%s (%s)", p.source.Name(), size(p.source.Size()))
	}
}

// pack turns the arguments into a parcel, so that a wrong path is found before
// a code is made.
func (o *sendOptions) pack(ui *terminal, isText bool, args []string) (parcel, error) {
	switch {
	case isText && len(args) > 0:
		return parcel{}, &usageError{text: "a text and a file can't be sent together", hint: "send them one after the other"}
	case isText:
		text, err := o.readText(ui)
		if err != nil {
			return parcel{}, err
		}
		if err := transfer.CheckText(text); err != nil {
			return parcel{}, &usageError{text: err.Error()}
		}
		return parcel{text: text}, nil
	case len(args) == 0:
		return parcel{}, &usageError{text: "nothing to send", hint: "name a file or a folder, or use --text"}
	case len(args) > 1:
		return parcel{}, &usageError{text: "only one file or folder can be sent at a time", hint: "put the files into one folder and send that"}
	}
	source, err := transfer.Open(args[0])
	return parcel{source: source}, err
}

func (o *sendOptions) readText(ui *terminal) (string, error) {
	if o.text != "-" {
		return o.text, nil
	}
	b, err := io.ReadAll(io.LimitReader(ui.in, transfer.MaxText+1))
	if err != nil {
		return "", fmt.Errorf("reading the text from standard input: %w", err)
	}
	return string(b), nil
}

// send meets the other computer and hands the parcel over.
func (o *sendOptions) send(ctx context.Context, ui *terminal, p parcel) (err error) {
	client, err := dial(ctx, ui, &o.connectOptions)
	if err != nil {
		return err
	}
	code, err := o.makeCode(ctx, client)
	if err != nil {
		client.Close()
		return err
	}
	o.announce(ui, p, code)
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
	if p.source == nil {
		err = transfer.SendText(ctx, channel, p.text)
	} else {
		err = o.sendSource(ctx, ui, client, channel, p.source)
	}
	if err == nil {
		ui.say("Sent.")
	}
	return err
}

func (o *sendOptions) sendSource(ctx context.Context, ui *terminal, client *rendezvous.Client, channel *rendezvous.Channel, source *transfer.Source) error {
	path, err := o.transit(client)
	if err != nil {
		return err
	}
	meter := newMeter(ui)
	err = transfer.Send(ctx, channel, source, &transfer.Config{
		Transit:   path,
		Connected: meter.connected,
		Progress:  meter.progress,
	})
	reportSkipped(ui, source)
	return err
}

func (o *sendOptions) makeCode(ctx context.Context, client *rendezvous.Client) (rendezvous.Code, error) {
	if o.code != "" {
		return rendezvous.ParseCode(o.code)
	}
	return client.Allocate(ctx, o.codeLength)
}

// announce tells what is being sent and what to type on the other computer.
func (o *sendOptions) announce(ui *terminal, p parcel, code rendezvous.Code) {
	command := "sesame receive " + code.String()
	if o.server != "" {
		command += " --server " + o.server
	}
	if o.verify {
		command += " --verify"
	}
	ui.write(fmt.Sprintf("Sending %s\nOn the other computer, run:\n    %s\n", p, command))
}

// maxShown is how many left-out entries are named one by one.
const maxShown = 10

// reportSkipped says what of a folder was not sent.
func reportSkipped(ui *terminal, source *transfer.Source) {
	skipped := source.Skipped()
	for i, s := range skipped {
		if i == maxShown {
			ui.say("… and %d more left out", len(skipped)-maxShown)
			break
		}
		ui.say("Left out: %s", s)
	}
}
