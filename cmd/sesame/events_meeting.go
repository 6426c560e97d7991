package main

import (
	"fmt"
	"strings"
	"time"

	"sesame/client"
)

// serverSays is a line of the operator's message.
type serverSays struct {
	Text string `json:"text"`
}

func (serverSays) name() string    { return "server_says" }
func (e serverSays) words() string { return "The server says: " + e.Text + "\n" }

// codeMade is the code that the other side needs.
type codeMade struct {
	Code    string   `json:"code"`
	Local   bool     `json:"local"`
	Again   bool     `json:"again,omitempty"`    // instead of one that is dead
	Command string   `json:"command"`            // what to run there
	Others  []string `json:"commands,omitempty"` // what to run where that finds nobody

	what string // is sent
}

func (codeMade) name() string { return "code" }
func (e codeMade) words() string {
	var b strings.Builder
	if e.Again {
		fmt.Fprintf(&b, "\n    %s\n\n", e.Code)
	} else {
		fmt.Fprintf(&b, "Sending %s\nOn the other computer, run:\n    %s\n", e.what, e.Command)
	}
	if len(e.Others) > 0 {
		b.WriteString("If it doesn't find this one:\n")
	}
	for _, command := range e.Others {
		fmt.Fprintf(&b, "    %s\n", command)
	}
	return b.String()
}

// codeDead is a code that somebody tried to guess, or mistyped. A new one follows.
type codeDead struct {
	Code string `json:"code"`
	Left int    `json:"left"` // how often that may happen again
}

func (codeDead) name() string { return "code_dead" }
func (codeDead) words() string {
	return "Somebody typed a wrong code, by mistake or to guess it. Nothing was sent.\nThat code is worthless now. Tell the other person the new one:\n"
}

// waitingFor is a wait that may take as long as a person does.
type waitingFor struct {
	For   string      `json:"for"`
	Known string      `json:"known"` // what is known meanwhile, or ""
	Since string      `json:"since"` // as RFC 3339 has it, in UTC
	Cause client.Code `json:"cause"`

	since time.Time
}

// wait is the event of a wait.
func wait(w client.Waiting) waitingFor {
	text, known := say(w.For, w.Args)
	return waitingFor{text, known, w.Since.UTC().Format("2006-01-02T15:04:05.000Z"), w.For, w.Since}
}

func (waitingFor) name() string  { return "waiting" }
func (waitingFor) words() string { return "" } // see waitingRoom

// line is what people read of it now.
func (w waitingFor) line(now time.Time) string {
	line := "Waiting for " + w.For
	if long := now.Sub(w.since); long >= time.Second {
		line += ", " + duration(long)
	}
	if w.Known != "" {
		line += ": " + w.Known
	}
	return line
}

// question waits for a line on standard input.
type question struct {
	Text  string      `json:"text"`
	Cause client.Code `json:"cause"`
}

// ask is the event of a question.
func ask(code client.Code, args ...any) question {
	text, _ := say(code, args)
	return question{text, code}
}

func (question) name() string    { return "question" }
func (q question) words() string { return q.Text }

// verifierIs is what two people may compare.
type verifierIs struct {
	Verifier string `json:"verifier"`
}

func (verifierIs) name() string { return "verifier" }
func (v verifierIs) words() string {
	digits := groups(v.Verifier)
	half := len(digits) / 2
	return fmt.Sprintf("Verifier:\n    %s\n    %s\n", digits[:half], digits[half+1:])
}

// groups splits a long run of digits so that it can be read aloud.
func groups(s string) string {
	out := ""
	for i := 0; i < len(s); i += 8 {
		if i > 0 {
			out += " "
		}
		out += s[i:min(i+8, len(s))]
	}
	return out
}
