package main

import (
	"bytes"
	"os"
	"testing"
)

// Fails if status that comes while a question is open hides the question, or if
// progress does.
func TestStatusUnderAQuestion(t *testing.T) {
	for _, c := range []struct {
		name string
		live bool
		want string
	}{
		{"terminal", true, "File? (Y/n) " + eraseLine + "Connected\nFile? (Y/n) "},
		{"log", false, "File? (Y/n) \nConnected\nFile? (Y/n) "},
	} {
		t.Run(c.name, func(t *testing.T) {
			var shown bytes.Buffer
			ui := newTeller(&screen{w: &shown, live: c.live})
			ui.open("File? (Y/n)")
			ui.show("42%")
			ui.report(note{Text: "Connected"})
			if got := shown.String(); got != c.want {
				t.Errorf("%q\nwant %q", got, c.want)
			}
			ui.shut()
			shown.Reset()
			ui.report(note{Text: "Received"})
			if got := shown.String(); got != "Received\n" {
				t.Errorf("after the answer: %q", got)
			}
		})
	}
}

// Fails if what was received is put behind the status line of a terminal.
func TestContentBelowStatus(t *testing.T) {
	var shown bytes.Buffer
	ui := newTerminal(os.Stdin, &shown, &screen{w: &shown, live: true})
	ui.show("Waiting for the sender")
	shown.Reset()
	if err := printText(ui, "hello"); err != nil {
		t.Fatal(err)
	}
	if got, want := shown.String(), eraseLine+"hello\n"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	shown.Reset()
	ui.report(note{Text: "Received"})
	if got := shown.String(); got != "Received\n" {
		t.Errorf("the status line is erased twice: %q", got)
	}
}

// Fails if the progress line is still there when the shell's prompt comes.
func TestNoProgressLeft(t *testing.T) {
	var shown bytes.Buffer
	ui := newTerminal(os.Stdin, &bytes.Buffer{}, &screen{w: &shown, live: true})
	ui.show("6 bytes")
	if code := run(t.Context(), []string{"--version"}, ui, nil); code != exitOK {
		t.Fatalf("exit code %d", code)
	}
	if got, want := shown.String(), "6 bytes"+eraseLine; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}
