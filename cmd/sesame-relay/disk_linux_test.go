package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/coder/websocket"
	"golang.org/x/sys/unix"
)

// A talker is a mailbox client that says what it is told to.
type talker struct {
	t  *testing.T
	ws *websocket.Conn
}

// talk connects a client and binds it; a patient one says that it waits if it is told to.
func talk(t *testing.T, addr, side string, patient bool) *talker {
	t.Helper()
	c := stranger(t, addr)
	c.say(`{"type":"bind","appid":"app","side":%q,"retry":%v}`, side, patient)
	return c
}

// stranger connects a client.
func stranger(t *testing.T, addr string) *talker {
	t.Helper()
	ws, _, err := websocket.Dial(t.Context(), "ws://"+addr+"/v1", nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ws.CloseNow() })
	ws.SetReadLimit(1 << 20)
	return &talker{t, ws}
}

func (c *talker) say(format string, args ...any) {
	c.t.Helper()
	if err := c.ws.Write(c.t.Context(), websocket.MessageText, fmt.Appendf(nil, format, args...)); err != nil {
		c.t.Fatal(err)
	}
}

// hear returns the next message of a type, or one that says what is wrong, or nil at the end of
// the connection.
func (c *talker) hear(kind string) map[string]any {
	c.t.Helper()
	for {
		_, b, err := c.ws.Read(c.t.Context())
		if err != nil {
			return nil
		}
		var m map[string]any
		if err := json.Unmarshal(b, &m); err != nil {
			c.t.Fatal(err)
		}
		if m["type"] == kind || m["type"] == "error" {
			return m
		}
	}
}

// enter claims a number and opens its mailbox.
func (c *talker) enter(number string) {
	c.t.Helper()
	c.say(`{"type":"claim","nameplate":%q}`, number)
	m := c.hear("claimed")
	if m["type"] != "claimed" {
		c.t.Fatalf("%v", m)
	}
	c.say(`{"type":"open","mailbox":%q}`, m["mailbox"])
}

// A fault is something wrong with the disk of a state. break_ has it happen until mend.
type fault struct {
	name, said string
	state      func(t *testing.T) string
	break_     func(t *testing.T, pid int, state string) (mend func())
}

var faults = []fault{
	{"it fails", "input/output error",
		func(t *testing.T) string { return t.TempDir() },
		func(t *testing.T, pid int, _ string) func() {
			return attach(t, pid, "fdatasync:error=EIO")
		}},
	{"it is full", "no space left on device",
		func(t *testing.T) string {
			dir := t.TempDir()
			if err := unix.Mount("tmpfs", dir, "tmpfs", 0, "size=1m"); err != nil {
				t.Skip("may not mount a small disk:", err)
			}
			t.Cleanup(func() { unix.Unmount(dir, unix.MNT_DETACH) })
			return dir
		},
		func(t *testing.T, _ int, state string) func() {
			// What it has taken of the disk already it may write to once more: so it is to want more.
			ballast := filepath.Join(state, "ballast")
			os.WriteFile(ballast, make([]byte, 1<<20), 0o600)
			return func() { os.Remove(ballast) }
		}},
}

// attach has system calls of a process that runs end otherwise, as strace's inject says, until detach is
// called.
func attach(t *testing.T, pid int, inject string) (detach func()) {
	t.Helper()
	call, _, _ := strings.Cut(inject, ":")
	cmd := exec.Command(mustLook(t, "strace"), "-f", "-o", "/dev/null", "-e", "trace="+call, "-e", "inject="+inject, "-p", fmt.Sprint(pid))
	said, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(said)
	for attached := false; !attached; attached = strings.Contains(lines.Text(), "attached") {
		if !lines.Scan() {
			t.Skip("strace can't attach here")
		}
	}
	go io.Copy(io.Discard, said)
	return func() {
		cmd.Process.Signal(os.Interrupt)
		cmd.Wait()
	}
}

var figuresAt = regexp.MustCompile(`msg="showing figures" address=(\S+)`)

// T-SRV-2. Fails when a disk that fails, or is full, takes more along than what can't be kept: the program ends,
// what was kept can't be read, pipes don't meet, nobody is told why, or it doesn't go on when the disk
// is well again.
func TestDiskTrouble(t *testing.T) {
	for _, f := range faults {
		t.Run(f.name, func(t *testing.T) {
			t.Parallel()
			state := f.state(t)
			args := []string{"--listen", "127.0.0.1:0", "--no-stun", "--metrics", "127.0.0.1:0", "--list", "--state", state}
			p := start(t, args...)
			addr := serverLine.FindStringSubmatch(p.line)[1]
			shown := "http://" + p.logged(figuresAt)
			patient, other := talk(t, addr, "a", true), talk(t, addr, "b", false)
			patient.enter("4")
			other.enter("4")
			patient.say(`{"type":"add","phase":"pake","body":"aa"}`)
			if m := other.hear("message"); m["body"] != "aa" {
				t.Fatalf("before there is trouble: %v", m)
			}
			patient.hear("message")
			mend := f.break_(t, p.cmd.Process.Pid, state)
			defer mend()

			body := strings.Repeat("bb", 100_000)
			patient.say(`{"type":"add","phase":"version","body":%q}`, body)
			if m := patient.hear("message"); m["error"] != "server can't keep that now" || m["retry"] == nil {
				t.Errorf("who waits hears %.200v", fmt.Sprint(m))
			}
			if code, text := page(t, shown+"/readyz"); code != http.StatusServiceUnavailable || !strings.Contains(text, f.said) {
				t.Errorf("whether it takes new work: %d, %q", code, text)
			}
			other.say(`{"type":"add","phase":"pake","body":%q}`, body)
			if m := other.hear("message"); m != nil {
				t.Errorf("who doesn't wait isn't cut, but hears %.200v", fmt.Sprint(m))
			}
			if code, text := page(t, shown+"/healthz"); code != http.StatusOK {
				t.Errorf("whether it lives: %d, %q", code, text)
			}
			if _, text := page(t, shown+"/metrics"); !strings.Contains(text, `sesame_refused_total{why="not_saved"} 2`) {
				t.Error("it isn't counted what wasn't kept")
			}
			reader := talk(t, addr, "c", false)
			reader.say(`{"type":"list"}`)
			if m := reader.hear("nameplates"); !strings.Contains(fmt.Sprint(m), "id:4") {
				t.Errorf("who reads hears %v", m)
			}
			a, b := pipe(t, addr)
			fmt.Fprint(a, "hello")
			if _, err := io.ReadFull(b, make([]byte, 5)); err != nil {
				t.Errorf("pipes: %v", err)
			}
			a.Close()
			b.Close()

			mend()
			patient.say(`{"type":"add","phase":"version","body":%q}`, body)
			if m := patient.hear("message"); m["body"] != body {
				t.Errorf("when the disk is well again who waited hears %.200v", fmt.Sprint(m))
			}
			if code, text := page(t, shown+"/readyz"); code != http.StatusOK {
				t.Errorf("when the disk is well again: %d, %q", code, text)
			}
			if _, log, code := p.stop(syscall.SIGTERM); code != 0 {
				t.Errorf("exit code %d, log:\n%s", code, log)
			}
			p = start(t, args...)
			again := talk(t, serverLine.FindStringSubmatch(p.line)[1], "b", false)
			again.enter("4")
			for _, want := range []string{"aa", body} {
				if m := again.hear("message"); m["body"] != want {
					t.Errorf("after another start the other one hears %.200v", fmt.Sprint(m))
				}
			}
			if _, log, _ := p.stop(syscall.SIGTERM); strings.Contains(log, "level=ERROR") {
				t.Errorf("after another start:\n%s", log)
			}
		})
	}
}

// Fails if a disk that fails, or is full, has who supervises the program start it again, which helps
// nothing: it is trouble for those who want something kept, and no hang.
func TestDiskTroubleIsNoHang(t *testing.T) {
	for _, f := range faults {
		t.Run(f.name, func(t *testing.T) {
			t.Parallel()
			super, notify := listenAsSupervisor(t)
			main, file := listen(t)
			state := f.state(t)
			p := launch(t, supervised(t, notify, map[string]*os.File{"main": file}, "--no-stun", "--state", state))
			super.hear("READY=1")
			super.hear("WATCHDOG=1")
			c := talk(t, main.Addr().String(), "a", true)
			c.enter("4")
			mend := f.break_(t, p.cmd.Process.Pid, state)
			defer mend()
			for range 3 {
				c.say(`{"type":"add","phase":"pake","body":%q}`, strings.Repeat("bb", 100_000))
				if m := c.hear("message"); m["retry"] == nil {
					t.Fatalf("the disk isn't in trouble: %.200v", fmt.Sprint(m))
				}
				super.drain()
				super.hear("WATCHDOG=1")
			}
			mend()
			if _, log, code := p.stop(syscall.SIGTERM); code != 0 || hangs.MatchString(log) {
				t.Errorf("exit code %d, log:\n%s", code, log)
			}
		})
	}
}

// logged waits until the program has logged something, and returns its first group.
func (p *program) logged(what *regexp.Regexp) string {
	p.t.Helper()
	for begin := time.Now(); time.Since(begin) < patience; time.Sleep(5 * time.Millisecond) { // another process
		p.mu.Lock()
		m := what.FindStringSubmatch(p.stderr.String())
		p.mu.Unlock()
		if m != nil {
			return m[1]
		}
	}
	p.t.Fatalf("it doesn't log %v", what)
	return ""
}

// page returns a page for the operator.
func page(t *testing.T, url string) (code int, text string) {
	t.Helper()
	client := http.Client{Timeout: patience, Transport: &http.Transport{DisableKeepAlives: true}}
	for begin := time.Now(); ; {
		resp, err := client.Get(url)
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		if err == nil {
			return resp.StatusCode, string(b)
		}
		if time.Since(begin) > patience {
			t.Fatal(err)
		}
	}
}
