package main

import (
	"context"
	"errors"

	"sesame/client"
)

// code asks for a code until there is one that can be; where nobody can answer, once.
func (o *receiveOptions) code(ctx context.Context, ui *terminal, complete func(string) []string) (string, error) {
	for {
		typed, err := askCode(ctx, ui, complete)
		if err != nil {
			return "", err
		}
		code, err := o.parseCode(ctx, ui, typed)
		if err == nil || !ui.interactive() || ctx.Err() != nil {
			return code, err
		}
		ui.report(remark(explain(err)))
	}
}

var errNoCode = &usageError{text: "nobody gave a code", hint: "as an argument, sesame receive 7-crossover-clockwork, or on standard input"}

// askCode reads a code from the user. On a terminal Tab completes nameplates
// and words. Nothing is claimed before the whole code was entered.
func askCode(ctx context.Context, ui *terminal, complete func(string) []string) (string, error) {
	if !ui.interactive() {
		typed, err := ui.ask(ctx, ask(client.AskCode))
		if errors.Is(err, errNoAnswer) {
			err = errNoCode
		}
		return typed, err
	}
	return ui.editLine(ctx, "Code: ", func(typed string) string {
		return completion(typed, complete(typed))
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
