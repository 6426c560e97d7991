//go:build linux

// Package benchrelay measures the built relay beside what it might be compared with, in
// one run (make bench-relay).
package benchrelay

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"sesame/internal/test/lab"
)

var (
	span  = flag.Duration("meetings", 0, "for how long each server is measured; 0 measures none")
	state = flag.String("state", ".", "a directory on the disk that is to be measured")
)

const beEcho = "SESAME_BENCH_ECHO"

func TestMain(m *testing.M) {
	if os.Getenv(beEcho) != "" {
		echo()
		return
	}
	os.Exit(m.Run())
}

// A result is what a server did.
type result struct {
	meetings  int
	perSecond float64
	perCore   float64 // meetings a second of processor time
	disk      float64 // bytes that went to the disk, a meeting
	p50       time.Duration
	p99       time.Duration
}

var met atomic.Int64

// measure has pairs meet over a server: as many as can, or so many a second.
func measure(t *testing.T, url string, pid int, echoes bool, rate int) result {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), *span+time.Minute)
	defer cancel()
	var mu sync.Mutex
	var took []time.Duration
	var broken atomic.Bool
	meet := func() {
		n := fmt.Sprint(10_000_000 + met.Add(1))
		start := time.Now()
		var two sync.WaitGroup
		for _, name := range []string{"a", "b"} {
			two.Go(func() {
				if err := side(ctx, url, name, n, echoes); err != nil {
					t.Error(err)
					broken.Store(true)
				}
			})
		}
		two.Wait()
		mu.Lock()
		took = append(took, time.Since(start))
		mu.Unlock()
	}
	before, disk := cpu(t, pid), written(pid)
	end := time.Now().Add(*span)
	var all sync.WaitGroup
	if rate == 0 {
		for range 16 {
			all.Go(func() {
				for time.Now().Before(end) && !broken.Load() {
					meet()
				}
			})
		}
	} else {
		tick := time.NewTicker(time.Second / time.Duration(rate))
		defer tick.Stop()
		for time.Now().Before(end) && !broken.Load() {
			<-tick.C
			all.Go(meet)
		}
	}
	all.Wait()
	slices.Sort(took)
	n := len(took)
	if broken.Load() || n == 0 {
		t.FailNow()
	}
	const fine = 10 * time.Microsecond
	return result{n, float64(n) / span.Seconds(), float64(n) / (cpu(t, pid) - before).Seconds(), float64(written(pid)-disk) / float64(n), took[n/2].Round(fine), took[n*99/100].Round(fine)}
}

// A server that is measured.
type server struct {
	name, url string
	pid       int
	p         *lab.Process
}

// meetings are the servers that are compared.
type meetings struct {
	relay string // the built program
	disk  string // a directory on the disk that is to be measured
}

// bare starts the echo.
func (m *meetings) bare(t *testing.T) server {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self)
	cmd.Env = append(os.Environ(), beEcho+"=1")
	p, line := lab.FirstLine(t, "echo", cmd)
	return server{"bare echo", strings.TrimSpace(line), p.PID(), p}
}

// ours starts the relay with its mailboxes in a directory, or with "none" in memory; beneath is a
// program that runs it, if one is to.
func (m *meetings) ours(t *testing.T, state string, beneath ...string) server {
	argv := append(beneath, m.relay)
	argv = append(append(argv, wide...), "--state", state)
	p, addr := startBuilt(t, exec.Command(argv[0], argv[1:]...))
	return server{"sesame-relay", "ws://" + addr + "/v1", p.PID(), p}
}

// theirs starts the Python server as Debian does, with its mailboxes in files.
func (m *meetings) theirs(t *testing.T) (server, bool) {
	if _, err := exec.LookPath("twist3"); err != nil {
		return server{}, false
	}
	cmd := exec.Command("twist3", "wormhole-mailbox", "--port=tcp:0:interface=127.0.0.1",
		"--channel-db="+filepath.Join(m.disk, "channel.db"), "--usage-db="+filepath.Join(m.disk, "usage.db"))
	cmd.Dir = m.disk
	p := lab.Start(t, "wormhole-mailbox", cmd)
	addr := p.Await(t, time.Minute, `starting on (?:b')?(\d+)`)[1]
	return server{"magic-wormhole-mailbox-server", "ws://127.0.0.1:" + addr + "/v1", p.PID(), p}, true
}

const meetingsCommand = "make bench-relay PART=meetings"

// Fails when a relay does less than six tenths of the meetings that a server would which
// does nothing but to read and write the same frames, or four tenths with its mailboxes on a disk; when that is
// less than five times what the Python server does; or when a hundredth of them takes longer than 50 ms there,
// at a hundred a second.
func TestMeetings(t *testing.T) {
	if *span == 0 {
		t.Skip("measures only with -meetings")
	}
	dir := t.TempDir()
	if err := lab.Build(dir, false, "sesame-relay"); err != nil {
		t.Fatal(err)
	}
	disk, err := os.MkdirTemp(*state, "bench-state-")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(disk)
	m := &meetings{filepath.Join(dir, "sesame-relay"), disk}
	bare := m.bare(t)
	floor := measure(t, bare.url, bare.pid, true, 0)
	row(t, "bare echo", fmt.Sprintf("%.0f meetings a core-second", floor.perCore), "what the others are measured by", "", meetingsCommand, true)
	var kept float64
	for _, c := range []struct {
		name, state string
		least       float64
	}{{"memory", "none", 0.6}, {"bbolt", filepath.Join(disk, "ours"), 0.4}} {
		s := m.ours(t, c.state)
		r := measure(t, s.url, s.pid, false, 0)
		beside := fmt.Sprintf("%.0f bytes written a meeting", r.disk)
		row(t, "meetings, "+c.name, fmt.Sprintf("%.0f a core-second, %.2f × the echo", r.perCore, r.perCore/floor.perCore), fmt.Sprintf("≥ %.1f ×", c.least), beside,
			meetingsCommand, r.perCore >= c.least*floor.perCore)
		syncs := syncing(t, disk)
		steady := measure(t, s.url, s.pid, false, 100)
		row(t, "a meeting at 100/s, "+c.name, fmt.Sprintf("p50 %v, p99 %v", steady.p50, steady.p99), "p99 ≤ 50 ms", "the disk just before: "+syncs.String(), meetingsCommand, steady.p99 <= 50*time.Millisecond)
		kept = r.perCore
	}
	m.syncs(t)
	theirs, there := m.theirs(t)
	if !there {
		t.Log("there is no twist3: the Python server isn't measured")
		return
	}
	r := measure(t, theirs.url, theirs.pid, false, 0)
	rate := max(1, int(r.perSecond/2))
	steady := measure(t, theirs.url, theirs.pid, false, rate)
	row(t, "meetings, bbolt beside Python with SQLite", fmt.Sprintf("%.1f ×", kept/r.perCore), "≥ 5 ×", fmt.Sprintf("%.0f a core-second", r.perCore), meetingsCommand, kept >= 5*r.perCore)
	row(t, fmt.Sprintf("a meeting at %d/s, Python with SQLite", rate), fmt.Sprintf("p50 %v, p99 %v", steady.p50, steady.p99), "no bound", "half of what it can", meetingsCommand, true)
}
