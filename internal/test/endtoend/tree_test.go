//go:build linux

package endtoend

import (
	"fmt"
	"io/fs"
	"maps"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
)

// How what doesn't arrive is spoken of: what should have, and what never does.
const (
	missing = "Can't be sent"
	byRule  = "Left out"
)

// A thing is something in a tree, and what should become of it.
type thing struct {
	path   string
	make   func(path string) error
	gone   string // it doesn't arrive, and what is said then
	spoken string // its path as it is said, if that isn't path
	as     string // it arrives under that path, which is said, if it isn't path
}

func file(content string, mode uint32) func(string) error {
	return func(path string) error {
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			return err
		}
		return syscall.Chmod(path, mode)
	}
}

func dir(mode uint32) func(string) error {
	return func(path string) error {
		if err := os.Mkdir(path, 0o755); err != nil {
			return err
		}
		return syscall.Chmod(path, mode)
	}
}

func link(target string) func(string) error {
	return func(path string) error { return os.Symlink(target, path) }
}

func node(kind uint32) func(string) error {
	return func(path string) error { return syscall.Mknod(path, kind|0o666, 1<<8|3) }
}

func socket(path string) error {
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	if err == nil {
		l.SetUnlinkOnClose(false)
		l.Close()
	}
	return err
}

// special are modes with bits that must not cross.
var special = map[string]uint32{"setuid": 0o4755, "setgid": 0o2755, "sticky": 0o1777, "shared": 0o2775}

// awkward is every name and type of file that has broken a program once. What
// is kept and what is left out is doc/native.md §6.1 and §6.5.
func awkward() []thing {
	long := strings.Repeat("ü", 127) + "x" // 255 bytes
	all := []thing{
		{path: "plain", make: file("plain", 0o644)},
		{path: "empty", make: file("", 0o644)},
		{path: "hollow", make: dir(0o755)},
		{path: "grüße 世界 🎉.txt", make: file("unicode", 0o644)},
		{path: "e\u0301 decomposed", make: file("two code points", 0o644)},
		{path: "é composed", make: file("one code point", 0o644)},
		{path: " spaces  at both ends ", make: file("spaces", 0o644)},
		{path: "-rf", make: file("dash", 0o644)},
		{path: "--output=x", make: file("two dashes", 0o644)},
		{path: "~", make: file("home", 0o644)},
		{path: "$HOME;`id`'\"&|<>*?", make: file("shell", 0o644)},
		{path: "...", make: file("three dots", 0o644)},
		{path: ".hidden", make: file("dot", 0o644)},
		{path: ".config", make: dir(0o755)},
		{path: ".config/deeper", make: file("in a dot directory", 0o644)},
		{path: "con", make: file("a device on Windows", 0o644)},
		{path: "README", make: file("upper", 0o644)},
		{path: "readme", make: file("lower", 0o644)},
		{path: long, make: file("a very long name", 0o644)},
		{path: "a", make: dir(0o755)},
		{path: "a b", make: file("sorts between", 0o644)},
		{path: "a-b", make: file("sorts after", 0o644)},
		{path: "a/x", make: file("below", 0o644)},
		{path: "run.sh", make: file("#!/bin/sh\n", 0o755)},
		{path: "setuid", make: file("x", 0o755)},
		{path: "setgid", make: file("x", 0o755)},
		{path: "sticky", make: dir(0o777)},
		{path: "shared", make: dir(0o775)},
		{path: "readonly", make: file("nobody writes", 0o444)},
		{path: "everybody", make: file("all write", 0o666)},
		{path: "locked", make: file("nobody reads", 0), gone: missing},
		{path: "closed", make: dir(0), gone: missing},
		{path: "new\nline", make: file("x", 0o644), spoken: `new\nline`},
		{path: "Icon\r", make: file("of a folder on a Mac", 0o644), spoken: `Icon\r`},
		{path: "\u05e9\u05dc\u05d5\u05dd\u200f", make: file("a mark of direction", 0o644), spoken: "\u05e9\u05dc\u05d5\u05dd" + `\u{200f}`},
		{path: "esc\x1b[31m", make: file("x", 0o644), as: "esc%1B[31m", spoken: `esc\u{1b}[31m`},
		{path: "back\\slash", make: file("x", 0o644), spoken: `back\\slash`},
		{path: "right\u202eleft", make: file("x", 0o644), as: "right%E2%80%AEleft", spoken: `right\u{202e}left`},
		{path: "latin1\xff", make: file("x", 0o644), spoken: `latin1\xff`},
		{path: "fifo", make: node(syscall.S_IFIFO), gone: byRule},
		{path: "socket", make: socket, gone: byRule},
		{path: "null", make: node(syscall.S_IFCHR), gone: byRule},
		{path: "disk", make: node(syscall.S_IFBLK), gone: byRule},
		{path: "hard", make: func(path string) error { return os.Link(filepath.Join(filepath.Dir(path), "plain"), path) }},
		{path: "link", make: link("plain")},
		{path: "link to a directory", make: link("a")},
		{path: "a/up", make: link("../plain")},
		{path: "dangling", make: link("nowhere")},
		{path: "chain", make: link("link")},
		{path: "loop", make: link("loop"), gone: byRule},
		{path: "absolute", make: link("/etc/passwd"), gone: byRule},
		{path: "outside", make: link("../../secret"), gone: byRule},
		{path: "sideways", make: link("a/../../../secret"), gone: byRule},
	}
	for deep, n := "deep", 0; n < 40; n++ {
		all = append(all, thing{path: deep, make: dir(0o755)})
		deep += "/" + fmt.Sprintf("level%d", n)
	}
	return all
}

// Fails if a tree doesn't arrive as the policy says: something lost or left out
// without a word, a bit kept that shouldn't be, anything beside it touched.
func TestAwkwardTree(t *testing.T) {
	defer syscall.Umask(syscall.Umask(0)) // of the programs, so that all modes can be seen
	things := awkward()
	const user, other = 4242, 4243 // not root, who can read everything
	w := newWorld(t)
	tree := filepath.Join(w.out, "tree")
	if err := os.Mkdir(tree, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, th := range things {
		if err := th.make(filepath.Join(tree, th.path)); err != nil {
			t.Fatalf("%q: %v", th.path, err)
		}
	}
	give(t, w.in, other)
	give(t, w.out, user)
	for path, mode := range special { // a new owner takes these bits away
		if err := syscall.Chmod(filepath.Join(tree, path), mode); err != nil {
			t.Fatal(err)
		}
	}
	writeText(t, filepath.Join(w.in, "neighbour"), "untouched", 0o640)
	before := snapshot(t, w.in)

	code := newCode()
	s, r := w.sending(code, "tree"), w.receiving(code)
	s.user, r.user = user, other
	sender, receiver := w.start(s), w.start(r)
	w.finish(sender, receiver, 10, 10)

	checkTree(t, filepath.Join(w.in, "tree"), tree, things)
	checkSaid(t, things, sender.Err.String())
	checkSaid(t, things, receiver.Err.String())
	after := snapshot(t, w.in)
	maps.DeleteFunc(after, func(path, _ string) bool { return path == "tree" || strings.HasPrefix(path, "tree/") })
	delete(before, ".") // has one more name in it
	delete(after, ".")
	if !maps.Equal(before, after) {
		t.Errorf("what was there before has changed:\n%v\n%v", before, after)
	}
}

// give makes dir and everything below it belong to user.
func give(t *testing.T, dir string, user int) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, _ fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		return os.Lchown(path, user, user)
	})
	if err != nil {
		t.Fatal(err)
	}
}

// snapshot returns everything below dir, with what can be seen of it.
func snapshot(t *testing.T, dir string) map[string]string {
	t.Helper()
	all := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		name, _ := filepath.Rel(dir, path)
		sys := info.Sys().(*syscall.Stat_t)
		all[name] = fmt.Sprint(info.Mode(), sys.Uid, sys.Gid, info.Size(), info.ModTime())
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// checkTree compares what arrived with what should.
func checkTree(t *testing.T, got, sent string, things []thing) {
	t.Helper()
	want := []string{"."}
	for _, th := range things {
		if th.gone != "" {
			continue
		}
		as := th.path
		if th.as != "" {
			as = th.as
		}
		want = append(want, as)
		compareThing(t, filepath.Join(got, as), filepath.Join(sent, th.path))
	}
	found := []string{}
	for path := range snapshot(t, got) {
		found = append(found, path)
	}
	slices.Sort(want)
	slices.Sort(found)
	if !slices.Equal(found, want) {
		t.Errorf("arrived %q,\nwant    %q", found, want)
	}
}

// compareThing compares one: type, content or target, x-bit, time. No other bit
// crosses, so with the umask of the tests, which is 0, modes are 0666 or 0777.
func compareThing(t *testing.T, got, sent string) {
	t.Helper()
	a, err := os.Lstat(got)
	if err != nil {
		t.Error(err)
		return
	}
	b, err := os.Lstat(sent)
	if err != nil {
		t.Fatal(err)
	}
	name := filepath.Base(sent)
	if a.Mode().Type() != b.Mode().Type() {
		t.Errorf("%q is %v, want %v", name, a.Mode().Type(), b.Mode().Type())
		return
	}
	switch {
	case a.Mode()&fs.ModeSymlink != 0:
		x, _ := os.Readlink(got)
		y, _ := os.Readlink(sent)
		if x != y {
			t.Errorf("%q leads to %q, want %q", name, x, y)
		}
		return
	case a.Mode().IsRegular():
		x, _ := os.ReadFile(got)
		y, _ := os.ReadFile(sent)
		if string(x) != string(y) {
			t.Errorf("%q holds %q, want %q", name, x, y)
		}
		if links := a.Sys().(*syscall.Stat_t).Nlink; links != 1 {
			t.Errorf("%q has %d names", name, links)
		}
	}
	want := fs.FileMode(0o666)
	if b.Mode()&0o100 != 0 || b.IsDir() {
		want = 0o777
	}
	if a.Mode()&^fs.ModeType != want {
		t.Errorf("%q has mode %v, want %v", name, a.Mode(), want)
	}
	if !a.ModTime().Equal(b.ModTime()) {
		t.Errorf("%q is of %v, want %v", name, a.ModTime(), b.ModTime())
	}
}

// checkSaid looks for a line about each thing that is left out, with a reason, and about
// each that gets another name.
func checkSaid(t *testing.T, things []thing, text string) {
	t.Helper()
	for _, th := range things {
		spoken := th.spoken
		if spoken == "" {
			spoken = th.path
		}
		becomes := regexp.MustCompile(`(?m)^Renamed.*: ` + regexp.QuoteMeta("tree/"+spoken) + ` becomes (.*), because it has `).FindStringSubmatch(text)
		if becomes = append(becomes, "", ""); becomes[1] != th.as {
			t.Errorf("%q is said to become %q, want %q", th.path, becomes[1], th.as)
		}
		said := regexp.MustCompile(`(?m)^(.*): ` + regexp.QuoteMeta("tree/"+spoken) + `:? (is|has|can't) `).FindStringSubmatch(text)
		if said = append(said, "", ""); said[1] != th.gone {
			t.Errorf("of %q is said %q, want %q", th.path, said[1], th.gone)
		}
	}
	if strings.ContainsAny(text, "\x1b\u202e") {
		t.Error("a name is printed as it is")
	}
}
