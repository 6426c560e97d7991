//go:build linux

package benchrelay

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/coder/websocket"
)

// Fails when a relay takes a fifth more or less than doc/operating.md says that it does: memory for
// clients and for pairs, open files, and room on the disk for mailboxes.
func TestSizing(t *testing.T) {
	const clients, pairs = 1500, 500
	files(t, clients+2*pairs+1000)
	page, err := os.ReadFile("../../../doc/operating.md")
	if err != nil {
		t.Fatal(err)
	}
	says := func(pattern string) float64 {
		m := regexp.MustCompile(pattern).FindSubmatch(page)
		if m == nil {
			t.Fatalf("doc/operating.md has no %q", pattern)
		}
		n, _ := strconv.ParseFloat(string(m[1]), 64)
		return n
	}
	near := func(what string, got, want float64) {
		t.Logf("%s: %.1f, the page says %.1f", what, got, want)
		if got < want/1.2 || got > want*1.2 {
			t.Errorf("%s: %.1f, the page says %.1f", what, got, want)
		}
	}
	state := t.TempDir()
	p, addr := startRelay(t, "--state", state)
	open := func() float64 {
		all, _ := os.ReadDir(fmt.Sprintf("/proc/%d/fd", p.PID()))
		return float64(len(all))
	}
	mib := func() float64 { return float64(resident(t, p)) / (1 << 20) }
	base := says(`memory: (\d+) MiB`)
	crowd(t, "ws://"+addr+"/v1", clients).each(t, func(i int, ws *websocket.Conn) error { return wait(t.Context(), ws, i) })
	waiting := base + clients*says(`(\d+) KiB a client that waits`)/1024
	near("memory with clients that wait, MiB", mib(), waiting)
	near("open files with them", open(), says(`open files: (\d+)`)+clients)
	before, files := mib(), open()
	relayedMany(t, addr, pairs, 0)
	near("memory with pairs, too, MiB", mib(), waiting+pairs*says(`(\d+) KiB a pair`)/1024)
	near("open files of pairs", open()-files, 2*pairs)
	t.Logf("%.1f MiB more", mib()-before)
	logs, err := filepath.Glob(filepath.Join(state, "state.log-*"))
	if err != nil || len(logs) == 0 {
		t.Errorf("no logs: %v", err)
	}
	logged := 0.0
	for _, path := range logs {
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		logged += float64(info.Size()) / (1 << 20)
	}
	if most := says(`(\d+) MiB for logs`); logged > 1.2*most {
		t.Errorf("logs of %.1f MiB, the page says %.0f", logged, most)
	}
	t.Logf("%.1f MiB of logs", logged)
	p.Signal(syscall.SIGTERM) // what it has in logs gets into the file
	p.Exit(t, time.Minute)
	kept, err := os.ReadFile(filepath.Join(state, "state"))
	if err != nil {
		t.Fatal(err)
	}
	if n := len(kept); float64(n) != says(`disk: (\d+) MiB`)*(1<<20) {
		t.Errorf("%d mailboxes take a file of %d bytes", clients, n)
	}
	used := len(bytes.TrimRight(kept, "\x00"))
	near("disk in use, KiB", float64(used)/1024, clients*says(`(\d+\.\d+) KiB a mailbox`))
}
