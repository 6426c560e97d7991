//go:build linux

package endtoend

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
)

// A shipment is something that one program sends and another receives.
type shipment struct {
	name    string
	flags   []string // of both sides
	send    []string // what is sent, as sender's arguments
	receive []string // receiver's flags
	input   string   // the sender's standard input
	output  string   // what is on the receiver's standard output
	files   []string // what is at the receiver, and the same as at the sender
}

var shipments = []shipment{
	{name: "file", send: []string{"big"}, files: []string{"big"}},
	{name: "file by relay", flags: []string{"--relay-only"}, send: []string{"big"}, files: []string{"big"}},
	{name: "file, classic", flags: []string{"--classic"}, send: []string{"big"}, files: []string{"big"}},
	{name: "folder", send: []string{"tree"}, files: []string{"tree"}},
	{name: "several", send: []string{"big", "tree", "note"}, files: []string{"big", "tree", "note"}},
	{name: "text", send: []string{"--text", "grüße"}, output: "grüße\n"},
	{name: "stream", send: []string{"-"}, receive: []string{"-o", "-"}, input: "to be continued\n", output: "to be continued\n"},
}

// ship sends s and compares.
func (w *world) ship(s shipment) {
	w.t.Helper()
	from := w.sending("", append(slices.Clone(s.flags), s.send...)...)
	to := w.receiving("", append(slices.Clone(s.flags), s.receive...)...)
	from.in = given(w.t, s.input)
	into, err := os.MkdirTemp(w.in, "received")
	if err != nil {
		w.t.Fatal(err)
	}
	if err := os.Chown(into, w.user, w.user); err != nil {
		w.t.Fatal(err)
	}
	to.dir = into
	a, b := w.meet(from, to)
	w.t.Logf("%s:", s.name)
	w.finish(a, b, 0, 0)
	if got := b.Out.String(); got != s.output {
		w.t.Errorf("the receiver's standard output is %q, want %q", got, s.output)
	}
	for _, name := range s.files {
		diff := exec.Command("diff", "--recursive", "--no-dereference", filepath.Join(w.out, name), filepath.Join(into, name))
		if out, err := diff.CombinedOutput(); err != nil {
			w.t.Errorf("diff: %v: %.1000s", err, out)
		}
	}
	if got := list(w.t, into); len(got) != len(s.files) {
		w.t.Errorf("there is %q, want %q", got, s.files)
	}
}

// given returns a file that is read as text, from its beginning; nil for none.
func given(t *testing.T, text string) *os.File {
	t.Helper()
	if text == "" {
		return nil
	}
	path := filepath.Join(t.TempDir(), "input")
	writeText(t, path, text, 0o644)
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}
