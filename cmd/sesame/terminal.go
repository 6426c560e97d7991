package main

import (
	"io"
	"os"

	"github.com/mattn/go-isatty"
)

// A terminal is where the program and its user talk. Status, questions and
// errors go to standard error, so that standard output holds only what was
// asked for.
type terminal struct {
	*teller
	*keyboard
	out, err *outlet
}

func newTerminal(in *os.File, out io.Writer, s *screen) *terminal {
	t := newTeller(s)
	err := &outlet{to: s.w}
	s.w = err
	return &terminal{t, newKeyboard(in, t), &outlet{to: out}, err}
}

func isTerminal(f *os.File) bool { return isatty.IsTerminal(f.Fd()) || isatty.IsCygwinTerminal(f.Fd()) }

// failed returns why something that people or programs were to be told is lost, or nil.
func (t *terminal) failed() error {
	if err := t.out.failed(); err != nil {
		return err
	}
	return t.err.failed()
}

// print writes a text of this program's own to standard output.
func (t *terminal) print(text string) { io.WriteString(t.out, t.own(text)) }

// content writes to standard output what was asked for.
func (t *terminal) content(text string) error {
	return t.beside(func() error {
		_, err := io.WriteString(t.out, text)
		return err
	})
}
