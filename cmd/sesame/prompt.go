package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"strings"

	"sesame/client"
)

// errNoAnswer is returned when input ended before a question was answered.
var errNoAnswer = client.Fail(client.NoAnswer)

// maxAnswer is the longest line in bytes that is read as an answer.
const maxAnswer = 256

// ask puts a question and returns the line that answers it, without white
// space around it. It gives up when ctx ends; the read itself can't be
// interrupted and is left to end with the program.
func (t *terminal) ask(ctx context.Context, q question) (string, error) {
	t.open(q)
	type answer struct {
		text string
		err  error
	}
	got := make(chan answer, 1)
	go func() {
		text, err := readLine(t.answers)
		got <- answer{text, err}
	}()
	select {
	case <-ctx.Done():
		t.shut()
		t.write("\n")
		return "", ctx.Err()
	case a := <-got:
		t.shut()
		if a.err != nil || !t.interactive() {
			t.write("\n")
		}
		return strings.TrimSpace(a.text), a.err
	}
}

// open shows the question that is answered next.
func (t *terminal) open(q question) {
	if t.events != nil {
		t.events.add(q)
		return
	}
	prompt := t.rows(q.Text + " ")
	t.mu.Lock()
	defer t.mu.Unlock()
	t.erase()
	io.WriteString(t.err, prompt)
	t.prompt = prompt
}

// shut notes that no question is open any more.
func (t *terminal) shut() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.prompt = ""
}

// confirm asks a question whose answer is yes or no; an empty line means yes.
func (t *terminal) confirm(ctx context.Context, q question) (bool, error) {
	q.Text += " (Y/n)"
	return t.choose(ctx, q, true)
}

// compare is confirm where an empty line means nothing: somebody has to look
// before answering.
func (t *terminal) compare(ctx context.Context, q question) (bool, error) {
	q.Text += " (yes/no)"
	return t.choose(ctx, q, false)
}

func (t *terminal) choose(ctx context.Context, q question, preset bool) (bool, error) {
	for {
		text, err := t.ask(ctx, q)
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

// readLine reads a line of at most maxAnswer bytes. Input that ends without a
// line feed is a line too, unless it is empty.
func readLine(r *bufio.Reader) (string, error) {
	var line []byte
	for {
		b, err := r.ReadByte()
		switch {
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

// remark is the note of a failure that isn't the end.
func remark(f failure) note {
	text := upperFirst(f.Text) + "."
	if f.Hint != "" {
		text = fmt.Sprintf("%s (%s)", upperFirst(f.Text), f.Hint)
	}
	return note{text, f.Cause}
}

// upperFirst makes the beginning of a sentence.
func upperFirst(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}
