package main

import (
	"bytes"
	"io"
	"slices"
	"unicode"

	"sesame/client"
)

// What a terminal puts around what is pasted, and how it is told to.
const (
	pasteOn    = "\x1b[?2004h"
	pasteOff   = "\x1b[?2004l"
	pasteBegin = "\x1b[200~"
	pasteEnd   = "\x1b[201~"
)

// A pasting is the input of a terminal for one line, which a line break in what is
// pasted doesn't end. Where the terminal doesn't say what is pasted, it is what comes at
// once, and has no whole code before the break.
type pasting struct {
	r      io.Reader
	inside bool   // between the marks
	held   []byte // of what may become a mark
}

// Read gives what the terminal has, without the marks, and with spaces for line breaks.
func (p *pasting) Read(to []byte) (int, error) {
	for {
		if len(to) <= len(p.held) {
			n := copy(to, p.held)
			p.held = p.held[n:]
			return n, nil
		}
		room := make([]byte, len(to)-len(p.held))
		n, err := p.r.Read(room)
		out := p.take(slices.Concat(p.held, room[:n]), err != nil)
		if len(out) > 0 || err != nil {
			return copy(to, out), err
		}
	}
}

// take returns what is to be read of input, and holds back what may become a mark.
func (p *pasting) take(input []byte, last bool) (out []byte) {
	p.held = nil
	for len(input) > 0 {
		switch {
		case bytes.HasPrefix(input, []byte(pasteBegin)):
			p.inside, input = true, input[len(pasteBegin):]
			continue
		case bytes.HasPrefix(input, []byte(pasteEnd)):
			p.inside, input = false, input[len(pasteEnd):]
			continue
		case !last && len(input) < len(pasteEnd) && len(input) > 1 &&
			(bytes.HasPrefix([]byte(pasteBegin), input) || bytes.HasPrefix([]byte(pasteEnd), input)):
			p.held = bytes.Clone(input)
			return out
		}
		c := input[0]
		input = input[1:]
		if (c == '\r' || c == '\n') && (p.inside || bytes.ContainsFunc(input, unicode.IsPrint) && !isTyped(out)) {
			c = ' '
		}
		out = append(out, c)
	}
	return out
}

// isTyped reports whether keys before a line break are a whole code, or one that is to be
// completed.
func isTyped(keys []byte) bool {
	_, err := client.ParseCode(string(keys))
	return err == nil || bytes.IndexByte(keys, '\t') >= 0
}
