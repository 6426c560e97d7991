package main

import (
	"os"
	"sync"

	"golang.org/x/term"
)

// A settings is how a terminal reads what is typed. It is changed while a question is
// open that needs single keys, and given back whatever happens then. Its methods may be
// called from several goroutines.
type settings struct {
	terminal *os.File
	mark     func(string) // tells the terminal whether to mark what is pasted

	mu    sync.Mutex
	found *term.State // before the change; nil while there is none
	final bool        // it isn't changed any more
}

// change has the terminal give each key as it is typed, and once more where others
// have changed it meanwhile.
func (s *settings) change() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.final {
		return nil
	}
	found, err := term.MakeRaw(int(s.terminal.Fd()))
	if err != nil {
		return err
	}
	if s.found == nil {
		s.found = found
	}
	s.mark(pasteOn)
	return nil
}

// giveBack makes the terminal what it was.
func (s *settings) giveBack() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.found != nil {
		s.mark(pasteOff)
		term.Restore(int(s.terminal.Fd()), s.found)
		s.found = nil
	}
}

// giveBackForGood is giveBack before the program ends, whatever is still going on.
func (s *settings) giveBackForGood() {
	s.mu.Lock()
	s.final = true
	s.mu.Unlock()
	s.giveBack()
}
