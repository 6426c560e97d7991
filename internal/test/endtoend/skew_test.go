//go:build linux

package endtoend

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"sesame/internal/test/lab"
)

// earlier is the commit whose programs are in use: these must go on to work with
// them.
const earlier = "79563d6364086e233fb122f3a37389edb2146a27"

// buildEarlier builds the programs of a commit from this repository's history.
func buildEarlier(t *testing.T, commit string) programs {
	t.Helper()
	work := t.TempDir()
	source := filepath.Join(work, "source")
	if err := os.Mkdir(source, 0o755); err != nil {
		t.Fatal(err)
	}
	// Whoever owns the repository, its history is only read.
	git := func(args ...string) *exec.Cmd {
		return exec.Command("git", append([]string{"-c", "safe.directory=*"}, args...)...)
	}
	top, err := git("rev-parse", "--show-toplevel").Output()
	if err != nil {
		t.Fatalf("this test builds a commit of this repository, which needs git and its history: %v", err)
	}
	archive := filepath.Join(work, "source.tar")
	out, err := git("-C", strings.TrimSpace(string(top)), "archive", "--output", archive, commit).CombinedOutput()
	if err != nil {
		t.Fatalf("this clone has no commit %.7s, which it is tested with: fetch the whole history (git fetch --unshallow). %v: %s", commit, err, out)
	}
	if out, err := exec.Command("tar", "-x", "-f", archive, "-C", source).CombinedOutput(); err != nil {
		t.Fatalf("tar: %v: %s", err, out)
	}
	// The programs run as other users, too, who may not enter t's directory.
	dir, err := os.MkdirTemp("", "earlier")
	if err == nil {
		t.Cleanup(func() { os.RemoveAll(dir) })
		err = os.Chmod(dir, 0o755)
	}
	if err != nil {
		t.Fatal(err)
	}
	build := exec.Command("go", "build", "-o", dir, "./cmd/sesame", "./cmd/sesame-relay")
	build.Dir = source
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v: %v: %s", build, err, out)
	}
	return programs{filepath.Join(dir, "sesame"), filepath.Join(dir, "sesame-relay")}
}

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

// Fails if a sender and a receiver, one of which is older, can't do together what
// two of one age can, over a relay of either; or if a transfer that older ones
// have begun isn't ended with a newer one on one side.
func TestEarlierProgram(t *testing.T) {
	t.Parallel()
	old, now := buildEarlier(t, earlier), checked
	for _, relay := range []struct {
		age      string
		programs programs
	}{{"old", old}, {"new", now}} {
		for _, pair := range []struct{ name, sender, receiver string }{
			{"old to new", old.sesame, now.sesame},
			{"new to old", now.sesame, old.sesame},
		} {
			t.Run(fmt.Sprintf("%s relay, %s", relay.age, pair.name), func(t *testing.T) {
				t.Parallel()
				w := worldOf(t, relay.programs)
				write(t, filepath.Join(w.out, "big"), 3<<20)
				writeText(t, filepath.Join(w.out, "note"), "hello", 0o644)
				plant(t, filepath.Join(w.out, "tree"), 300)
				for _, s := range shipments {
					w.ship(s, pair.sender, pair.receiver)
				}
			})
		}
	}
	for _, pair := range []struct{ name, sender, receiver string }{
		{"sender is newer the second time", now.sesame, old.sesame},
		{"receiver is newer the second time", old.sesame, now.sesame},
	} {
		t.Run(pair.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			write(t, filepath.Join(w.out, "big"), 24<<20)
			start := func(sender, receiver string, flags ...string) (a, b *lab.Process) {
				code := newCode()
				from, to := w.sending(code, append(flags, "big")...), w.receiving(code)
				from.program, to.program = sender, receiver
				return w.start(from), w.start(to)
			}
			a, b := start(old.sesame, old.sesame, "--limit", "8M")
			until(t, patience, "something arrives", func() bool { return staged(w.in) > 4<<20 || over(a) || over(b) })
			b.Kill()
			a.Kill()
			a, b = start(pair.sender, pair.receiver)
			w.finish(a, b, 0, 0)
			same(t, filepath.Join(w.in, "big"), filepath.Join(w.out, "big"))
			if pair.receiver != now.sesame {
				return
			}
			// Nothing proves whose that is.
			said(t, b, `(?m)^Note: \.big\.\S+\.sesame stays as it is: an older sesame left it`)
			if names := list(t, w.in); len(names) != 2 || !strings.HasPrefix(names[0], ".big.") {
				t.Errorf("there is %q, want what the older receiver left, and the file", names)
			}
		})
	}
}

// Fails if an older program and a new one can't tell each other why nothing
// crosses: each ends with what it can know, and shows what was only said in words.
func TestEarlierProgramRefuses(t *testing.T) {
	t.Parallel()
	old, now := buildEarlier(t, earlier), checked
	for _, pair := range []struct {
		name, sender, receiver string
		full                   int // the sender's exit code where the receiver has no room
		says                   string
	}{
		{"old to new", old.sesame, now.sesame, 6, `the other computer's disk has not enough room`},
		{"new to old", now.sesame, old.sesame, 4, `the other side declined: "the receiver's disk has not enough room"`},
		{"new to new", now.sesame, now.sesame, 6, `the other computer's disk has not enough room`},
	} {
		t.Run(pair.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			write(t, filepath.Join(w.out, "big"), 24<<20)
			start := func(into string, send, receive []string) (a, b *lab.Process) {
				code := newCode()
				from, to := w.sending(code, append(send, "big")...), w.receiving(code, receive...)
				from.program, to.program, to.dir = pair.sender, pair.receiver, into
				return w.start(from), w.start(to)
			}
			a, b := start(lab.Memory(t, "1M"), nil, nil)
			w.finish(a, b, pair.full, 6)
			said(t, a, pair.says)

			writeText(t, filepath.Join(w.in, "big"), "another", 0o644)
			a, b = start(w.in, nil, []string{"--on-conflict", "skip"})
			w.finish(a, b, 4, 4)
			said(t, a, `the other side declined: "?the receiver has something of that name already`) // the older one has no quotation marks
			if err := os.Remove(filepath.Join(w.in, "big")); err != nil {
				t.Fatal(err)
			}

			a, b = start(w.in, []string{"--limit", "4M"}, nil)
			until(t, patience, "something arrives", func() bool { return staged(w.in) > 1<<20 || over(a) || over(b) })
			b.Signal(os.Interrupt)
			w.finish(a, b, 4, 130)
			said(t, a, `the other side cancelled the transfer`)
		})
	}
}

// ship sends s from one program to another and compares.
func (w *world) ship(s shipment, sender, receiver string) {
	w.t.Helper()
	code := newCode()
	from := w.sending(code, append(slices.Clone(s.flags), s.send...)...)
	to := w.receiving(code, append(slices.Clone(s.flags), s.receive...)...)
	from.program, to.program = sender, receiver
	from.in = given(w.t, s.input)
	into, err := os.MkdirTemp(w.in, "received")
	if err != nil {
		w.t.Fatal(err)
	}
	if err := os.Chown(into, w.user, w.user); err != nil {
		w.t.Fatal(err)
	}
	to.dir = into
	a, b := w.start(from), w.start(to)
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
