//go:build linux

package endtoend

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"syscall"
	"testing"

	"sesame/internal/test/lab"
)

// ordinary is a user with no rights.
const ordinary = 65534

// Fails if programs that an ordinary user runs can't do what root's can: theirs
// are processes whose entries below /proc belong to somebody else, and disks ask
// them for rights.
func TestOrdinaryUser(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.user = ordinary
	write(t, filepath.Join(w.out, "big"), 3<<20)
	writeText(t, filepath.Join(w.out, "note"), "hello", 0o644)
	plant(t, filepath.Join(w.out, "tree"), 300)
	for _, s := range shipments {
		w.ship(s)
	}

	// What was cut off goes on, too.
	write(t, filepath.Join(w.out, "large"), 24<<20)
	if err := os.Chown(w.in, ordinary, ordinary); err != nil {
		t.Fatal(err)
	}
	before := staged(w.in)
	a, b := w.pair([]string{"--limit", "8M", "large"}, nil)
	until(t, patience, "something arrives", func() bool { return staged(w.in) > before+4<<20 || over(a) || over(b) })
	b.Kill()
	a.Kill()
	a, b = w.pair([]string{"large"}, nil)
	w.finish(a, b, 0, 0)
	said(t, b, "were there from an earlier try")
	same(t, filepath.Join(w.in, "large"), filepath.Join(w.out, "large"))
}

var noCore = regexp.MustCompile(`(?m)^Max core file size +0 +0 `)

// Fails if a core dump can be made of a program, or if its user's other programs
// can read its memory.
func TestNoCoreDump(t *testing.T) {
	t.Parallel()
	for _, user := range []int{0, ordinary} {
		w := newWorld(t)
		writeText(t, filepath.Join(w.out, "note"), "hello", 0o644)
		s := w.sending(newCode(), "note")
		s.user = user
		sender := w.start(s)
		sender.Await(t, patience, "sesame receive")
		r := w.receiving(newCode())
		r.user = user
		receiver := w.start(r)
		serve := exec.Command(w.programs.relay, "--listen", lab.Center+":0")
		if user != 0 {
			serve.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(user), Gid: uint32(user)}}
		}
		relay, _ := lab.FirstLine(t, "sesame-relay", serve)
		for _, p := range []*lab.Process{sender, receiver, relay} {
			proc := fmt.Sprintf("/proc/%d/", p.PID())
			until(t, patience, "a core dump isn't allowed", func() bool { // the receiver may have just begun
				limits, err := os.ReadFile(proc + "limits")
				return err == nil && noCore.Match(limits) || over(p)
			})
			info, err := os.Stat(proc + "mem")
			if err != nil {
				t.Fatal(err)
			}
			if owner := info.Sys().(*syscall.Stat_t).Uid; owner != 0 {
				t.Errorf("user %d can read the memory of\n%v", owner, p)
			}
		}
	}
}
