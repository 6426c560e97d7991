package main

import (
	"context"
	"io"
	"syscall"

	"golang.org/x/term"

	"sesame/client"
)

// What keys are to a terminal that gives each as it is typed.
const (
	keyInterrupt = 0x03
	keyStop      = 0x1a
)

// editLine reads a line from a terminal with editing and completion at its
// end. What is pasted stays one line. The terminal is restored before it returns, also
// when ctx ends.
func (k *keyboard) editLine(ctx context.Context, prompt string, complete func(string) string) (string, error) {
	if !k.status.live { // there a line can't be edited
		return k.ask(ctx, ask(client.AskCode))
	}
	again := func() {
		flushTyped(k.in) // it was meant for others
		k.settings.change()
		k.status.again()
	}
	k.forget()
	if err := k.settings.change(); err != nil {
		return k.ask(ctx, ask(client.AskCode))
	}
	defer k.settings.giveBack()
	returns := onReturn(again) // others may have stopped it
	defer func() { returns() }()
	keys := &keyReader{Reader: k.keys.reader(ctx)}
	editor := term.NewTerminal(struct {
		io.Reader
		io.Writer
	}{&pasting{r: keys}, k.status.w}, prompt)
	editor.SetSize(k.status.width(), 24)
	editor.AutoCompleteCallback = k.completing(complete)
	k.status.edit(editor)
	defer k.status.shut()
	keys.stop = func() {
		returns() // twice again would throw away what answers the first
		k.settings.giveBack()
		stop()
		again()
		returns = onReturn(again)
	}
	line, err := editor.ReadLine()
	if err == nil {
		return line, nil
	}
	io.WriteString(k.status.w, "\r\n")
	if ctx.Err() != nil {
		return "", ctx.Err()
	}
	return "", &interruption{syscall.SIGINT} // by its key, or there is nobody any more
}

// completing is how the editor completes a line. It would turn a panic into an end of
// the program that nothing else is done before.
func (k *keyboard) completing(complete func(string) string) func(string, int, rune) (string, int, bool) {
	return func(line string, pos int, key rune) (string, int, bool) {
		if key != '\t' || pos != len(line) {
			return "", 0, false
		}
		whole := false
		defer func() {
			if !whole {
				k.settings.giveBack()
			}
		}()
		line = complete(line)
		whole = true
		return line, len(line), true
	}
}

// A keyReader reads keys, and obeys the one that stops a program.
type keyReader struct {
	io.Reader
	stop func()
}

func (r *keyReader) Read(p []byte) (int, error) {
	n, err := r.Reader.Read(p)
	kept := p[:0]
	for _, b := range p[:n] {
		if b == keyStop {
			r.stop()
			kept = p[:0] // what was typed before it belongs to no line any more
			continue
		}
		kept = append(kept, b)
	}
	return len(kept), err
}
