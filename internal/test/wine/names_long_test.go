//go:build linux && long

package wine

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sesame/internal/test/lab"
)

// Fails if one name that Windows can't have keeps the others from crossing, isn't told
// of to both, or makes something that no program there can open again.
func TestNamesThatWindowsCantHave(t *testing.T) {
	for _, protocol := range []string{"native", "classic"} {
		t.Run(protocol, func(t *testing.T) {
			b := newBench(t, linux)
			bad := []string{"d/a:b", "d/con", "d/dot.", "d/space ", "d/what?", "d/sub./x"}
			files(t, b.out, append([]string{"d/good", "d/sub/good"}, bad...)...)
			long := "d"
			for range 5 {
				long += "/" + strings.Repeat("long", 20)
			}
			files(t, b.out, long+"/far")
			code := newCode()
			flags := []string{"d"}
			if protocol == "classic" {
				flags = []string{"--classic", "d"}
			}
			s, r := b.send(linux, code, flags...), b.receive(windows, code)
			b.done(s, r, 10, 10)
			for _, name := range []string{"a:b", "con", "dot.", "space ", "what?", "sub."} {
				if text := r.Err.String(); !strings.Contains(text, "d/"+name) {
					t.Errorf("the receiver doesn't name %q", name)
				}
				if text := s.Err.String(); !strings.Contains(text, "d/"+name) {
					t.Errorf("the sender doesn't name %q", name)
				}
			}
			for _, name := range bad {
				if err := os.RemoveAll(filepath.Join(b.out, name)); err != nil {
					t.Fatal(err)
				}
			}
			if err := os.Remove(filepath.Join(b.out, "d/sub.")); err != nil {
				t.Fatal(err)
			}
			alike(t, b.in, b.out)
		})
	}
}

// Fails if a name that was chosen is found to be impossible only when the code has
// been used.
func TestChosenNames(t *testing.T) {
	b := newBench(t, linux)
	files(t, b.out, "f")
	code := newCode()
	s := b.send(linux, code, "f")
	s.Await(t, patience, "sesame receive")
	for _, name := range []string{"con", "x?y", "trail.", "nul.txt"} {
		r := b.receive(windows, code, "-o", name)
		if got := r.Exit(t, patience); got != 2 {
			t.Errorf("-o %s returns %d, want 2", name, got)
		}
	}
	b.done(s, b.receive(windows, code, "-o", "fine.txt"), 0, 0)
	if _, err := os.Stat(filepath.Join(b.in, "fine.txt")); err != nil {
		t.Error(err)
	}
}

// Fails if the only name there is can't be had on Windows, and nothing arrives.
func TestOnlyNameThatWindowsCantHave(t *testing.T) {
	b := newBench(t, linux)
	files(t, b.out, "12:30 notes.txt")
	code := newCode()
	s, r := b.send(linux, code, "12:30 notes.txt"), b.receive(windows, code)
	b.done(s, r, 0, 0)
	if text, err := os.ReadFile(filepath.Join(b.in, "12%3A30 notes.txt")); err != nil || string(text) != "this is 12:30 notes.txt" {
		t.Errorf("%q, %v", text, err)
	}
	r.Await(t, 0, "12%3A30")
}

// Fails if a file that can't be replaced loses its content, or nobody says why.
func TestReadOnly(t *testing.T) {
	b := newBench(t, linux)
	files(t, b.out, "f")
	files(t, b.in, "f")
	old := filepath.Join(b.in, "f")
	if err := os.WriteFile(old, []byte("mine"), 0o444); err != nil {
		t.Fatal(err)
	}
	p := lab.Start(t, "attrib", inWine(b.in, "attrib.exe", "+r", "f"))
	p.Exit(t, patience)
	code := newCode()
	s, r := b.send(linux, code, "f"), b.receive(windows, code, "--on-conflict", "overwrite")
	rc, sc := r.Exit(t, patience), s.Exit(t, patience)
	t.Logf("%d %d\n%s\n%s", rc, sc, r.Err.String(), s.Err.String())
	if text, err := os.ReadFile(old); err != nil || string(text) != "mine" {
		t.Errorf("%q, %v", text, err)
	}
}
