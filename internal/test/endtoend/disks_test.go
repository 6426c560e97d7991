//go:build linux

package endtoend

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"sesame/internal/test/lab"
)

// A disk is a file system that keeps less than Linux's own do.
type disk struct {
	name  string
	mount func(t testing.TB) string
	names bool // it can have any name
	links bool // it can have links
	modes bool // it keeps which files are programs
}

func disks() []disk {
	image := func(kind string) func(testing.TB) string {
		return func(t testing.TB) string { return lab.Image(t, kind) }
	}
	mirror := func(options ...string) func(testing.TB) string {
		return func(t testing.TB) string { return lab.Mirror(t, options...) }
	}
	return []disk{
		{"exFAT", image("exfat"), false, false, false},
		{"FAT", image("fat"), false, false, false},
		{"NTFS", image("ntfs"), true, true, false},
		{"modes of its own", mirror("--perms=0755", "--chmod-ignore"), true, true, false},
		{"modes and owners of its own", mirror("--force-user=nobody", "--perms=0777", "--chmod-deny"), true, true, false},
		{"chmod refused", mirror("--chmod-deny", "--chown-deny", "--chgrp-deny"), true, true, true},
		{"open to all at first", mirror("--create-with-perms=og+rwX"), true, true, true},
	}
}

// What is sent to them.
const photo, script = "a photo", "#!/bin/sh\n"

func album(t *testing.T, dir string) {
	t.Helper()
	for path, content := range map[string]string{
		"one.jpg": photo, "run.sh": script, "empty": "", "Re: offer.eml": "mail", "sub/two.jpg": photo, "what?/three.jpg": photo,
		"long.bin": strings.Repeat("0123456789abcdef", 100_000),
	} {
		path = filepath.Join(dir, "album", path)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(path, time.Time{}, lastWeek); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Chmod(filepath.Join(dir, "album/run.sh"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("one.jpg", filepath.Join(dir, "album/latest")); err != nil {
		t.Fatal(err)
	}
}

var lastWeek = time.Now().Add(-7 * 24 * time.Hour).Truncate(time.Second)

// Fails if what somebody sends can't be received onto a USB stick, a Windows disk
// or a shared folder; if a name that such a disk can't have doesn't become another that
// both are told of before it crosses; if what it can't have under any name isn't named on
// both sides, with exit code 10, or takes anything else with it; or if what it doesn't
// keep is more than one remark.
func TestDisksThatKeepLess(t *testing.T) {
	for _, d := range disks() {
		for _, protocol := range []string{"native", "classic"} {
			t.Run(d.name+"/"+protocol, func(t *testing.T) {
				t.Parallel()
				w := newWorld(t)
				w.in = d.mount(t)
				album(t, w.out)
				var flags []string
				if protocol == "classic" {
					flags = []string{"--classic"} // links are left out by rule there
				}
				sender, receiver := w.pair(append(flags, "album"), flags)
				var lost []string
				if !d.links && protocol == "native" {
					lost = append(lost, "latest")
				}
				code := 0
				if len(lost) > 0 {
					code = 10
				}
				w.finish(sender, receiver, code, code)
				for _, name := range []string{"Re: offer.eml", "what?"} {
					if d.names {
						continue
					}
					line := `: album/` + regexp.QuoteMeta(name) + ` becomes ` + regexp.QuoteMeta(escaped(name)) + `, because it has one of `
					said(t, receiver, `(?m)^Renamed`+line)
					if protocol == "native" {
						said(t, sender, `(?m)^Renamed at the receiver`+line)
					}
				}
				for _, name := range lost {
					for _, what := range []string{"Left out", "Failed"} { // before anybody says yes, and in the end
						line := `(?m)^` + what + `: album/` + regexp.QuoteMeta(name) + `: `
						said(t, receiver, line+`this disk can't have `)
						said(t, sender, line+`at the receiver: this disk can't have `)
					}
				}
				if notes := strings.Count(receiver.Err.String(), "this disk doesn't keep"); notes != 1 && !d.modes || notes != 0 && d.modes {
					t.Errorf("the receiver remarks %d times on what isn't kept", notes)
				}
				d.check(t, w, lost, protocol == "native")
			})
		}
	}
}

// escaped is what a name becomes where there are no such signs.
func escaped(name string) string { return strings.NewReplacer(":", "%3A", "?", "%3F").Replace(name) }

// check compares what arrived with what was sent.
func (d *disk) check(t *testing.T, w *world, lost []string, links bool) {
	t.Helper()
	if names := list(t, w.in); !slices.Equal(names, []string{"album"}) && !slices.Equal(names, []string{"System Volume Information", "album"}) {
		t.Errorf("in the receiver's folder: %q", names)
	}
	want := []string{"empty", "long.bin", "one.jpg", "run.sh", "sub"}
	for _, name := range []string{"Re: offer.eml", "what?"} {
		if !d.names {
			name = escaped(name)
		}
		want = append(want, name)
	}
	for _, name := range []string{"latest"} {
		if !slices.Contains(lost, name) && (links || name != "latest") {
			want = append(want, name)
		}
	}
	slices.Sort(want)
	if names := list(t, filepath.Join(w.in, "album")); !slices.Equal(names, want) {
		t.Errorf("in the album: %q, want %q", names, want)
	}
	for _, name := range []string{"one.jpg", "run.sh", "empty", "sub/two.jpg", "long.bin"} {
		sent, err := os.ReadFile(filepath.Join(w.out, "album", name))
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(w.in, "album", name)
		info, err := os.Stat(path) // first: fusefat changes the time of what is read
		if err != nil {
			t.Error(err)
			continue
		}
		got, err := os.ReadFile(path)
		if err != nil || string(got) != string(sent) {
			t.Errorf("%s: %d bytes, %v; want %d", name, len(got), err, len(sent))
		}
		if away := info.ModTime().Sub(lastWeek).Abs(); away > 2*time.Second {
			t.Errorf("%s: changed at %v, want %v", name, info.ModTime(), lastWeek)
		}
		if exec := info.Mode()&0o100 != 0; d.modes && exec != (name == "run.sh") {
			t.Errorf("%s has mode %v", name, info.Mode())
		}
	}
}

// Fails if nothing can be received where names can't be changed, and that is said
// only after all has crossed. A classic receiver says it in words, which a sender
// shows as those of a person who declines.
func TestDiskThatRefusesToRename(t *testing.T) {
	for protocol, flags := range protocols {
		t.Run(protocol, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.in = lab.Mirror(t, "--rename-deny")
			write(t, filepath.Join(w.out, "big"), 20<<20)
			sender, receiver := w.pair(append(flags, "big"), flags)
			exit, says := 6, `(?m)^sesame: the other computer can't read or write its files`
			if flags != nil {
				exit, says = 4, `(?m)^sesame: the other computer declined: "the receiver can't write its files"`
			}
			w.finish(sender, receiver, exit, 6)
			said(t, receiver, `(?m)^sesame: .*nothing can be renamed there`)
			said(t, sender, says)
			if n := w.sender.Sent(t); n > 1<<20 {
				t.Errorf("%d bytes crossed before it was refused", n)
			}
			if names := list(t, w.in); len(names) > 0 {
				t.Errorf("left: %q", names)
			}
		})
	}
}

// Fails if a link that the disk refuses vanishes without a word, whatever the disk
// says about it.
func TestLinkThatTheDiskRefuses(t *testing.T) {
	if _, err := exec.LookPath("strace"); err != nil {
		t.Skip("not installed: ", err)
	}
	for _, refusal := range []string{"EPERM", "EOPNOTSUPP", "EINVAL"} {
		t.Run(refusal, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			album(t, w.out)
			code := newCode()
			r := w.receiving(code)
			r.under = []string{"strace", "-f", "-qq", "-o", "/dev/null", "-e", "inject=symlinkat:error=" + refusal}
			sender, receiver := w.start(w.sending(code, "album")), w.start(r)
			w.finish(sender, receiver, 10, 10)
			said(t, receiver, `(?m)^Failed: album/latest: this disk can't have links$`)
			said(t, sender, `(?m)^Failed: album/latest: at the receiver: "?this disk can't have links`)
			if got, _ := os.ReadFile(filepath.Join(w.in, "album/one.jpg")); string(got) != photo {
				t.Errorf("one.jpg has %q", got)
			}
		})
	}
}
