//go:build linux

package skew

import (
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"sesame/internal/test/lab"
)

// What the programs call the protocols.
const (
	native  = "native, post-quantum"
	classic = "classic"
)

// speaks is the protocol of a sender and a receiver, by their ages.
func speaks(from, to age) string {
	return map[string]string{
		"old to old": native,
		"old to new": classic,
		"new to old": classic,
		"new to new": native,
		// Whatever the number is.
		"new to next": classic,
		"next to new": classic,
	}[from.name+" to "+to.name]
}

// A shipment is something that one program sends and another receives.
type shipment struct {
	name   string
	flags  []string // of both sides
	send   []string // what is sent, as the sender's arguments
	output string   // what is on the receiver's standard output
	files  []string // what is at the receiver, in order, and the same as at the sender
	mixed  bool     // only between two ages
}

var shipments = []shipment{
	{name: "file", send: []string{"data.bin"}, files: []string{"data.bin"}},
	{name: "folder", send: []string{"tree"}, files: []string{"tree"}},
	{name: "several", send: []string{"tree", "note.txt", "data.bin"}, files: []string{"data.bin", "note.txt", "tree"}},
	{name: "text", send: []string{"--text", "grüße"}, output: "grüße\n"},
	{name: "file by relay", flags: []string{"--relay-only"}, send: []string{"data.bin"}, files: []string{"data.bin"}, mixed: true},
	{name: "file, classic", flags: []string{"--classic"}, send: []string{"data.bin"}, files: []string{"data.bin"}, mixed: true},
}

// bundle is the folder in which several things come by the classic protocol.
const bundle = "sesame-files"

// Fails if two programs, of whatever ages and at whatever server, don't transfer
// what they can, speak another protocol than they should, or if what is lost
// between two ages isn't said, or is said where nothing is lost.
func TestEveryPair(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ages := []age{before, today}
	for _, at := range []server{startServer(t, before), startServer(t, today), startPython(t)} {
		for _, from := range ages {
			for _, to := range ages {
				for _, s := range shipments {
					if s.mixed && from == to {
						continue
					}
					t.Run(fmt.Sprintf("%s/%s to %s/%s", at.name, from, to, s.name), func(t *testing.T) {
						t.Parallel()
						w.ship(t, at, from, to, s)
					})
				}
			}
		}
	}
}

// Fails if two ages of which neither is in use yet don't do alike: each says what the
// other one's costs.
func TestNextVersion(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	at := startServer(t, today)
	for _, pair := range [][2]age{{today, next}, {next, today}} {
		for _, s := range shipments {
			t.Run(fmt.Sprintf("%s to %s/%s", pair[0], pair[1], s.name), func(t *testing.T) {
				t.Parallel()
				w.ship(t, at, pair[0], pair[1], s)
			})
		}
	}
}

// Fails if two ages on one network need a server. All hosts hear each other, and two
// senders could choose one number on a busy machine, so they come one after the other.
func TestWithoutServer(t *testing.T) {
	w := newWorld(t)
	for _, pair := range [][2]age{{before, today}, {today, before}} {
		t.Run(fmt.Sprintf("%s to %s", pair[0], pair[1]), func(t *testing.T) {
			into := w.folder(t)
			a, b := w.start(t, pairing{server{}, side{program: pair[0], args: []string{"--local", "data.bin"}}, side{program: pair[1], in: into}})
			finish(t, a, b, 0, 0)
			w.equal(t, into, []string{"data.bin"})
		})
	}
}

// Fails if two ages show people different numbers to compare.
func TestVerifiers(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	at := startServer(t, today)
	for _, pair := range [][2]age{{before, today}, {today, before}} {
		into := w.folder(t)
		a, b := w.start(t, pairing{at,
			side{program: pair[0], args: []string{"--verify", "data.bin"}, input: "y\n"},
			side{program: pair[1], args: []string{"--verify"}, input: "y\n", in: into}})
		finish(t, a, b, 0, 0)
		w.equal(t, into, []string{"data.bin"})
		digits := regexp.MustCompile(`(?m)^Verifier:\n.*\n.*$`)
		if here, there := digits.FindString(a.Err.String()), digits.FindString(b.Err.String()); here == "" || here != there {
			t.Errorf("%s to %s: %q and %q", pair[0], pair[1], here, there)
		}
	}
}

// Fails if one age finds something wrong with a server of another that is well.
func TestDoctor(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, pair := range [][2]age{{before, today}, {today, before}} {
		at := startServer(t, pair[1])
		p := w.run(t, w.sender, side{program: pair[0]}, w.dir, []string{"doctor", at.flags[1]})
		if code := p.Exit(t, patience); code != 0 || !strings.Contains(p.Err.String(), "The server does what it announces.") {
			t.Errorf("%v, of a server that is %s: %d", p, pair[1], code)
		}
	}
}

// ship sends s from one program to another and compares.
func (w *world) ship(t *testing.T, at server, from, to age, s shipment) {
	into := w.folder(t)
	a, b := w.start(t, pairing{at,
		side{program: from, args: append(s.flags[:len(s.flags):len(s.flags)], s.send...)},
		side{program: to, args: s.flags, in: into}})
	finish(t, a, b, 0, 0)
	if got := b.Out.String(); got != s.output {
		t.Errorf("the receiver's standard output is %q, want %q", got, s.output)
	}
	protocol := speaks(from, to)
	if strings.HasSuffix(s.name, classic) {
		protocol = classic
	}
	if protocol == classic && len(s.files) > 1 {
		if got := list(t, into); len(got) != 1 || got[0] != bundle {
			t.Fatalf("there is %q, want %s", got, bundle)
		}
		into = filepath.Join(into, bundle)
	}
	w.equal(t, into, s.files)
	for _, end := range []struct {
		program, other age
		*lab.Process
	}{{from, to, a}, {to, from, b}} {
		if s.output == "" || from == today && to == today { // elsewhere a text takes no path
			said(t, end.Process, `(?m)^Connected: .*; `+regexp.QuoteMeta(protocol)+`$`)
		}
		if got, want := notes(end.Process), s.notes(end.program, end.other, speaks(from, to)); !slices.Equal(got, want) {
			t.Errorf("%s said %q, want %q", first(end.Process), got, want)
		}
	}
}

// notes returns the lines in which p says that the other program is of another age.
func notes(p *lab.Process) []string {
	return regexp.MustCompile(`(?m)^.*\b(older|newer) sesame.*$`).FindAllString(p.Err.String(), -1)
}

// notes returns those that a program of one age has to say when s crosses.
func (s *shipment) notes(of, than age, protocol string) []string {
	if of == before || protocol == native || slices.Contains(s.flags, "--classic") {
		return nil
	}
	other := "an older"
	if than == next {
		other = "a newer"
	}
	costs := "the key isn't post-quantum"
	switch {
	case len(s.files) > 1:
		costs += ", what is interrupted starts again from the beginning, and all of it comes in one folder, " + bundle
	case len(s.files) > 0:
		costs += ", and what is interrupted starts again from the beginning"
	}
	return []string{"The other computer has " + other + " sesame than this one: " + costs + "."}
}
