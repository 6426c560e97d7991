package events

import (
	"strings"
	"testing"
)

// Fails if the check lets through what the document doesn't have.
func TestCheckRun(t *testing.T) {
	d, err := Read()
	if err != nil {
		t.Fatal(err)
	}
	if len(d.Members) < 20 || len(d.Causes) < 150 {
		t.Fatalf("only %d events and %d causes are read", len(d.Members), len(d.Causes))
	}
	const start, done = `{"event":"start","format":1,"program":"sesame 0.1","command":"send"}` + "\n", `{"event":"done","bytes":1}` + "\n"
	for _, c := range []struct {
		name, text string
		exit       int
		wrong      string // "" for nothing
	}{
		{"a whole run", start + `{"event":"waiting","for":"x","cause":"wait-peer"}` + "\n" + done, 0, ""},
		{"killed in a line", start + `{"event":"pro`, -1, ""},
		{"cut", start + `{"event":"pro`, 0, "no event"},
		{"without a start", done, 0, "line 1"},
		{"two starts", start + start + done, 0, "line 2"},
		{"without an end", start, 0, "last event"},
		{"another exit code", start + `{"event":"error","exit":7,"text":"","hint":"","cause":"no-way"}` + "\n", 6, "exit code"},
		{"a cause of another exit code", start + `{"event":"error","exit":6,"text":"","hint":"","cause":"no-way"}` + "\n", 6, "has this cause in"},
		{"a signal", start + `{"event":"error","exit":130,"text":"","hint":"","cause":"interrupted"}` + "\n", 130, ""},
		{"a failure in a note", start + `{"event":"note","text":"","cause":"server"}` + "\n" + done, 0, ""},
		{"a wait in a note", start + `{"event":"note","text":"","cause":"wait-peer"}` + "\n" + done, 0, "has this cause in"},
		{"a reason", start + `{"event":"left_out","path":"p","reason":"is a socket","missing":false,"cause":"socket"}` + "\n" + done, 0, ""},
		{"an unknown cause", start + `{"event":"note","text":"","cause":"weather"}` + "\n" + done, 0, "no cause"},
		{"an unknown event", start + `{"event":"weather"}` + "\n" + done, 0, "no event"},
		{"an unknown member", start + `{"event":"lost","weather":1}` + "\n" + done, 0, "no member"},
		{"after the end", start + done + `{"event":"lost"}` + "\n", 0, "after"},
		{"another format", strings.Replace(start, "1", "2", 1) + done, 0, "format"},
	} {
		err := d.CheckRun(c.text, c.exit)
		if c.wrong == "" && err != nil || c.wrong != "" && (err == nil || !strings.Contains(err.Error(), c.wrong)) {
			t.Errorf("%s: %v, want one with %q", c.name, err, c.wrong)
		}
	}
}
