//go:build linux

package endtoend

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"sesame/internal/test/lab"
)

// begun starts to send a file of size bytes, slowly, and returns when some of it
// has arrived.
func (w *world) begun(size int64, flags ...string) (sender, receiver *lab.Process) {
	w.t.Helper()
	write(w.t, filepath.Join(w.out, "big"), size)
	sender, receiver = w.pair(append(flags, "--limit", "8M", "big"), flags)
	until(w.t, patience, "something arrives", func() bool { return staged(w.in) > 1<<20 || over(sender) || over(receiver) })
	return sender, receiver
}

// arrived waits for both ends and compares the file.
func (w *world) arrived(sender, receiver *lab.Process) {
	w.t.Helper()
	w.finish(sender, receiver, 0, 0)
	same(w.t, filepath.Join(w.in, "big"), filepath.Join(w.out, "big"))
	if names := list(w.t, w.in); len(names) != 1 {
		w.t.Errorf("beside the result there is something else: %q", names)
	}
}

const (
	lost    = `The connection is lost`
	relayed = `Connected: relay`
	direct  = `Connected: direct`
)

// Fails if a transfer through a relay doesn't survive that relay's restart.
func TestRelayRestarted(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	sender, receiver := w.begun(40<<20, "--relay-only")
	for _, p := range []*lab.Process{sender, receiver} {
		p.Await(t, patience, relayed)
	}
	w.relay.Kill()
	for _, p := range []*lab.Process{sender, receiver} {
		p.Await(t, patience, lost)
	}
	before := staged(w.in)
	w.startRelay()
	w.arrived(sender, receiver)
	for _, p := range []*lab.Process{sender, receiver} {
		// After it there may be two ways through the relay, of which either may be told.
		if n := strings.Count(p.Err.String(), lost); n != 1 {
			t.Errorf("it was lost %d times, want once: at the restart, when %d bytes were there", n, before)
		}
		if n := strings.Count(p.Err.String(), relayed); n < 2 {
			t.Errorf("it connected %d times, want once before the restart, and after", n)
		}
	}
}

// Fails if two computers that are connected still need the mailbox server.
func TestMailboxServerKilledForGood(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	sender, receiver := w.begun(24 << 20)
	w.relay.Kill()
	w.arrived(sender, receiver)
	for _, p := range []*lab.Process{sender, receiver} {
		said(t, p, direct)
	}
}

// Fails if a transfer hangs, or fails, because the direct way between two
// computers is cut in the middle of it while both still reach the relay.
func TestDirectPathCut(t *testing.T) {
	for _, test := range []struct {
		name string
		cut  lab.Cut
	}{
		{"packets vanish", lab.Drop},
		{"connections are reset", lab.Reject},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			sender, receiver := w.begun(48 << 20)
			both := []*lab.Process{sender, receiver}
			for _, p := range both {
				p.Await(t, patience, direct)
			}
			before := []lab.Said{sender.Said(), receiver.Said()} // a relay may have come first
			w.sender.Cut(t, w.receiver, test.cut)
			cut := time.Now()
			for i, p := range both {
				p.AwaitAfter(t, before[i], 20*time.Second, relayed)
			}
			had := staged(w.in)
			until(t, 10*time.Second, "the transfer goes on", func() bool { return staged(w.in) > had || over(receiver) })
			t.Logf("it went on over the relay after %v", time.Since(cut).Round(100*time.Millisecond))
			w.sender.Mend(t)
			w.arrived(sender, receiver)
		})
	}
}

// Fails if a transfer doesn't survive that one of the computers gets another
// address in the middle of it, or if it takes long until data flows again. The
// old connections fall silent: nobody resets them.
func TestAddressChanged(t *testing.T) {
	for _, test := range []struct {
		name     string
		receiver bool // is who moves
		flag     string
	}{
		{"of the sender", false, ""},
		{"of the receiver", true, ""},
		{"of the sender, relay only", false, "--relay-only"},
		{"of the receiver, relay only", true, "--relay-only"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			var flags []string
			if test.flag != "" {
				flags = append(flags, test.flag)
			}
			sender, receiver := w.begun(32<<20, flags...)
			host := w.sender
			if test.receiver {
				host = w.receiver
			}
			host.Move(t)
			moved, before := time.Now(), staged(w.in)
			until(t, 8*time.Second, "data flows again", func() bool { return staged(w.in) > before+6<<20 || over(receiver) })
			t.Logf("data flowed again after %v", time.Since(moved).Round(100*time.Millisecond))
			w.arrived(sender, receiver)
		})
	}
}
