//go:build linux && long

package wine

import (
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"sesame/internal/test/lab"
)

// Fails if a name that Windows can't have keeps anything from crossing, doesn't become
// another that both are told of, or makes something that no program there can open again.
func TestNamesThatWindowsCantHave(t *testing.T) {
	for _, protocol := range []string{"native", "classic"} {
		t.Run(protocol, func(t *testing.T) {
			b := newBench(t, linux)
			bad := map[string]string{
				"d/a:b": "d/a%3Ab", "d/con": "d/co%6E", "d/dot.": "d/dot%2E", "d/space ": "d/space%20", "d/what?": "d/what%3F", "d/sub./x": "d/sub%2E/x",
				`d/back\slash`: "d/back%5Cslash", "d/Icon\r": "d/Icon%0D", "d/caf\xe9": "d/caf%E9",
			}
			files(t, b.out, append([]string{"d/good", "d/sub/good"}, slices.Collect(maps.Keys(bad))...)...)
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
			b.done(s, r, 0, 0)
			for _, name := range []string{"a:b", "con", "dot.", "space ", "what?", "sub.", `back\\slash`, `Icon\r`, `caf\xe9`} {
				line := regexp.MustCompile(`(?m)^Renamed( at the receiver)?: d/` + regexp.QuoteMeta(name) + ` becomes `)
				// What a classic sender renames itself is nothing to its receiver.
				here, there := line.MatchString(r.Err.String()), line.MatchString(s.Err.String())
				if !here && !there || protocol == "native" && !(here && there) {
					t.Errorf("%q is told of by the receiver: %v, by the sender: %v", name, here, there)
				}
			}
			for name, as := range bad {
				if top, _, below := strings.Cut(strings.TrimPrefix(name, "d/"), "/"); below {
					name, as = "d/"+top, filepath.Dir(as)
				}
				if err := os.Rename(filepath.Join(b.out, name), filepath.Join(b.out, as)); err != nil {
					t.Fatal(err)
				}
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

// Fails if a file that can't be replaced loses its content, or if anything crosses
// before somebody says why.
func TestFilesThatCantBeReplaced(t *testing.T) {
	for _, c := range []struct{ name, hold, why string }{
		{"read-only", "attrib +r f && pause", "it is read-only"},
		{"in use", "pause >>f", "another program has it open"},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := newBench(t, linux)
			files(t, b.out, "f")
			old := filepath.Join(b.in, "f")
			if err := os.WriteFile(old, []byte("mine"), 0o644); err != nil {
				t.Fatal(err)
			}
			// What it says when it waits for a key tells that it has done the rest.
			shell := inWine(b.in, "cmd.exe", "/c", "echo begun & "+c.hold)
			keys, _ := shell.StdinPipe()
			defer keys.Close()
			holder := lab.Start(t, "cmd", shell)
			holder.Await(t, patience, "begun")
			if c.name == "read-only" {
				holder.Await(t, patience, "(?i)press")
			} else {
				grown(t, old)
			}
			code := newCode()
			s, r := b.send(linux, code, "f"), b.receive(windows, code, "--on-conflict", "overwrite")
			if got := s.Exit(t, patience); got != 4 && (c.name == "read-only" || got != 6) { // the other may be seen late
				t.Errorf("the sender returns %d", got)
			}
			if got := r.Exit(t, patience); got != 6 {
				t.Errorf("the receiver returns %d, want 6", got)
			}
			r.Await(t, 0, "f can't be replaced: "+c.why)
			if text, err := os.ReadFile(old); err != nil || !strings.HasPrefix(string(text), "mine") {
				t.Errorf("%q, %v", text, err)
			}
		})
	}
}

// grown waits until a file holds more than it did.
func grown(t *testing.T, path string) {
	t.Helper()
	for deadline := time.Now().Add(patience); ; time.Sleep(20 * time.Millisecond) {
		if info, err := os.Stat(path); err == nil && info.Size() > int64(len("mine")) {
			return
		}
		if time.Now().After(deadline) {
			t.Fatal("nobody wrote to ", path)
		}
	}
}

// Fails if a whole drive is called by a name that says nothing, or its path isn't
// shown as it was typed.
func TestDrive(t *testing.T) {
	b := newBench(t, linux)
	files(t, b.out, "one", "d/two")
	link := filepath.Join(shared.root, "prefix/dosdevices/y:")
	if err := os.Symlink(there(b.out), link); err != nil {
		t.Fatal(err)
	}
	defer os.Remove(link)
	code := newCode()
	s, r := b.send(windows, code, `Y:\`), b.receive(linux, code)
	b.done(s, r, 0, 0)
	s.Await(t, 0, "Sending the folder Y\n")
	alike(t, filepath.Join(b.in, "Y"), b.out)

	p := lab.Start(t, "receive", b.command(windows, b.in, "sesame", "receive", "--yes", "-o", `Y:\none\f`, newCode()))
	if got := p.Exit(t, patience); got != 6 {
		t.Errorf("it returns %d, want 6", got)
	}
	p.Await(t, 0, regexp.QuoteMeta(`there is no folder Y:\none`)+"\n")
}
