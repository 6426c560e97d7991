package main

import (
	"bufio"
	"io"
	"log/slog"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/mattn/go-isatty"

	"sesame/client"
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
	events  *journal     // for programs, instead of words for people; nil if there is none
	log     *slog.Logger // silent unless somebody wants it

	mu     sync.Mutex
	line   string // the progress line on the screen now
	prompt string // the question that waits for an answer now
}

func newTerminal(in, out, err *os.File) *terminal {
	return &terminal{
		in: in, out: out, err: err,
		live:    isTerminal(err) && os.Getenv("TERM") != "dumb",
		answers: bufio.NewReaderSize(in, 4096),
		log:     slog.New(slog.DiscardHandler),
	}
}

func isTerminal(f *os.File) bool { return isTerminalAt(f.Fd()) }

func isTerminalAt(fd uintptr) bool { return isatty.IsTerminal(fd) || isatty.IsCygwinTerminal(fd) }

// interactive reports whether a person can be asked: input is a terminal, and
// questions are shown there.
func (t *terminal) interactive() bool { return t.events == nil && isTerminal(t.in) }

// report tells of an event, people or programs.
func (t *terminal) report(e event) {
	words := e.words()
	if _, copied := e.(codeMade); !copied { // what people take from the screen stays whole
		words = t.rows(words)
	}
	t.tell(words, e)
}

// reportAll tells people one thing, and programs of events.
func (t *terminal) reportAll(words string, events ...event) { t.tell(t.rows(words), events...) }

func (t *terminal) tell(words string, events ...event) {
	switch {
	case t.events == nil:
		t.write(words)
	default:
		for _, e := range events {
			t.events.add(e)
		}
	}
}

// note tells one line of status that is no event of its own.
func (t *terminal) note(code client.Code, args ...any) {
	text, _ := say(code, args)
	t.report(note{text, code})
}

// write prints text for people as it is, after taking the progress line away. A
// question that is open is put again below it.
func (t *terminal) write(text string) {
	if t.events != nil || text == "" {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.erase()
	if t.prompt != "" {
		text = t.freshLine() + text + t.prompt
	}
	io.WriteString(t.err, text)
}

// freshLine is what brings the cursor to the start of an empty line.
func (t *terminal) freshLine() string {
	if t.live {
		return eraseLine
	}
	return "\n"
}

const eraseLine = "\r\x1b[K"

// show replaces the progress line. There is none where standard error is no
// terminal, or while a question is open.
func (t *terminal) show(line string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.live || t.prompt != "" {
		return
	}
	if line = cut(line, t.width()-1); line == t.line {
		return
	}
	t.erase()
	io.WriteString(t.err, line)
	t.line = line
}

// content writes to standard output what was asked for. The progress line goes
// away first: both may be on one screen.
func (t *terminal) content(text string) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.erase()
	_, err := io.WriteString(t.out, text)
	return err
}

// erase removes the progress line. It is called with mu held.
func (t *terminal) erase() {
	if t.line != "" {
		io.WriteString(t.err, eraseLine)
		t.line = ""
	}
}

// clearEcho takes away the ^C that a terminal shows.
func (t *terminal) clearEcho() {
	if t.live {
		t.write(eraseLine)
	}
}

// stopping tells that an interruption was heard, where its end takes longer.
func (t *terminal) stopping() {
	t.clearEcho()
	t.note(client.NoteStopping)
}

// failure tells what went wrong and what to do next.
func (t *terminal) failure(f failure) {
	const name = "sesame: "
	indent := strings.Repeat(" ", len(name))
	text := name + t.fold(f.Text, indent) + "\n"
	if f.Hint != "" {
		text += indent + t.fold(f.Hint, indent) + "\n"
	}
	t.tell(text, f)
}

// quietFor is how long nothing may be said about a wait in a log.
const quietFor = 3 * time.Second

// waiting shows what the program waits for, until something else is shown or,
// in a log, done is called.
func (t *terminal) waiting(w waitingFor) (done func()) {
	switch {
	case t.events != nil:
		t.report(w)
	case t.live:
		t.show(strings.TrimSpace(w.words()))
	default:
		timer := time.AfterFunc(quietFor, func() { t.report(w) })
		return func() { timer.Stop() }
	}
	return func() {}
}
