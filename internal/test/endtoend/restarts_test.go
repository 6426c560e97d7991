//go:build linux

package endtoend

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"sesame/internal/test/lab"
)

// supervise has the server started as a supervisor does: its port stays open, and its
// state on disk, while it is started again.
func (w *world) supervise() (restart func()) {
	w.t.Helper()
	w.relay.Kill()
	l, err := net.Listen("tcp", lab.Center+":0")
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { l.Close() })
	file, err := l.(*net.TCPListener).File()
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { file.Close() })
	w.address = l.Addr().String()
	w.url = "ws://" + w.address + "/v1"
	state := filepath.Join(w.dir, "state")
	start := func() {
		cmd := exec.Command("sh", "-c", `LISTEN_PID=$$ exec "$0" "$@"`, w.programs.relay, "--no-stun", "--drain", "0s", "--state", state)
		cmd.Env = append(os.Environ(), "LISTEN_FDS=1", "LISTEN_FDNAMES=main")
		cmd.ExtraFiles = []*os.File{file}
		w.relay, _ = lab.FirstLine(w.t, "sesame-relay", cmd)
	}
	start()
	return func() {
		w.relay.Signal(os.Interrupt)
		if code := w.relay.Exit(w.t, patience); code != 0 {
			w.t.Errorf("the server ended with %d", code)
		}
		start()
	}
}

// workers is how many transfers there are at a time.
const workers = 3

// T-SRV-1. Fails if a transfer fails, or takes long, because its server is started again in the
// middle of it: before the two have met, while they do, or while bytes go through it; or if
// somebody who waits isn't told that the server moves, and so takes it for lost.
func TestRestarts(t *testing.T) { testRestarts(t, 4, 2) }

// testRestarts starts a server again, so often, each time after so many more transfers
// have come to an end.
func testRestarts(t *testing.T, restarts, between int) {
	t.Parallel()
	w := newWorld(t)
	restart := w.supervise()
	write(t, filepath.Join(w.out, "file"), 3<<20)
	waits := w.start(w.sending("", "--verbose", "file")) // all the time
	waitsCode := waits.Await(t, patience, shownCode)[1]
	var done atomic.Int64
	stop := make(chan struct{})
	var running sync.WaitGroup
	worst := make([]time.Duration, workers)
	for k := range workers {
		running.Go(func() {
			for n := 0; ; n++ {
				select {
				case <-stop:
					return
				default:
				}
				begin := time.Now()
				in := filepath.Join(w.dir, fmt.Sprintf("in-%d-%d", k, n))
				if err := os.Mkdir(in, 0o755); err != nil {
					t.Error(err)
					return
				}
				s := w.start(w.sending("", "--relay-only", "--limit", "3M", "file"))
				receive := w.receiving(s.Await(t, patience, shownCode)[1], "--relay-only")
				receive.dir = in
				r := w.start(receive)
				w.finish(s, r, 0, 0)
				same(t, filepath.Join(in, "file"), filepath.Join(w.out, "file"))
				worst[k] = max(worst[k], time.Since(begin))
				done.Add(1)
			}
		})
	}
	for n := range restarts {
		// Some transfers are between each two restarts: else all would only wait.
		want := int64((n + 1) * between)
		until(t, patience, "transfers come to an end", func() bool { return done.Load() >= want })
		before := w.relay
		restart()
		if n == 0 && !strings.Contains(before.Err.String(), "told clients when to come back") {
			t.Errorf("nobody is told when to come back:\n%s", before.Err.String())
		}
	}
	close(stop)
	running.Wait()
	last := w.start(w.receiving(waitsCode))
	w.finish(waits, last, 0, 0)
	if !strings.Contains(waits.Err.String(), "the mailbox server is started again") {
		t.Errorf("who waited hasn't heard that the server moves:\n%s", waits)
	}
	var slowest time.Duration
	for _, d := range worst {
		slowest = max(slowest, d)
	}
	t.Logf("%d transfers beside %d restarts, the slowest in %v", done.Load(), restarts, slowest.Round(100*time.Millisecond))
	if slowest > 20*time.Second {
		t.Errorf("one took %v", slowest)
	}
}
