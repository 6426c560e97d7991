package main

import (
	"context"
	"errors"

	"sesame/client"
)

var errNoCode = &usageError{text: "nobody gave a code", hint: "as an argument, sesame receive 7-crossover-clockwork, or on standard input"}

// readCode reads a code where nobody can be asked: it is a line of standard input.
func readCode(ctx context.Context, ui *terminal) (string, error) {
	typed, err := ui.ask(ctx, ask(client.AskCode))
	if errors.Is(err, errNoAnswer) {
		err = errNoCode
	}
	return typed, err
}

// Code asks for the code. On a terminal Tab completes nameplates and words. Nothing is
// claimed before the whole code was entered.
func (a *answering) Code(ctx context.Context, why *client.Failure, complete func(string) []string) (string, error) {
	if !a.ui.interactive() {
		return a.Unattended.Code(ctx, why, complete)
	}
	if why != nil {
		a.ui.reportAll(instead(why))
	}
	return a.ui.editLine(ctx, "Code: ", func(typed string) string {
		return completion(typed, complete(typed))
	})
}

// instead says why another code is asked for.
func instead(why *client.Failure) string {
	switch why.Code {
	case client.MistypedCode, client.OddCode, client.UnlistedCode: // somebody has just said so
		return "Type it exactly as the sender's screen shows it. (--code-raw takes any code as it is)\n"
	}
	if why.Code == client.WrongCode {
		return "That code didn't fit: it was mistyped, or is another sender's.\nAsk for the new one.\n"
	}
	return remark(explain(why)).words()
}

// Mistyped asks what was meant before the one guess is spent.
func (a *answering) Mistyped(ctx context.Context, odd *client.Failure) (bool, error) {
	switch {
	case !a.ui.interactive():
		return a.Unattended.Mistyped(ctx, odd)
	case odd.Code == client.UnlistedCode:
		return a.ui.compare(ctx, ask(client.AskUnlisted, odd.Args...))
	}
	return a.ui.confirm(ctx, ask(client.AskMistyped, odd.Args...))
}

// Server asks whether to go to a server that what was pasted names.
func (a *answering) Server(ctx context.Context, url string) (bool, error) {
	if !a.ui.interactive() {
		return a.Unattended.Server(ctx, url)
	}
	return a.ui.confirm(ctx, ask(client.AskServer, url))
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
