package main

import (
	"context"
	"fmt"
	"io"
	"syscall"

	"golang.org/x/term"

	"sesame/client"
)

// editLine reads a line from a terminal with editing and completion at its
// end. The terminal is restored before it returns, also when ctx ends.
func (k *keyboard) editLine(ctx context.Context, prompt string, complete func(string) string) (string, error) {
	state, err := term.MakeRaw(int(k.in.Fd()))
	if err != nil {
		return k.ask(ctx, ask(client.AskCode))
	}
	defer term.Restore(int(k.in.Fd()), state)
	editor := term.NewTerminal(struct {
		io.Reader
		io.Writer
	}{k.in, k.status.w}, prompt)
	editor.AutoCompleteCallback = func(line string, pos int, key rune) (string, int, bool) {
		if key != '\t' || pos != len(line) {
			return "", 0, false
		}
		line = complete(line)
		return line, len(line), true
	}
	got := make(chan answer, 1)
	go func() {
		text, err := editor.ReadLine()
		got <- answer{text, err}
	}()
	select {
	case <-ctx.Done():
		fmt.Fprint(k.status.w, "\r\n")
		return "", ctx.Err()
	case a := <-got:
		if a.err != nil {
			// Raw mode turns Ctrl-C into a character, which ends the line.
			fmt.Fprint(k.status.w, "\r\n")
			return "", &interruption{syscall.SIGINT}
		}
		return a.text, nil
	}
}
