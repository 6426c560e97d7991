//go:build linux

package endtoend

import (
	"path/filepath"
	"regexp"
	"slices"
	"syscall"
	"testing"

	"sesame/internal/test/lab"
)

// Fails if what a program reads of transfers that go well, in part or not at all isn't
// as doc/json.md says. The comparison itself is that of lab.Start, which makes it for
// every process of every test that says something with --json.
func TestEvents(t *testing.T) {
	t.Parallel()
	const user = 4242 // not root, who can read everything
	w := newWorld(t)
	plant(t, filepath.Join(w.out, "tree"), 20)
	write(t, filepath.Join(w.out, "big"), 8<<20)
	writeText(t, filepath.Join(w.out, "note"), "a note", 0o644)
	part := filepath.Join(w.out, "part")
	plant(t, part, 3)
	for _, something := range []error{
		syscall.Symlink("/etc/passwd", filepath.Join(part, "away")),
		syscall.Mkfifo(filepath.Join(part, "pipe"), 0o644),
		syscall.Chmod(filepath.Join(w.out, "note"), 0o600),
	} {
		if something != nil {
			t.Fatal(something)
		}
	}
	writeText(t, filepath.Join(part, "locked"), "nobody reads it", 0)
	give(t, w.out, user)
	give(t, w.in, user)
	w.user = user

	seen := map[string]bool{}
	note := func(processes ...*lab.Process) {
		for _, p := range processes {
			for _, m := range regexp.MustCompile(`(?m)^\{"event":"([a-z_]+)".*?(?:"cause":"([a-z-]+)".*)?$`).FindAllStringSubmatch(p.Out.String(), -1) {
				seen[m[1]], seen[m[2]] = true, true
			}
		}
	}
	run := func(name string, sender, receiver int, send, receive []string, input string) {
		t.Logf("%s:", name)
		from := w.sending("", append([]string{"--json"}, send...)...)
		to := w.receiving("", append([]string{"--json"}, receive...)...)
		if input != "" {
			to.args = slices.DeleteFunc(to.args, func(arg string) bool { return arg == "--yes" })
			to.in = given(t, input)
		}
		a, b := w.meet(from, to)
		w.finish(a, b, sender, receiver)
		note(a, b)
	}
	for inPart, protocol := range map[int][]string{10: nil, 0: {"--classic"}} { // only a sesame tells what is missing
		both := func(args ...string) []string { return append(slices.Clone(protocol), args...) }
		run("a file", 0, 0, both("big"), both("-v"), "")
		run("again", 4, 4, both("big"), both("--on-conflict", "skip"), "")
		run("a folder", 0, 0, both("tree"), both(), "y\nr\n")
		run("a text", 0, 0, both("--text", "grüße"), both(), "")
		run("declined", 4, 4, both("note"), both(), "n\n")
		run("a name that is taken", 0, 0, both("big"), both(), "y\nr\n")
		run("in part", 10, inPart, both("part"), both(), "")
	}
	run("a stream", 0, 0, []string{"big"}, []string{"-o", "copy"}, "")
	run("only relays", 7, 7, []string{"--relay-only", "note"}, []string{"--direct-only"}, "")

	alone := w.start(w.sending("nocode", "--json", "note"))
	nobody := w.start(side{host: w.receiver, dir: w.in, user: user, args: []string{"receive", "--json", "--server", "ws://127.0.0.1:1/v1", "7-galveston-goldfish"}})
	doctor := w.start(side{host: w.receiver, dir: w.in, user: user, args: []string{"doctor", "--json", "--server", w.url}})
	stopped := w.start(w.sending(newCode(), "--json", "note"))
	stopped.Await(t, patience, `"cause":"wait-peer"`)
	stopped.Signal(syscall.SIGINT)
	for p, want := range map[*lab.Process]int{alone: 2, nobody: 7, stopped: 130} {
		if got := p.Exit(t, patience); got != want {
			t.Errorf("%s: the exit code is %d, want %d", p, got, want)
		}
	}
	doctor.Exit(t, patience)
	note(alone, nobody, doctor, stopped)

	for _, want := range []string{
		"start", "code", "waiting", "question", "connected", "offer", "left_out", "progress", "text", "received", "log", "finding", "diagnosis", "done", "error",
		"wait-peer", "wait-way", "ask-accept", "ask-conflict", "already-there", "peer-has-it", "declined", "peer-declined", "denied", "pipe", "link-absolute", "incomplete", "no-way", "bad-code", "server", "interrupted",
	} {
		if !seen[want] {
			t.Errorf("no run had %s", want)
		}
	}
}
