//go:build linux

package endtoend

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"sesame/internal/test/lab"
)

// longest is as long as a name may be on an encfs.
var longest = strings.Repeat("x", 171) + ".txt"

// Fails if a name that the disk can just have doesn't arrive because a hidden name
// is longer, or if there is no room for a number beside one of that length.
func TestLongestName(t *testing.T) {
	for protocol, flags := range protocols {
		for _, kind := range []string{"file", "folder"} {
			t.Run(protocol+"/"+kind, func(t *testing.T) {
				t.Parallel()
				w := newWorld(t)
				w.in = lab.ShortNames(t)
				path := filepath.Join(w.out, longest)
				if kind == "folder" {
					path = filepath.Join(path, longest)
				}
				if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
					t.Fatal(err)
				}
				want := []string{}
				for _, content := range []string{"one", "the other"} {
					if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
						t.Fatal(err)
					}
					sender, receiver := w.pair(append(flags, longest), flags)
					w.finish(sender, receiver, 0, 0)
				}
				short := longest[:len(longest)-8] + " (2).txt"
				want = append(want, short, longest)
				if got := list(t, w.in); !slices.Equal(got, want) {
					t.Errorf("received %q, want %q", got, want)
				}
			})
		}
	}
}

// Fails if one name that the disk can't have keeps what it is of from arriving, or gets
// another that isn't told to both before anything crosses; or if another name, which the
// receiver has chosen, doesn't do.
func TestOnlyNameCantBeHad(t *testing.T) {
	for protocol, flags := range protocols {
		for name, as := range map[string]string{"Re: offer.eml": "Re%3A offer.eml", longest + "x": longest[:len(longest)-5] + ".txtx"} {
			t.Run(protocol+"/"+name[:8], func(t *testing.T) {
				t.Parallel()
				w := newWorld(t)
				w.in = lab.ShortNames(t)
				if name[0] == 'R' {
					w.in = lab.Image(t, "exfat")
				}
				if err := os.WriteFile(filepath.Join(w.out, name), []byte("mail"), 0o644); err != nil {
					t.Fatal(err)
				}
				sender, receiver := w.pair(append(flags, name), flags)
				w.finish(sender, receiver, 0, 0)
				said(t, receiver, `(?m)^Renamed: `+name[:8]+`.* becomes `+as[:8]+`.*, because it has `)
				if protocol == "native" {
					said(t, sender, `(?m)^Renamed at the receiver: `+name[:8]+`.* becomes `+as[:8]+`.*, because it has `)
				}
				if got, err := os.ReadFile(filepath.Join(w.in, as)); string(got) != "mail" {
					t.Errorf("received %q, %v; there is %q", got, err, list(t, w.in))
				}
				sender, receiver = w.pair(append(flags, name), append(flags, "--output", "offer.eml"))
				w.finish(sender, receiver, 0, 0)
				if got, err := os.ReadFile(filepath.Join(w.in, "offer.eml")); string(got) != "mail" {
					t.Errorf("received %q, %v", got, err)
				}
			})
		}
	}
}

// Fails if a name that somebody chose, and the disk can't have, uses up the code, or
// if anything is left of finding that out.
func TestChosenNameCantBeHad(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.in = lab.Image(t, "exfat")
	write(t, filepath.Join(w.out, "f"), 100)
	code := newCode()
	sender := w.start(w.sending(code, "f"))
	sender.Await(t, patience, "sesame receive")
	early := w.start(w.receiving(code, "--output", "what?"))
	if got := early.Exit(t, patience); got != 2 {
		t.Errorf("the exit code is %d, want 2", got)
	}
	said(t, early, "can't be a name on the disk")
	if left := list(t, w.in); len(left) > 0 {
		t.Errorf("left: %q", left)
	}
	w.finish(sender, w.start(w.receiving(code, "--output", "what")), 0, 0)
	same(t, filepath.Join(w.in, "what"), filepath.Join(w.out, "f"))
}
