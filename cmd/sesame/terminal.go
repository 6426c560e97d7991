package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"

	"github.com/mattn/go-isatty"
	"golang.org/x/term"
)

// A terminal is where the program and its user talk. Status, questions and
// errors go to standard error, so that standard output holds only what was
// asked for. Every text of somebody else's has been through safetext before it
// comes here.
type terminal struct {
	in  *os.File
	out io.Writer
	err io.Writer

	live    bool // standard error shows progress that is overwritten in place
	answers *bufio.Reader

	mu   sync.Mutex
	line string // the progress line on the screen now
}

func newTerminal(in, out, err *os.File) *terminal {
	return &terminal{
		in: in, out: out, err: err,
		live:    isTerminal(err) && os.Getenv("TERM") != "dumb",
		answers: bufio.NewReaderSize(in, 4096),
	}
}

func isTerminal(f *os.File) bool {
	return isatty.IsTerminal(f.Fd()) || isatty.IsCygwinTerminal(f.Fd())
}

// interactive reports whether somebody can be asked: input is a terminal.
func (t *terminal) interactive() bool { return isTerminal(t.in) }

// say prints one line of status.
func (t *terminal) say(format string, args ...any) {
	t.write(fmt.Sprintf(format, args...) + "\n")
}

// write prints text as it is, after taking the progress line away.
func (t *terminal) write(text string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.erase()
	io.WriteString(t.err, text)
}

// show replaces the progress line. Where standard error is no terminal there
// is no such line.
func (t *terminal) show(line string) {
	if !t.live {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if line = cut(line, t.width()-1); line == t.line {
		return
	}
	t.erase()
	io.WriteString(t.err, line)
	t.line = line
}

// erase removes the progress line. It is called with mu held.
func (t *terminal) erase() {
	if t.line != "" {
		io.WriteString(t.err, "\r\x1b[K")
		t.line = ""
	}
}

// failure prints what went wrong and what to do next.
func (t *terminal) failure(text, hint string) {
	t.say("sesame: %s", text)
	if hint != "" {
		t.say("        %s", hint)
	}
}

func (t *terminal) width() int {
	if f, ok := t.err.(*os.File); ok {
		if w, _, err := term.GetSize(int(f.Fd())); err == nil && w > 10 {
			return w
		}
	}
	return 80
}

func cut(s string, width int) string {
	if r := []rune(s); len(r) > width {
		return string(r[:width])
	}
	return s
}

// errNoAnswer is returned when input ended before a question was answered.
var errNoAnswer = errors.New("nobody answered the question")

// maxAnswer is the longest line in bytes that is read as an answer.
const maxAnswer = 256

// ask prints a question and returns the line that answers it, without white
// space around it. It gives up when ctx ends; the read itself can't be
// interrupted and is left to end with the program.
func (t *terminal) ask(ctx context.Context, question string) (string, error) {
	t.write(question + " ")
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
		t.write("\n")
		return "", ctx.Err()
	case a := <-got:
		if a.err != nil || !t.interactive() {
			t.write("\n")
		}
		return strings.TrimSpace(a.text), a.err
	}
}

// confirm asks a question whose answer is yes or no; an empty line means yes.
func (t *terminal) confirm(ctx context.Context, question string) (bool, error) {
	for {
		text, err := t.ask(ctx, question+" (Y/n)")
		if err != nil {
			return false, err
		}
		switch strings.ToLower(text) {
		case "", "y", "yes":
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
