package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/coder/websocket"
)

// A side of a meeting that comes back whenever it loses its connection, and goes on where it
// was told that it had got to.
type meetingSide struct {
	addr, name string
	mailbox    string          // once it was told
	heard      map[string]bool // messages, its own too
	released   bool
	closing    bool // it has said that it closes, and may have been understood
	closed     bool
}

// errWrong says that what a server does doesn't fit what it has said.
var errWrong = errors.New("what the server does doesn't fit what it has said")

// meet goes on until the side was told that it has closed.
func (m *meetingSide) meet(ctx context.Context) error {
	m.heard = map[string]bool{}
	for !m.closed {
		err := m.visit(ctx)
		if errors.Is(err, errWrong) || ctx.Err() != nil {
			return fmt.Errorf("side %s: %w", m.name, err)
		}
		select {
		case <-time.After(10 * time.Millisecond): // between tries to connect
		case <-ctx.Done():
		}
	}
	return nil
}

// visit is one connection.
func (m *meetingSide) visit(ctx context.Context) error {
	ws, _, err := websocket.Dial(ctx, "ws://"+m.addr+"/v1", nil)
	if err != nil {
		return err
	}
	defer ws.CloseNow()
	say := func(format string, args ...any) {
		ws.Write(ctx, websocket.MessageText, fmt.Appendf(nil, format, args...))
	}
	var replay map[string]bool // what comes until the pong after open
	replayed := false
	read := func() error {
		_, b, err := ws.Read(ctx)
		if err != nil {
			return err
		}
		var r map[string]any
		if err := json.Unmarshal(b, &r); err != nil {
			return err
		}
		switch r["type"] {
		case "error":
			return fmt.Errorf("%w: %v", errWrong, r["error"])
		case "message":
			key := fmt.Sprint(r["side"], ":", r["phase"], "=", r["body"])
			m.heard[key] = true
			if replay != nil {
				replay[key] = true
			}
		case "claimed":
			if m.mailbox != "" && m.mailbox != r["mailbox"] {
				return fmt.Errorf("%w: another mailbox", errWrong)
			}
			m.mailbox = r["mailbox"].(string)
		case "released":
			m.released = true
		case "closed":
			m.closed = true
		case "pong":
			replayed = true
		}
		return nil
	}
	until := func(done func() bool) error {
		for !done() {
			if err := read(); err != nil {
				return err
			}
		}
		return nil
	}
	said := func(side, what string) string { return fmt.Sprint(side, ":", what, "=", side+what) }
	other := map[string]string{"a": "b", "b": "a"}[m.name]
	say(`{"type":"bind","appid":"app","side":%q}`, m.name)
	leave := func() error {
		m.closing = true
		say(`{"type":"close","mailbox":%q,"mood":"happy"}`, m.mailbox)
		return until(func() bool { return m.closed })
	}
	if m.closing {
		return leave()
	}
	if m.mailbox == "" {
		say(`{"type":"claim","nameplate":"4","once":true}`)
		if err := until(func() bool { return m.mailbox != "" }); err != nil {
			return err
		}
	}
	before := len(m.heard)
	replay = map[string]bool{}
	say(`{"type":"open","mailbox":%q}`, m.mailbox)
	say(`{"type":"ping","ping":1}`)
	if err := until(func() bool { return replayed }); err != nil {
		return err
	}
	if len(replay) < before {
		return fmt.Errorf("%w: %d messages of %d are there", errWrong, len(replay), before)
	}
	replay = nil
	for _, what := range []string{"pake", "version", "0"} {
		if !m.heard[said(m.name, what)] {
			say(`{"type":"add","phase":%q,"body":%q}`, what, m.name+what)
		}
		if err := until(func() bool { return m.heard[said(m.name, what)] && m.heard[said(other, what)] }); err != nil {
			return err
		}
		if what == "pake" && !m.released {
			say(`{"type":"release","nameplate":"4"}`)
			if err := until(func() bool { return m.released }); err != nil {
				return err
			}
		}
	}
	return leave()
}

// Fails when a meeting doesn't survive that its server is killed, at any of the writes
// by which the store keeps something, or when what somebody was told isn't so afterwards.
// strace counts the calls of each thread, and the store writes from several: so each number is
// tried killRounds times, and the log says how many of the writes it was.
func TestKilledAtAnyWrite(t *testing.T) {
	if err := exec.Command("strace", "-f", "-qq", "-o", "/dev/null", "-e", "inject=fdatasync:signal=KILL:when=65000", "true").Run(); err != nil {
		t.Skip("strace can't inject here:", err)
	}
	for _, call := range []string{"pwrite64", "fdatasync", "renameat"} {
		t.Run(call, func(t *testing.T) {
			t.Parallel()
			killed := map[int]bool{}
			for n, alive := 1, 0; alive < 3; n++ {
				alive++
				for range killRounds {
					if at := meetAndKill(t, call, n); at > 0 {
						alive, killed[at] = 0, true
					}
					if t.Failed() {
						return
					}
				}
			}
			if len(killed) == 0 {
				t.Error("it was never killed: the test is broken")
			}
			t.Logf("killed at call %v", slices.Sorted(maps.Keys(killed)))
		})
	}
}

// meetAndKill has two meet over a server that is killed at the n-th call of a thread, and
// started again. It returns at which call of all that was, 0 if they were not that many.
func meetAndKill(t *testing.T, call string, n int) (at int) {
	dir, addr := t.TempDir(), freePort(t)
	args := []string{"--listen", addr, "--no-stun", "--quiet", "--state", filepath.Join(dir, "state")}
	serve := command(t, args...)
	traced := exec.Command("strace", slices.Concat([]string{"-f", "-qq", "-o", filepath.Join(dir, "trace"),
		"-e", "trace=" + call, "-e", fmt.Sprintf("inject=%s:signal=KILL:when=%d", call, n)}, serve.Args)...)
	traced.Path, traced.Env = mustLook(t, "strace"), append(serve.Env, "GOMAXPROCS=1")
	traced.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if err := traced.Start(); err != nil {
		t.Fatal(err)
	}
	over := make(chan struct{})
	go func() { traced.Wait(); close(over) }()
	var again *exec.Cmd
	met := make(chan struct{})
	var guard sync.WaitGroup
	guard.Go(func() {
		select {
		case <-met:
			return
		case <-over:
		}
		again = command(t, args...)
		if err := again.Start(); err != nil {
			t.Error(err)
		}
	})
	var sides sync.WaitGroup
	for _, name := range []string{"a", "b"} {
		sides.Go(func() {
			if err := (&meetingSide{addr: addr, name: name}).meet(ctx); err != nil {
				t.Errorf("killed at %s %d: %v", call, n, err)
			}
		})
	}
	sides.Wait()
	if !t.Failed() {
		if why := claims(ctx, addr, "4"); why != "nameplate was already used" {
			t.Errorf("killed at %s %d: who comes late hears %q", call, n, why)
		}
	}
	close(met)
	guard.Wait()
	if again != nil {
		again.Process.Kill()
		again.Wait()
		b, err := os.ReadFile(filepath.Join(dir, "trace"))
		if err != nil {
			t.Error(err)
		}
		return strings.Count(string(b), call+"(")
	}
	syscall.Kill(-traced.Process.Pid, syscall.SIGKILL) // strace, and what it traces
	<-over
	return 0
}

// claims returns what somebody else hears who claims a nameplate.
func claims(ctx context.Context, addr, nameplate string) string {
	for ctx.Err() == nil {
		ws, _, err := websocket.Dial(ctx, "ws://"+addr+"/v1", nil)
		if err != nil {
			continue
		}
		defer ws.CloseNow()
		ws.Write(ctx, websocket.MessageText, []byte(`{"type":"bind","appid":"app","side":"c"}`))
		ws.Write(ctx, websocket.MessageText, fmt.Appendf(nil, `{"type":"claim","nameplate":%q,"once":true}`, nameplate))
		for {
			_, b, err := ws.Read(ctx)
			if err != nil {
				break
			}
			var r map[string]any
			json.Unmarshal(b, &r)
			if r["type"] == "error" {
				return r["error"].(string)
			}
			if r["type"] == "claimed" {
				return "claimed"
			}
		}
	}
	return "nothing"
}

func mustLook(t *testing.T, name string) string {
	path, err := exec.LookPath(name)
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// freePort returns an address where nobody listens now.
func freePort(t *testing.T) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// Fails when a state that is damaged keeps a server from starting, or isn't kept.
func TestDamagedState(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "state"), []byte(strings.Repeat("damaged", 10_000)), 0o600); err != nil {
		t.Fatal(err)
	}
	begun := time.Now()
	p := start(t, "--listen", "127.0.0.1:0", "--no-stun", "--state", dir)
	took := time.Since(begun)
	_, log, _ := p.stop(os.Interrupt)
	kept, _ := filepath.Glob(filepath.Join(dir, "state.damaged-*"))
	if !strings.Contains(log, "level=ERROR") || len(kept) != 1 || took > 30*time.Second {
		t.Errorf("after %v, kept %q:\n%s", took, kept, log)
	}
}
