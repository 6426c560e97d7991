package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"sync"
	"unicode/utf8"

	"sesame/internal/safetext"
)

// A journal writes events for programs: one JSON object a line (doc/json.md). Its
// methods may be called from several goroutines.
type journal struct {
	mu   sync.Mutex
	w    io.Writer
	over bool // the last event is written
}

// add writes an event. Who doesn't read on is no reason to stop a transfer, so a
// failure to write is none; the exit code tells of it. After the last event of a run nothing
// is written: a signal may come just then.
func (j *journal) add(e event) {
	line := encodeEvent(e)
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.over {
		return
	}
	j.w.Write(line)
	switch e.(type) {
	case done, failure:
		j.over = true
	}
}

// encodeEvent returns the line for an event.
func encodeEvent(e event) []byte {
	var fields bytes.Buffer
	enc := json.NewEncoder(&fields)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(e); err != nil {
		panic("sesame: internal error: an event that is no JSON: " + err.Error())
	}
	body := bytes.TrimSpace(fields.Bytes())
	line := append([]byte(`{"event":"`), e.name()...)
	line = append(line, '"')
	if body = body[1:]; body[0] != '}' {
		line = append(line, ',')
	}
	return append(visible(append(line, body...)), '\n')
}

// visible escapes what JSON lets through as it is, but a terminal or a reader
// could mistake: other controls, and what reorders or hides text.
func visible(line []byte) []byte {
	out := make([]byte, 0, len(line))
	for len(line) > 0 {
		r, n := utf8.DecodeRune(line)
		switch {
		case r < 0x7f || safetext.Again(string(r)) == string(r):
			out = append(out, line[:n]...)
		case r > 0xffff:
			r -= 0x10000
			out = fmt.Appendf(out, `\u%04x\u%04x`, 0xd800+r>>10, 0xdc00+r&0x3ff)
		default:
			out = fmt.Appendf(out, `\u%04x`, r)
		}
		line = line[n:]
	}
	return out
}
