//go:build linux

package benchrelay

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"syscall"
	"testing"
	"time"
)

// syncs counts how often the relay has the disk sync.
func (m *meetings) syncs(t *testing.T) {
	if _, err := exec.LookPath("strace"); err != nil {
		t.Log("there is no strace: syncs aren't counted")
		return
	}
	for _, rate := range []int{0, 100} {
		log := filepath.Join(t.TempDir(), "syncs")
		s := m.ours(t, filepath.Join(m.disk, "counted"), "strace", "-f", "--seccomp-bpf", "-qq", "-e", "trace=fdatasync", "-e", "signal=none", "-o", log)
		before := lines(log)
		r := measure(t, s.url, s.pid, false, rate)
		n := lines(log) - before
		name := "as many as can"
		if rate > 0 {
			name = fmt.Sprintf("%d/s", rate)
		}
		row(t, "fdatasync, bbolt, "+name, fmt.Sprintf("%.2f a meeting, %d in all", float64(n)/float64(r.meetings), n), "more than none", "counted by strace", meetingsCommand, n > 0)
		for _, pid := range children(s.pid) { // strace itself doesn't listen while it runs somebody
			syscall.Kill(pid, syscall.SIGTERM)
		}
		s.p.Exit(t, time.Minute)
	}
}

func lines(path string) int {
	b, _ := os.ReadFile(path)
	return bytes.Count(b, []byte("fdatasync("))
}

// spread is how long something took, most of the time and rarely.
type spread struct{ p50, p99, most time.Duration }

func (s spread) String() string {
	return fmt.Sprintf("fdatasync p50 %v, p99 %v, at most %v", s.p50, s.p99, s.most)
}

// syncing measures what the disk takes for eight pages and a sync, for a second.
func syncing(t *testing.T, dir string) spread {
	t.Helper()
	f, err := os.Create(filepath.Join(dir, "probe"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	page := make([]byte, 4096)
	for i := range 1024 {
		f.WriteAt(page, int64(i)*4096)
	}
	f.Sync()
	var took []time.Duration
	for start, i := time.Now(), 0; time.Since(start) < time.Second; i++ {
		begin := time.Now()
		page[0]++
		for n := range 8 {
			f.WriteAt(page, int64((i*37+n*11)%1024)*4096)
		}
		if err := syscall.Fdatasync(int(f.Fd())); err != nil {
			t.Fatal(err)
		}
		took = append(took, time.Since(begin))
	}
	slices.Sort(took)
	return spread{took[len(took)/2].Round(10 * time.Microsecond), took[len(took)*99/100].Round(10 * time.Microsecond), took[len(took)-1].Round(10 * time.Microsecond)}
}
