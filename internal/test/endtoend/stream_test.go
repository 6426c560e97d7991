//go:build linux

package endtoend

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"sesame/internal/test/lab"
)

// Fails if a stream is stored on its way anywhere, in memory or in a file, when
// its consumer is slower than its source; or if it arrives changed.
func TestStreamSlowConsumer(t *testing.T) {
	t.Parallel()
	const (
		size     = 200 << 20
		consumed = 20 << 20
		// What may be ahead of the consumer: the window of an ordered transfer,
		// and the buffers of the connection and the pipes.
		ahead = 16<<20 + 16<<20
		// What a window takes with its copies, and much less than the stream.
		memory = 96 << 20
	)
	w := worldOf(t, released)
	write(t, filepath.Join(w.out, "big"), size)
	writeText(t, filepath.Join(w.out, "small"), "a small one", 0o755)

	code := newCode()
	s, r := w.sending(code, "-"), w.receiving(code, "-o", "-")
	archive, out := pipe(t)
	in, arriving := pipe(t)
	s.in, r.out = out, in
	tar := exec.Command("tar", "c", ".")
	tar.Dir, tar.Stdout = w.out, archive
	source := lab.Start(t, "tar", tar)
	archive.Close()
	s.dir, r.dir = t.TempDir(), t.TempDir() // where nothing should be made
	sender, receiver := w.start(s), w.start(r)
	out.Close()
	in.Close()

	unpack := exec.Command("tar", "x")
	unpack.Dir = w.in
	into, err := unpack.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	sink := lab.Start(t, "tar", unpack)
	if _, err := io.CopyN(into, arriving, consumed); err != nil {
		t.Fatal(err)
	}
	stalled(t, w.sender)
	if sent := w.sender.Sent(t); sent > consumed+ahead {
		t.Errorf("%d bytes crossed while the consumer took %d", sent, consumed)
	}
	for _, p := range []*lab.Process{sender, receiver} {
		has, err := p.Memory()
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("while the consumer waits: %d MiB", has>>20)
		if has > memory {
			t.Errorf("it holds %d bytes in memory while the consumer waits", has)
		}
		if files := openFiles(t, p); len(files) > 0 {
			t.Errorf("it has files open: %q", files)
		}
	}
	for _, dir := range []string{s.dir, r.dir} {
		if names := list(t, dir); len(names) > 0 {
			t.Errorf("files are made where the programs run: %q", names)
		}
	}
	if _, err := io.Copy(into, arriving); err != nil {
		t.Fatal(err)
	}
	into.Close()
	w.finish(sender, receiver, 0, 0)
	for _, p := range []*lab.Process{source, sink} {
		if code := p.Exit(t, patience); code != 0 {
			t.Errorf("tar's exit code is %d", code)
		}
	}
	frugal(t, memory, sender, receiver)
	same(t, filepath.Join(w.in, "big"), filepath.Join(w.out, "big"))
	same(t, filepath.Join(w.in, "small"), filepath.Join(w.out, "small"))
}

// pipe returns the ends of a pipe, the one to write to first.
func pipe(t *testing.T) (to, from *os.File) {
	t.Helper()
	from, to, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { from.Close(); to.Close() })
	return to, from
}

// stalled waits until a host has sent next to nothing for half a second: what
// keeps connections alive is sent all the time.
func stalled(t *testing.T, h *lab.Host) {
	t.Helper()
	last, since := h.Sent(t), time.Now()
	until(t, patience, "nothing is sent any more", func() bool {
		if sent := h.Sent(t); sent > last+64<<10 {
			last, since = sent, time.Now()
		}
		return time.Since(since) > 500*time.Millisecond
	})
}

// openFiles returns the regular files that a process has open, whether or not
// they have a name.
func openFiles(t *testing.T, p *lab.Process) (paths []string) {
	t.Helper()
	dir := fmt.Sprintf("/proc/%d/fd", p.PID())
	for _, name := range list(t, dir) {
		info, err := os.Stat(filepath.Join(dir, name))
		if err != nil || !info.Mode().IsRegular() {
			continue
		}
		target, _ := os.Readlink(filepath.Join(dir, name))
		if strings.HasPrefix(target, "/") && !strings.HasPrefix(target, "/sys/") && !strings.HasPrefix(target, "/proc/") {
			paths = append(paths, target)
		}
	}
	return paths
}
