package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"syscall"
	"time"

	"golang.org/x/term"

	"sesame/rendezvous"
)

// code returns the code of a reception: the one that was typed with the
// command, else the one that is asked for.
func (o *receiveOptions) code(ctx context.Context, ui *terminal, client *rendezvous.Client, typed string) (rendezvous.Code, error) {
	for {
		if typed == "" {
			var err error
			if typed, err = askCode(ctx, ui, client); err != nil {
				return rendezvous.Code{}, err
			}
		}
		code, err := o.parseCode(ctx, ui, typed)
		if err == nil || !ui.interactive() || ctx.Err() != nil {
			return code, err
		}
		_, text, hint := explain(err)
		ui.say("%s (%s)", upperFirst(text), hint)
		typed = ""
	}
}

var errNoCode = &usageError{text: "nobody gave a code", hint: "as an argument, sesame receive 7-crossword-clockwork, or on standard input"}

// askCode reads a code from the user. On a terminal Tab completes nameplates
// and words. Nothing is claimed before the whole code was entered.
func askCode(ctx context.Context, ui *terminal, client *rendezvous.Client) (string, error) {
	if !ui.interactive() {
		typed, err := ui.ask(ctx, "Code:")
		if errors.Is(err, errNoAnswer) {
			err = errNoCode
		}
		return typed, err
	}
	listCtx, cancel := context.WithTimeout(ctx, 2*time.Second)
	nameplates, err := client.Nameplates(listCtx)
	cancel()
	if err != nil {
		nameplates = nil // servers may hide them; words complete all the same
	}
	return ui.editLine(ctx, "Code: ", func(typed string) string {
		return completion(typed, rendezvous.Complete(typed, nameplates))
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
		return t.ask(ctx, prompt)
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
