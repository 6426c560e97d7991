package main

import (
	"bytes"
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
			var screen bytes.Buffer
			ui := &terminal{err: &screen, live: c.live}
			ui.open(question{Text: "File? (Y/n)"})
			ui.show("42%")
			ui.report(note{Text: "Connected"})
			if got := screen.String(); got != c.want {
				t.Errorf("%q\nwant %q", got, c.want)
			}
			ui.shut()
			screen.Reset()
			ui.report(note{Text: "Received"})
			if got := screen.String(); got != "Received\n" {
				t.Errorf("after the answer: %q", got)
			}
		})
	}
}

// Fails if what was received is put behind the status line of a terminal.
func TestContentBelowStatus(t *testing.T) {
	var screen bytes.Buffer
	ui := &terminal{out: &screen, err: &screen, live: true}
	ui.show("Waiting for the sender")
	screen.Reset()
	if err := printText(ui, "hello"); err != nil {
		t.Fatal(err)
	}
	if got, want := screen.String(), eraseLine+"hello\n"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	screen.Reset()
	ui.report(note{Text: "Received"})
	if got := screen.String(); got != "Received\n" {
		t.Errorf("the status line is erased twice: %q", got)
	}
}

// Fails if the progress line is still there when the shell's prompt comes.
func TestNoProgressLeft(t *testing.T) {
	var screen bytes.Buffer
	ui := &terminal{out: &bytes.Buffer{}, err: &screen, live: true}
	ui.show("6 bytes")
	if code := run(t.Context(), []string{"--version"}, ui, nil); code != exitOK {
		t.Fatalf("exit code %d", code)
	}
	if got, want := screen.String(), "6 bytes"+eraseLine; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}
