package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"syscall"

	"golang.org/x/term"

	"sesame/client"
	"sesame/rendezvous"
)

// find returns the code of a reception, the one that was typed with the command
// or else the one that is asked for, and a client of the server where its sender
// waits.
func (o *receiveOptions) find(ctx context.Context, ui *terminal, typed string) (*rendezvous.Client, rendezvous.Code, error) {
	var server *call
	if typed == "" && ui.interactive() && o.to == "" {
		server = o.call(ctx, ui)
		defer server.end()
	}
	code, err := o.code(ctx, ui, typed, server)
	if err != nil {
		return nil, code, err
	}
	switch {
	case code.Local:
		client, err := o.dialSender(ctx, ui, code)
		return client, code, err
	case o.to != "":
		return nil, code, &usageError{text: "--to goes with a code that begins with local-", hint: "leave it out"}
	case server != nil:
		o.noteUnused(ui)
		client, err := server.take(ctx)
		if err == nil {
			showMOTD(ui, client)
		}
		return client, code, err
	}
	client, err := dial(ctx, ui, &o.connectOptions, &o.transferOptions)
	return client, code, err
}

// code returns the typed code, and asks for one where it is empty or can't be
// one.
func (o *receiveOptions) code(ctx context.Context, ui *terminal, typed string, server *call) (rendezvous.Code, error) {
	for {
		if typed == "" {
			var err error
			if typed, err = askCode(ctx, ui, server); err != nil {
				return rendezvous.Code{}, err
			}
		}
		code, err := o.parseCode(ctx, ui, typed)
		if err == nil || !ui.interactive() || ctx.Err() != nil {
			return code, err
		}
		ui.report(remark(explain(err)))
		typed = ""
	}
}

var errNoCode = &usageError{text: "nobody gave a code", hint: "as an argument, sesame receive 7-crossover-clockwork, or on standard input"}

// askCode reads a code from the user. On a terminal Tab completes nameplates
// and words. Nothing is claimed before the whole code was entered.
func askCode(ctx context.Context, ui *terminal, server *call) (string, error) {
	if !ui.interactive() {
		typed, err := ui.ask(ctx, ask(client.AskCode))
		if errors.Is(err, errNoAnswer) {
			err = errNoCode
		}
		return typed, err
	}
	return ui.editLine(ctx, "Code: ", func(typed string) string {
		return completion(typed, rendezvous.Complete(typed, server.nameplates(typed)))
	})
}

// completion returns the longest text that all candidates begin with, or typed
// if that is no longer.
func completion(typed string, candidates []string) string {
	if len(candidates) == 0 {
		return typed
	}
	common := candidates[0]
	for _, c := range candidates[1:] {
		n := 0
		for n < len(common) && n < len(c) && common[n] == c[n] {
			n++
		}
		common = common[:n]
	}
	return max(typed, common)
}

// editLine reads a line from a terminal with editing and completion at its
// end. The terminal is restored before it returns, also when ctx ends.
func (t *terminal) editLine(ctx context.Context, prompt string, complete func(string) string) (string, error) {
	state, err := term.MakeRaw(int(t.in.Fd()))
	if err != nil {
		return t.ask(ctx, ask(client.AskCode))
	}
	defer term.Restore(int(t.in.Fd()), state)
	editor := term.NewTerminal(struct {
		io.Reader
		io.Writer
	}{t.in, t.err}, prompt)
	editor.AutoCompleteCallback = func(line string, pos int, key rune) (string, int, bool) {
		if key != '\t' || pos != len(line) {
			return "", 0, false
		}
		line = complete(line)
		return line, len(line), true
	}
	type answer struct {
		text string
		err  error
	}
	got := make(chan answer, 1)
	go func() {
		text, err := editor.ReadLine()
		got <- answer{text, err}
	}()
	select {
	case <-ctx.Done():
		fmt.Fprint(t.err, "\r\n")
		return "", ctx.Err()
	case a := <-got:
		if a.err != nil {
			// Raw mode turns Ctrl-C into a character, which ends the line.
			fmt.Fprint(t.err, "\r\n")
			return "", &interruption{syscall.SIGINT}
		}
		return a.text, nil
	}
}
