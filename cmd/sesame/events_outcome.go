package main

import (
	"fmt"

	"sesame/client"
	"sesame/internal/safetext"
	"sesame/tree/manifest"
)

// leftOutIs is something that isn't sent, or that the receiver's disk can't have.
type leftOutIs struct {
	Path    string      `json:"path"`
	Reason  string      `json:"reason"`
	Missing bool        `json:"missing"` // it should have been sent
	Cause   client.Code `json:"cause"`
	There   bool        `json:"there,omitempty"` // the other side can't have it
}

func (leftOutIs) name() string  { return "left_out" }
func (leftOutIs) words() string { return "" } // see leftOut

// renamedIs is something that is written under another name than it was sent under.
type renamedIs struct {
	Path   string      `json:"path"`
	As     string      `json:"as"`
	Reason string      `json:"reason"`
	Cause  client.Code `json:"cause"`
	There  bool        `json:"there"` // at the other side
}

func (renamedIs) name() string  { return "renamed" }
func (renamedIs) words() string { return "" } // see names

func nameEvents(renamed []manifest.Renaming, left []manifest.Left, there bool) (out []event) {
	for _, r := range renamed {
		text, code := whyOf(r.Why)
		out = append(out, renamedIs{r.Path, r.As, text, code, there})
	}
	for _, l := range left {
		text, code := whyOf(l.Why)
		out = append(out, leftOutIs{Path: l.Path, Reason: text, Missing: true, Cause: code, There: there})
	}
	return out
}

// whyOf is a reason in words and for programs.
func whyOf(why manifest.Reason) (string, client.Code) {
	f := client.Explain(why)
	text, _ := say(f.Code, f.Args)
	return text, f.Code
}

func leftOutEvents(all []manifest.Skipped) (out []event) {
	for _, s := range all {
		text, code := whyOf(s.Why)
		out = append(out, leftOutIs{Path: s.Path, Reason: text, Missing: s.Missing, Cause: code})
	}
	return out
}

// failedIs is something that was offered and did not arrive.
type failedIs struct {
	Path   string      `json:"path"`
	Reason string      `json:"reason"`
	Cause  client.Code `json:"cause"`
	There  bool        `json:"there"` // the other side failed, and says why
}

func (failedIs) name() string  { return "failed" }
func (failedIs) words() string { return "" } // see tell

func (o outcome) failedEvents() (out []event) {
	for _, f := range o.Failed {
		out = append(out, failedIs{f.Path, o.reason(f), client.Explain(f.Why).Code, f.There})
	}
	return out
}

// grown is a file that has more in it by now than what was offered and sent.
type grown struct {
	Path string `json:"path"`
}

func (grown) name() string  { return "grown" }
func (grown) words() string { return "" } // see front.finished

func grownEvents(paths []string) (out []event) {
	for _, path := range paths {
		out = append(out, grown{path})
	}
	return out
}

// resumed is what an earlier try had brought.
type resumed struct {
	Bytes int64 `json:"bytes"`
}

func (resumed) name() string { return "resumed" }
func (r resumed) words() string {
	return size(r.Bytes) + " were there from an earlier try and did not have to cross again\n"
}

// received is something that has its name now.
type received struct {
	Offered string `json:"offered"` // the name it was offered under
	Name    string `json:"name"`
	Path    string `json:"path"` // from the root of the file system
	Kept    int    `json:"kept"` // files that were there and stayed as they were
	Whole   bool   `json:"whole"`
	Same    bool   `json:"same,omitempty"`   // it was there already, just so
	Beside  int    `json:"beside,omitempty"` // files that got another name, because something else has theirs

	first string // of Beside
	short string // path that leads there from the current folder
}

func describePlaced(p client.Received, into *destination) received {
	r := received{
		Offered: p.Name, Name: p.Final, Path: into.path(p.Final), short: into.fromHere(p.Final), Kept: len(p.Skipped), Whole: !p.There && (len(p.Skipped) == 0 || p.Skipped[0] != ""),
		Same: p.There, Beside: len(p.Beside),
	}
	if r.Beside > 0 {
		r.first = p.Beside[0]
	}
	return r
}

func (received) name() string { return "received" }
func (r received) words() string {
	before, after := r.around()
	return before + shellWord(r.short) + after + "\n"
}

// around is what stands before and behind where it is.
func (r received) around() (before, after string) {
	switch {
	case r.Same:
		return "", " is there already, and is the same"
	case r.Beside > 0:
		return "Received ", fmt.Sprintf("; what is there and differs has stayed, and the new beside it is called %s%s",
			safetext.Line(r.first, 200), andMore(r.Beside-1))
	case r.Kept == 0:
		return "Received ", ""
	case !r.Whole:
		return "Left ", " as it was"
	}
	return "Received ", fmt.Sprintf(", and left what was there already as it was (%d)", r.Kept)
}

func andMore(n int) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprintf(" (and %d more)", n)
}
