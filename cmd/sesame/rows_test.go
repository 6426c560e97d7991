package main

import (
	"bytes"
	"strings"
	"testing"

	"sesame/transfer"
)

// claims are lines of this program that somebody else could want to have said.
var claims = []string{"Received holiday.mov", "sesame: wrong code", "Sent.", "Connected: direct"}

// Fails if a row of the screen begins with what somebody else wrote, whatever
// that is padded with: a text, or a reason in a line of this program.
func TestNobodyElseBeginsARow(t *testing.T) {
	ui := &screen{live: true}
	for _, claim := range claims {
		for _, pad := range []string{" ", "x", "x ", "\t", "世", "¡", "é", "e\u0301", "\u2800", "\U000e0041", "\n", "\r"} {
			for n := range 100 {
				text := "a" + strings.Repeat(pad, n) + claim
				for _, row := range screenRows(framed(text, 80), 80) {
					if !strings.HasPrefix(row, "| ") {
						t.Fatalf("%d times %q: a text has a row %q", n, pad, row)
					}
				}
				peer := &transfer.PeerError{Reason: transfer.Reason{Words: text}}
				failed := listed("Failed", []string{"x"}, 5, func(name string) string { return name + ": " + peer.Error() })
				for i, row := range screenRows(ui.rows(failed), 80) {
					if i > 0 && !strings.HasPrefix(row, hang) {
						t.Fatalf("%d times %q: a reason has a row %q", n, pad, row)
					}
				}
			}
		}
	}
}

// screenRows returns what stands in the rows of a screen.
func screenRows(text string, width int) (rows []string) {
	for line := range strings.Lines(text) {
		row, n := "", 0
		for _, r := range strings.TrimSuffix(line, "\n") {
			c := columnsOf(r)
			if n+c > width {
				rows, row, n = append(rows, row), "", 0
			}
			row += string(r)
			n += c
		}
		rows = append(rows, row)
	}
	return rows
}

// Fails if a received text on a terminal isn't framed, or loses anything by that.
func TestFramed(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"hello", "| hello\n"},
		{"one\ntwo\n", "| one\n| two\n"},
		{"one\n\ntwo", "| one\n| \n| two\n"},
		{"a\x1b[2Jb", "| a\\u{1b}[2Jb\n"},
		{"a\rReceived x", "| a\\rReceived x\n"},
		{"", ""},
		{"| x", "| | x\n"},
		{"C:\\dir  two", "| C:\\dir  two\n"},
		{strings.Repeat("0123456789", 8), "| " + strings.Repeat("0123456789", 7) + "0123456\n| 789\n"},
	} {
		if got := framed(c.in, 80); got != c.want {
			t.Errorf("%q is shown as %q, want %q", c.in, got, c.want)
		}
	}
}

// Fails if a line on a terminal is broken within a word that has room, or one in a
// log at all.
func TestFold(t *testing.T) {
	text := strings.Repeat("somebody may be in between ", 6)
	for line := range strings.Lines(fold(text, 40, "")) {
		if words := strings.Fields(line); len(line) > 41 || len(words) == 0 || !strings.Contains(text, strings.Join(words, " ")) {
			t.Errorf("line %q", line)
		}
	}
	var log bytes.Buffer
	newTeller(&screen{w: &log}).failure(failure{Text: text})
	if strings.Count(log.String(), "\n") != 1 {
		t.Errorf("a log has %q", log.String())
	}
}

// Fails if commands that people copy from the screen are broken.
func TestCommandsStayWhole(t *testing.T) {
	var shown bytes.Buffer
	command := "sesame receive 7-crossover-clockwork --server wss://" + strings.Repeat("x", 80) + ".example/v1"
	newTeller(&screen{w: &shown, live: true}).report(codeMade{Command: command, what: "x"})
	if !strings.Contains(shown.String(), "    "+command+"\n") {
		t.Errorf("%q", shown.String())
	}
}
