package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sesame/internal/test/tty"
)

// Fails if somebody is asked before both know what will be called otherwise, if more is
// named on a terminal than fits, if a name acts on a screen, or if what arrives is called
// otherwise than was said.
func TestOtherNamesBeforeTheYes(t *testing.T) {
	d := newDesk(t)
	top := filepath.Join(d.out, "d")
	if err := os.Mkdir(top, 0o755); err != nil {
		t.Fatal(err)
	}
	for i := range 14 {
		d.write(top, fmt.Sprintf("\x1b]0;%02d", i), "x")
	}
	d.write(top, "\u05e9\u200f", "an ordinary name")
	s := d.send("--code", "7-galveston-goldfish", "d")
	r := d.receive("7-galveston-goldfish")
	r.Await("(Y/n)")
	s.Await("Renamed at the receiver: 4 more; --verbose lists all")
	for _, x := range []struct {
		screen *tty.Terminal
		title  string
	}{{r, "Renamed"}, {s, "Renamed at the receiver"}} {
		all := x.screen.All()
		if strings.Count(all, x.title+": d/") != maxShown || !strings.Contains(all, x.title+": 4 more") || strings.Contains(all, `\u{200f} becomes`) {
			t.Errorf("on the screen:\n%s", all)
		}
		if strings.Contains(x.screen.Raw(), "\x1b]") {
			t.Error("a name is obeyed by a terminal")
		}
	}
	if left := d.holdsNothing(); left != "" {
		t.Errorf("before the yes there is %s", left)
	}
	r.Type("y\n")
	ends(t, r, exitOK)
	ends(t, s, exitOK)
	d.holds("d/%1B]0;13", "x")
	d.holds("d/\u05e9\u200f", "an ordinary name")
}

// Fails if a name that comes alone from a classic sender is written as another without a
// word before the yes.
func TestOtherNameOfAClassicSender(t *testing.T) {
	d := newDesk(t, "--classic")
	d.write(d.out, "gpj.\u202eexe", "x")
	s := d.send("--code", "7-galveston-goldfish", "gpj.\u202eexe")
	r := d.receive("7-galveston-goldfish")
	r.Await("(Y/n)")
	s.Await("Renamed: ") // it sends once it is told yes
	r.Type("y\n")
	ends(t, r, exitOK)
	ends(t, s, exitOK)
	d.holds("gpj.%E2%80%AEexe", "x")
}

// holdsNothing returns what is in the receiver's folder that isn't the program's own.
func (d *desk) holdsNothing() string {
	entries, err := os.ReadDir(d.in)
	if err != nil {
		d.t.Fatal(err)
	}
	for _, e := range entries {
		if e.Name() != ".state" {
			return e.Name()
		}
	}
	return ""
}

// renamed returns the lines of a screen that say that something is called otherwise.
func (d *desk) renamed(x *tty.Terminal) (lines []string) {
	for line := range strings.Lines(x.All()) {
		if strings.HasPrefix(line, "Renamed") {
			lines = append(lines, line)
		}
	}
	return lines
}
