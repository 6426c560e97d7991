package main

import (
	"errors"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"sesame/client"
)

// Fails if a code has no text, a text belongs to no code, names an argument that its
// code doesn't have, or leaves out what has to be said.
func TestEachCodeHasItsWords(t *testing.T) {
	all := wordings()
	for _, e := range client.Codes() {
		w, ok := all[e.Code]
		if !ok || w.text == "" {
			t.Errorf("%s has no text", e.Code)
		}
		delete(all, e.Code)
		said := regexp.MustCompile(`\{(\w+)\}`).FindAllStringSubmatch(w.text+w.hint, -1)
		var named []string
		for _, m := range said {
			named = append(named, m[1])
			if !slices.Contains(e.Args, m[1]) {
				t.Errorf("the text of %s has {%s}, which is none of its arguments", e.Code, m[1])
			}
		}
		for _, a := range e.Args {
			if !slices.Contains(named, a) {
				t.Errorf("the text of %s leaves out its argument %s", e.Code, a)
			}
		}
		if w.one != "" && !slices.Contains(e.Args, "count") {
			t.Errorf("%s has a text for one, and no count", e.Code)
		}
	}
	for code := range all {
		t.Errorf("%s has a text and isn't on the list", code)
	}
}

// Fails if what somebody else wrote comes through as it is, or an argument is
// written in another way than its kind.
func TestArgumentsAreSafe(t *testing.T) {
	for _, c := range []struct {
		code client.Code
		args []any
		want string
	}{
		{client.Incomplete, []any{1}, "one file or folder could not be sent; everything else is there"},
		{client.Incomplete, []any{2}, "2 files or folders could not be sent; everything else is there"},
		{client.Exists, []any{"a\x1b{name}"}, `a\u{1b}{name} exists already`},
		{client.PeerSaysNo, []any{"no\n\x1bway"}, `the other side declined: "no\n\u{1b}way"`},
		{client.ServerRefused, []any{"\u202e"}, `the mailbox server refused: \u{202e}`},
		{client.Disk, []any{errors.New("\x1b")}, `\u{1b}`},
		{client.NoSender, []any{time.Minute}, "no sender of this code answered within 1:00 min"},
		{client.NoteNotWanted, []any{3, int64(2000)}, "Not sent, because the other side leaves what it has: 3 files (2.0 kB)"},
	} {
		if text, _ := say(c.code, c.args); text != c.want {
			t.Errorf("%s: %q, want %q", c.code, text, c.want)
		}
	}
}

// Fails if doc/json.md doesn't say of each code in which event it is, and what the
// shell gets then.
func TestCausesAreDocumented(t *testing.T) {
	doc, err := os.ReadFile("../../doc/json.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(doc), "\n## 4. Causes\n")
	var got []string
	for line := range strings.Lines(rest) {
		if strings.HasPrefix(line, "| `") {
			cells := strings.SplitN(line, "|", 4)
			got = append(got, strings.TrimSpace(cells[1])+" "+strings.TrimSpace(cells[2]))
		}
	}
	var want []string
	for _, e := range client.Codes() {
		want = append(want, fmt.Sprintf("`%s` %s", e.Code, eventOf(e.Class)))
	}
	for _, w := range want {
		if !slices.Contains(got, w) {
			t.Errorf("doc/json.md lacks a row %s", w)
		}
	}
	if len(got) != len(want) {
		t.Errorf("doc/json.md has %d rows for %d codes", len(got), len(want))
	}
}

// eventOf says where a class is told.
func eventOf(c client.Class) string {
	switch c {
	case client.ClassNote:
		return "`" + note{}.name() + "`"
	case client.ClassWait:
		return "`" + waitingFor{}.name() + "`"
	case client.ClassQuestion:
		return "`" + question{}.name() + "`"
	case client.ClassInterrupted:
		return "`exit` 128 and more"
	}
	return fmt.Sprintf("`exit` %d", exitOf(&client.Failure{Class: c}))
}
