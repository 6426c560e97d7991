//go:build linux && long

package wine

import (
	"bytes"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"

	"sesame/internal/test/lab"
)

// Fails if a file doesn't cross between Windows and Linux.
func TestFile(t *testing.T) {
	both(t, func(t *testing.T, sender, receiver system) {
		b := newBench(t, linux)
		files(t, b.out, "holiday.mov")
		code := newCode()
		b.done(b.send(sender, code, "holiday.mov"), b.receive(receiver, code), 0, 0)
		alike(t, b.in, b.out)
	})
}

// Fails if anything below a folder is left out, whose disk has no object ids: wine
// says so of all.
func TestFolder(t *testing.T) {
	both(t, func(t *testing.T, sender, receiver system) {
		b := newBench(t, linux)
		files(t, b.out, "d/one", "d/sub/two", "d/sub/deeper/three", "d/sub/deeper/and/deeper/four", "d/empty/", "d/ä ö/ü")
		code := newCode()
		b.done(b.send(sender, code, "d"), b.receive(receiver, code), 0, 0)
		alike(t, b.in, b.out)
	})
}

// Fails if several things aren't there under their names, or an asterisk isn't what
// it stands for: on Windows the shell leaves it as it is.
func TestSeveral(t *testing.T) {
	b := newBench(t, linux)
	files(t, b.out, "a.txt", "b.txt", "c.doc", "d/e")
	code := newCode()
	b.done(b.send(windows, code, "*.txt", "c.doc", "d"), b.receive(linux, code), 0, 0)
	alike(t, b.in, b.out)

	// Nor need the command be said.
	b = newBench(t, linux)
	files(t, b.out, "a.txt", "b.txt")
	code = newCode()
	s := lab.Start(t, "send", b.command(windows, b.out, "sesame", "*.txt", "--server", b.url, "--code", code))
	b.done(s, b.receive(linux, code), 0, 0)
	alike(t, b.in, b.out)

	b = newBench(t, linux)
	files(t, b.out, "a.txt", "b.txt", "d/e")
	code = newCode()
	b.done(b.send(linux, code, "a.txt", "b.txt", "d"), b.receive(windows, code), 0, 0)
	alike(t, b.in, b.out)
}

// Fails if the classic protocol differs.
func TestClassic(t *testing.T) {
	both(t, func(t *testing.T, sender, receiver system) {
		b := newBench(t, linux)
		files(t, b.out, "d/one", "d/sub/two", "d/sub/deeper/three")
		code := newCode()
		b.done(b.send(sender, code, "--classic", "d"), b.receive(receiver, code), 0, 0)
		alike(t, b.in, b.out)
	})
}

// Fails if what had arrived crosses again after either side was killed, or what
// arrives then is something else.
func TestKilled(t *testing.T) {
	for _, victim := range []string{"sender", "receiver"} {
		t.Run(victim, func(t *testing.T) {
			both(t, func(t *testing.T, sender, receiver system) {
				b := newBench(t, linux)
				content := make([]byte, 40<<20)
				rand.NewChaCha8([32]byte{1}).Read(content)
				if err := os.WriteFile(filepath.Join(b.out, "big"), content, 0o644); err != nil {
					t.Fatal(err)
				}
				code := newCode()
				s, r := b.send(sender, code, "--limit", "10M", "big"), b.receive(receiver, code)
				for deadline := time.Now().Add(patience); written(b.in) < 16<<20; time.Sleep(20 * time.Millisecond) {
					if time.Now().After(deadline) {
						t.Fatal("too little has arrived")
					}
				}
				if victim == "sender" {
					s.Kill()
					r.Kill() // it would wait for the sender
				} else {
					r.Kill()
					s.Kill()
				}
				if _, err := os.Lstat(filepath.Join(b.in, "big")); err == nil {
					t.Error("the file has its final name")
				}
				code = newCode()
				s, r = b.send(sender, code, "big"), b.receive(receiver, code)
				b.done(s, r, 0, 0)
				r.Await(t, 0, "were there from an earlier try")
				if got, err := os.ReadFile(filepath.Join(b.in, "big")); err != nil || !bytes.Equal(got, content) {
					t.Errorf("something else has arrived: %d bytes, %v", len(got), err)
				}
			})
		})
	}
}

// written returns how many bytes of disk everything below dir takes.
func written(dir string) (n int64) {
	filepath.WalkDir(dir, func(_ string, d fs.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() {
			if info, err := d.Info(); err == nil {
				n += info.Size()
			}
		}
		return nil // it comes and goes
	})
	return n
}

// Fails if the server for Windows doesn't serve, or doesn't carry bytes.
func TestRelay(t *testing.T) {
	b := newBench(t, windows)
	files(t, b.out, "d/one", "d/sub/two")
	code := newCode()
	b.done(b.send(linux, code, "--relay-only", "d"), b.receive(linux, code, "--relay-only"), 0, 0)
	alike(t, b.in, b.out)
	code = newCode()
	b.done(b.send(windows, code, "--relay-only", "d"), b.receive(windows, code, "--relay-only", "-o", "second/"), 0, 0)
	alike(t, filepath.Join(b.in, "second"), b.out)

	// A port that is taken is said to be.
	p := lab.Start(t, "another relay", b.command(windows, b.in, "sesame-relay", "--listen", b.relay))
	if code := p.Exit(t, patience); code == 0 {
		t.Errorf("it returns %d", code)
	}
	p.Await(t, 0, "something else listens there")
}
