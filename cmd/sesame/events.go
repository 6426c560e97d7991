package main

import (
	"fmt"
	"strings"

	"sesame/client"
)

// An event is something that happens and that both people and programs are told
// of: its fields are what programs get (doc/json.md), words what people read.
type event interface {
	// name is what programs know the event by. It stays as it is.
	name() string
	// words is whole lines, or "" for what people don't have to know. What
	// somebody else wrote is safe to print there, and as it came in the fields.
	words() string
}

// started is the first event of every run. Only programs need it.
type started struct {
	Format  int    `json:"format"`
	Program string `json:"program"`
	Command string `json:"command"`
}

// jsonFormat changes when a reader of the former one could go wrong.
const jsonFormat = 1

func (started) name() string  { return "start" }
func (started) words() string { return "" }

// note is a remark that no program has to act on.
type note struct {
	Text  string      `json:"text"`
	Cause client.Code `json:"cause"`
}

func (note) name() string    { return "note" }
func (n note) words() string { return n.Text + "\n" }

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

// done is the last event of a run that did what it should.
type done struct {
	Bytes int64 `json:"bytes"` // of content

	text string
}

func (done) name() string { return "done" }
func (d done) words() string {
	if d.text == "" {
		return ""
	}
	return d.text + "\n"
}

// failure is the last event of any other run.
type failure struct {
	Exit  int         `json:"exit"` // what the shell gets
	Text  string      `json:"text"`
	Hint  string      `json:"hint"`  // what to do next, or ""
	Cause client.Code `json:"cause"` // why: one of client.Codes
}

func (failure) name() string  { return "error" }
func (failure) words() string { return "" } // see teller.failure
