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
	out io.Writer
}

func newTerminal(in *os.File, out io.Writer, s *screen) *terminal {
	t := newTeller(s)
	return &terminal{t, newKeyboard(in, t), out}
}

func isTerminal(f *os.File) bool { return isatty.IsTerminal(f.Fd()) || isatty.IsCygwinTerminal(f.Fd()) }

// content writes to standard output what was asked for.
func (t *terminal) content(text string) error {
	return t.beside(func() error {
		_, err := io.WriteString(t.out, text)
		return err
	})
}
