package main

import (
	"context"
	"log/slog"
	"math"
	"runtime"
	"strings"

	"sesame/client"
)

// A teller tells what happens: people in words on a screen, or programs as events.
type teller struct {
	*screen
	events *journal     // for programs, instead of words for people; nil if there is none
	log    *slog.Logger // silent unless somebody wants it
}

func newTeller(s *screen) *teller {
	return &teller{screen: s, log: slog.New(slog.DiscardHandler)}
}

// program has programs told what people would be.
func (t *teller) program(j *journal) {
	t.events = j
	t.darken()
}

// report tells of an event, people or programs.
func (t *teller) report(e event) {
	words := t.rows
	if _, copied := e.(codeMade); copied { // what people take from the screen stays whole
		words = t.rowsAround
	}
	t.tell(words(e.words()), e)
}

// reportAll tells people one thing, and programs of events.
func (t *teller) reportAll(words string, events ...event) { t.tell(t.rows(words), events...) }

func (t *teller) tell(words string, events ...event) {
	if t.events == nil {
		t.write(words)
		return
	}
	for _, e := range events {
		t.events.add(e)
	}
}

// note tells one line of status that is no event of its own.
func (t *teller) note(code client.Code, args ...any) {
	text, _ := say(code, args)
	t.report(note{text, code})
}

// placed tells where something is now. What people take from the screen stays whole,
// however a terminal breaks it.
func (t *teller) placed(r received) {
	words := r.words()
	if room := t.width() - 1; t.live && columns(words) > room && runtime.GOOS != "windows" {
		before, after := r.around()
		words = t.rows(before+"\n") + posixRows(r.short, room) + "\n" + t.rows(after+"\n")
		words = strings.TrimPrefix(strings.TrimRight(words, "\n")+"\n", "\n")
	}
	t.tell(words, r)
}

// stopping tells that an interruption was heard, where its end takes longer.
func (t *teller) stopping() {
	t.clearEcho()
	t.note(client.NoteStopping)
}

// failure tells what went wrong and what to do next.
func (t *teller) failure(f failure) {
	t.tell(failureText(f, t.fold), f)
}

// failureText is what people read of a failure.
func failureText(f failure, fold func(text, indent string) string) string {
	const name = "sesame: "
	indent := strings.Repeat(" ", len(name))
	text := name + fold(f.Text, indent) + "\n"
	if f.Hint != "" {
		text += indent + fold(f.Hint, indent) + "\n"
	}
	return text
}

// maxShown is how many things a person gets named one by one.
const maxShown = 10

// most is how many lines a list may have: few on a terminal, all in a file and
// with --verbose.
func (t *teller) most() int {
	if !t.log.Enabled(context.Background(), slog.LevelError) && t.onTerminal() {
		return maxShown
	}
	return math.MaxInt
}
