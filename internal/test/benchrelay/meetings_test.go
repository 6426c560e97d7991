//go:build linux

// Package benchrelay measures the built relay beside what it might be compared with, in
// one run (make bench-relay).
package benchrelay

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coder/websocket"

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

// echo answers each frame with itself, as often as its first byte says: a server that does
// nothing but to read and write.
func echo() {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	fmt.Printf("ws://%s/\n", l.Addr())
	http.Serve(l, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ws, err := websocket.Accept(w, r, nil)
		if err != nil {
			return
		}
		defer ws.CloseNow()
		for {
			_, b, err := ws.Read(r.Context())
			if err != nil {
				return
			}
			for range b[0] - '0' {
				if ws.Write(r.Context(), websocket.MessageText, b) != nil {
					return
				}
			}
		}
	}))
}

// A talk is what one side says, and how many frames it hears for each.
var talk = []struct {
	frame string
	hears int
}{
	{`{"type":"bind","appid":"bench","side":"%s"}`, 1},
	{`{"type":"claim","nameplate":"%s"}`, 2},
	{`{"type":"open","mailbox":"%s"}`, 1},
	{`{"type":"add","phase":"pake","body":"` + body + `"}`, 3},
	{`{"type":"release"}`, 2},
	{`{"type":"add","phase":"version","body":"` + body + `"}`, 3},
	{`{"type":"add","phase":"0","body":"` + body + `"}`, 3},
	{`{"type":"close","mood":"happy"}`, 2},
}

var body = strings.Repeat("00", 150)

// side is one of two that meet.
func side(ctx context.Context, url, name, nameplate string, echoes bool) error {
	ws, _, err := websocket.Dial(ctx, url, nil)
	if err != nil {
		return err
	}
	defer ws.CloseNow()
	if !echoes {
		if _, _, err := ws.Read(ctx); err != nil { // welcome
			return err
		}
	}
	var box string
	for i, step := range talk {
		frame := step.frame
		if strings.Contains(frame, "%s") {
			frame = fmt.Sprintf(frame, []string{name, nameplate, box}[i])
		}
		if echoes {
			frame = strconv.Itoa(step.hears) + frame
		}
		if err := ws.Write(ctx, websocket.MessageText, []byte(frame)); err != nil {
			return err
		}
		// What the other one says may come earlier, or later: all is heard in the end.
		for heard := 0; heard < step.hears; heard++ {
			_, b, err := ws.Read(ctx)
			if err != nil {
				return err
			}
			switch {
			case bytes.Contains(b, []byte(`"error"`)):
				return fmt.Errorf("%s for %s", b, frame)
			case !echoes && bytes.Contains(b, []byte(`"claimed"`)):
				var m struct{ Mailbox string }
				json.Unmarshal(b, &m)
				box = m.Mailbox
			}
		}
	}
	return nil
}

// A result is what a server did.
type result struct {
	perCore float64 // meetings a second of processor time
	disk    float64 // bytes that went to the disk, a meeting
	p50     time.Duration
	p99     time.Duration
}

var number atomic.Int64

// measure has pairs meet over a server: as many as can, or so many a second.
func measure(t *testing.T, url string, pid int, echoes bool, rate int) result {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), *span+time.Minute)
	defer cancel()
	var mu sync.Mutex
	var took []time.Duration
	var broken atomic.Bool
	meet := func() {
		n := fmt.Sprint(10_000_000 + number.Add(1))
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
	return result{float64(n) / (cpu(t, pid) - before).Seconds(), float64(written(pid)-disk) / float64(n), took[n/2], took[n*99/100]}
}

// cpu returns what a process has used of the processors.
func cpu(t *testing.T, pid int) time.Duration {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		t.Fatal(err)
	}
	fields := strings.Fields(string(b[bytes.LastIndexByte(b, ')')+1:]))
	user, _ := strconv.Atoi(fields[11])
	system, _ := strconv.Atoi(fields[12])
	return time.Duration(user+system) * time.Second / 100
}

// written returns how many bytes a process has had the system write to disks.
func written(pid int) int {
	b, _ := os.ReadFile(fmt.Sprintf("/proc/%d/io", pid))
	m := regexp.MustCompile(`write_bytes: (\d+)`).FindSubmatch(b)
	if m == nil {
		return 0
	}
	n, _ := strconv.Atoi(string(m[1]))
	return n
}

// Fails when a relay does less than six tenths of the meetings that a server would which
// does nothing but to read and write the same frames, or four tenths with its mailboxes on a disk; or when a
// hundredth of them takes longer than 50 ms there, at a hundred a second.
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
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	bare := exec.Command(self)
	bare.Env = append(os.Environ(), beEcho+"=1")
	start := func(name string, cmd *exec.Cmd) (string, int) {
		p, line := lab.FirstLine(t, name, cmd)
		return regexp.MustCompile(`ws://\S+`).FindString(line), p.PID()
	}
	relay := func(state string) *exec.Cmd {
		return exec.Command(filepath.Join(dir, "sesame-relay"), "--listen", "127.0.0.1:0", "--no-stun", "--quiet", "--state", state,
			"--mailboxes-per-source", "100000", "--claims-per-source", "1000000", "--unknown-per-source", "1000000", "--ruined-per-source", "1000000", "--accepts", "100000", "--accepts-per-source", "100000", "--conns-per-source", "10000", "--quarantined", "1000")
	}
	url, pid := start("echo", bare)
	floor := measure(t, url, pid, true, 0)
	t.Logf("bare echo: %.0f meetings a core-second", floor.perCore)
	for _, c := range []struct {
		name, state string
		least       float64
	}{{"memory", "none", 0.6}, {"disk", disk, 0.4}} {
		url, pid := start("sesame-relay", relay(c.state))
		r := measure(t, url, pid, false, 0)
		steady := measure(t, url, pid, false, 100)
		t.Logf("%s: %.0f meetings a core-second, %.2f of the echo; at 100 a second p50 %v, p99 %v; %.0f bytes written to the disk a meeting",
			c.name, r.perCore, r.perCore/floor.perCore, steady.p50, steady.p99, r.disk)
		if r.perCore < c.least*floor.perCore {
			t.Errorf("%s: %.2f of the echo, want %.1f", c.name, r.perCore/floor.perCore, c.least)
		}
		if steady.p99 > 50*time.Millisecond {
			t.Errorf("%s: p99 is %v", c.name, steady.p99)
		}
	}
}
