package main

import (
	"fmt"
	"strings"
	"time"

	"sesame/client"
	"sesame/internal/safetext"
	"sesame/transfer"
	"sesame/tree/manifest"
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
	Command string   `json:"command"`            // what to run there
	Others  []string `json:"commands,omitempty"` // what to run where that finds nobody

	what string // is sent
}

func (codeMade) name() string { return "code" }
func (e codeMade) words() string {
	var b strings.Builder
	fmt.Fprintf(&b, "Sending %s\nOn the other computer, run:\n    %s\n", e.what, e.Command)
	if len(e.Others) > 0 {
		b.WriteString("If it doesn't find this one:\n")
	}
	for _, command := range e.Others {
		fmt.Fprintf(&b, "    %s\n", command)
	}
	return b.String()
}

// waitingFor is a wait that may take as long as a person does.
type waitingFor struct {
	For   string      `json:"for"`
	Cause client.Code `json:"cause"`
}

// wait is the event of a wait.
func wait(code client.Code, args ...any) waitingFor {
	text, _ := say(code, args)
	return waitingFor{text, code}
}

func (waitingFor) name() string    { return "waiting" }
func (w waitingFor) words() string { return "Waiting for " + w.For + "\n" }

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

// pathIs describes a path.
type pathIs struct {
	Path string   `json:"path"`
	Kind string   `json:"kind"`
	RTT  *float64 `json:"rtt_ms"` // null while it isn't known
}

func describePath(c client.Connected) pathIs {
	p := c.Path
	e := pathIs{Path: p.Words(), Kind: p.Kind.String()}
	if p.RTT > 0 {
		ms := float64(p.RTT.Round(time.Microsecond)) / float64(time.Millisecond)
		e.RTT = &ms
	}
	return e
}

// connected is the first path, another one, or any after none was left.
type connected struct {
	pathIs
	protection

	path string // with its round-trip time
}

// protection is what a session is protected by.
type protection struct {
	Protocol    string `json:"protocol"` // native or classic
	PostQuantum bool   `json:"post_quantum"`
}

// protectionOf says what protects a session.
func protectionOf(c client.Connected) protection {
	if c.Native {
		return protection{"native", true}
	}
	return protection{"classic", false}
}

func (p protection) String() string {
	if p.PostQuantum {
		return p.Protocol + ", post-quantum"
	}
	return p.Protocol
}

func (connected) name() string { return "connected" }
func (c connected) words() string {
	return fmt.Sprintf("Connected: %s; %s\n", c.path, c.protection)
}

// remeasured is the same path with another round-trip time.
type remeasured struct{ pathIs }

func (remeasured) name() string  { return "path" }
func (remeasured) words() string { return "" }

// lost is when no path is left.
type lost struct{}

func (lost) name() string { return "lost" }
func (lost) words() string {
	return "The connection is lost. Looking for another way; nothing that arrived has to be sent again.\n"
}

// offered is what is about to cross: the sender's once it has been listed, the
// receiver's before it is asked about.
type offered struct {
	Kind  string   `json:"kind"` // text, file, directory or several
	Names []string `json:"names"`
	Size  *int64   `json:"size"`  // bytes; null for a stream
	Files *int     `json:"files"` // null if it isn't known
	// The following may deserve a look. A classic peer doesn't tell.
	Hidden   int `json:"hidden"`
	Programs int `json:"programs"`
	Autorun  int `json:"autorun"`
}

// maxNames bounds how many names an offer lists.
const maxNames = 1000

func describeOffer(o *transfer.Offer) offered {
	e := offered{Kind: o.Kind.String(), Names: []string{}, Size: known(o.Size)}
	if o.Kind != transfer.Text {
		e.Files = &o.Files
	}
	for i, top := range o.Tops() {
		if i == maxNames {
			break
		}
		e.Names = append(e.Names, top.Name)
	}
	if o.Manifest != nil {
		e.describe(o.Manifest)
	}
	return e
}

// describe adds what a listing tells.
func (e *offered) describe(m *manifest.Manifest) {
	s := m.Summary()
	e.Size, e.Files = known(m.Total()), &s.Files
	e.Hidden, e.Programs, e.Autorun = s.Hidden.Count, s.Programs.Count, s.Autorun.Count
}

// known returns n unless it stands for what isn't known yet.
func known(n int64) *int64 {
	if n < 0 {
		return nil
	}
	return &n
}

func (offered) name() string  { return "offer" }
func (offered) words() string { return "" } // see receiveOptions.show

// progress is how far a transfer is.
type progress struct {
	Done  int64  `json:"done"`
	Total *int64 `json:"total"` // null while a stream hasn't ended
	Rate  int64  `json:"rate"`  // bytes a second; 0 while nothing can be said
}

func (progress) name() string  { return "progress" }
func (progress) words() string { return "" } // see meter.line

// leftOutIs is something that the sender leaves out.
type leftOutIs struct {
	Path    string `json:"path"`
	Reason  string `json:"reason"`
	Missing bool   `json:"missing"` // it should have been sent
}

func (leftOutIs) name() string  { return "left_out" }
func (leftOutIs) words() string { return "" } // see leftOut

func leftOutEvents(all []manifest.Skipped) (out []event) {
	for _, s := range all {
		out = append(out, leftOutIs{s.Path, s.Reason, s.Missing})
	}
	return out
}

// failedIs is something that was offered and did not arrive.
type failedIs struct {
	Path   string `json:"path"`
	Reason string `json:"reason"`
}

func (failedIs) name() string  { return "failed" }
func (failedIs) words() string { return "" } // see tell

func failedEvents(all []transfer.Failure) (out []event) {
	for _, f := range all {
		out = append(out, failedIs{f.Path, f.Reason})
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
	Kept    int    `json:"kept"` // files that were there and stayed as they were
	Whole   bool   `json:"whole"`
	Same    bool   `json:"same,omitempty"`   // it was there already, just so
	Beside  int    `json:"beside,omitempty"` // files that got another name, because something else has theirs

	first string // of Beside
}

func describePlaced(p client.Received) received {
	r := received{
		Offered: p.Name, Name: p.Final, Kept: len(p.Skipped), Whole: !p.There && (len(p.Skipped) == 0 || p.Skipped[0] != ""),
		Same: p.There, Beside: len(p.Beside),
	}
	if r.Beside > 0 {
		r.first = p.Beside[0]
	}
	return r
}

func (received) name() string { return "received" }
func (r received) words() string {
	name := safetext.Line(r.Name, 200)
	switch {
	case r.Same:
		return fmt.Sprintf("%s is there already, and is the same\n", name)
	case r.Beside > 0:
		return fmt.Sprintf("Received %s; what is there and differs has stayed, and the new beside it is called %s%s\n",
			name, safetext.Line(r.first, 200), andMore(r.Beside-1))
	case r.Kept == 0:
		return fmt.Sprintf("Received %s\n", name)
	case !r.Whole:
		return fmt.Sprintf("Left %s as it was\n", name)
	}
	return fmt.Sprintf("Received %s, and left what was there already as it was (%d)\n", name, r.Kept)
}

func andMore(n int) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprintf(" (and %d more)", n)
}

// textIs is a text that was received. People get it on standard output.
type textIs struct {
	Text string `json:"text"`
}

func (textIs) name() string  { return "text" }
func (textIs) words() string { return "" }

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
func (failure) words() string { return "" } // see terminal.failure

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
