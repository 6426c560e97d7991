package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"

	"sesame/client"
)

// errNoAnswer is returned when input ended before a question was answered.
var errNoAnswer = client.Fail(client.NoAnswer)

// maxAnswer is the longest line in bytes that is read as an answer.
const maxAnswer = 256

// A keyboard is where answers come from. One question at a time is asked.
type keyboard struct {
	in       *os.File
	keys     *intake   // of in
	settings *settings // of in
	status   *teller   // what is on the screen meanwhile
}

func newKeyboard(in *os.File, status *teller) *keyboard {
	mark := func(how string) {
		if status.live {
			io.WriteString(status.w, how)
		}
	}
	return &keyboard{in, &intake{file: in}, &settings{terminal: in, mark: mark}, status}
}

// interactive reports whether a person can be asked: input is a terminal, and
// questions are shown there.
func (k *keyboard) interactive() bool { return k.status.events == nil && isTerminal(k.in) }

// forget throws away what was typed until now: it was no answer to a question that
// nobody had seen. Where answers come from a program they may be there early.
func (k *keyboard) forget() {
	if isTerminal(k.in) {
		k.keys.forget()
	}
}

// ask puts a question and returns the line that answers it, without white
// space around it. It gives up when ctx ends.
func (k *keyboard) ask(ctx context.Context, q question) (string, error) {
	if k.interactive() {
		defer onReturn(func() {
			flushTyped(k.in) // it was meant for others
			k.status.again()
		})()
	}
	k.forget()
	if k.status.events != nil {
		k.status.events.add(q)
	} else {
		k.status.open(q.Text)
	}
	text, err := k.line(ctx)
	k.status.shut()
	if err != nil || !k.interactive() {
		k.status.write("\n")
	}
	return strings.TrimSpace(text), err
}

// confirm asks a question whose answer is yes or no; an empty line means yes.
func (k *keyboard) confirm(ctx context.Context, q question) (bool, error) {
	q.Text += " (Y/n)"
	return k.choose(ctx, q, true)
}

// compare is confirm where an empty line means nothing: somebody has to look
// before answering.
func (k *keyboard) compare(ctx context.Context, q question) (bool, error) {
	q.Text += " (yes/no)"
	return k.choose(ctx, q, false)
}

func (k *keyboard) choose(ctx context.Context, q question, preset bool) (bool, error) {
	for {
		text, err := k.ask(ctx, q)
		if err != nil {
			return false, err
		}
		switch strings.ToLower(text) {
		case "":
			if preset {
				return true, nil
			}
		case "y", "yes":
			return true, nil
		case "n", "no":
			return false, nil
		}
	}
}

// line reads a line of at most maxAnswer bytes. Input that ends without a
// line feed is a line too, unless it is empty.
func (k *keyboard) line(ctx context.Context) (string, error) {
	var line []byte
	for {
		b, err := k.keys.byte(ctx)
		switch {
		case ctx.Err() != nil:
			return "", ctx.Err()
		case err != nil && len(line) > 0, err == nil && b == '\n':
			return string(line), nil
		case err != nil:
			return "", errNoAnswer
		case len(line) == maxAnswer:
			return "", fmt.Errorf("the line is longer than %d characters", maxAnswer)
		}
		line = append(line, b)
	}
}
