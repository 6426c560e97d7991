//go:build unix

package main

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/coder/websocket"
)

// logs waits until the program has logged a text.
func (p *program) logs(text string) {
	p.t.Helper()
	for begin := time.Now(); ; time.Sleep(time.Millisecond) { // until what another process wrote is here
		p.mu.Lock()
		log := p.stderr.String()
		p.mu.Unlock()
		if strings.Contains(log, text) {
			return
		}
		if time.Since(begin) > patience {
			p.t.Fatalf("it doesn't log %q, but:\n%s", text, log)
		}
	}
}

// welcome returns what a mailbox client is greeted with.
func welcome(t *testing.T, addr string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	c, _, err := websocket.Dial(ctx, "ws://"+addr+"/v1", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer c.CloseNow()
	_, b, err := c.Read(ctx)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// Fails when a running server doesn't take what it can of a file that has changed, when it
// doesn't say what it can't, or when it takes a file that is wrong.
func TestReload(t *testing.T) {
	name := filepath.Join(t.TempDir(), "relay.conf")
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("listen = 127.0.0.1:0\nmotd = before\n")
	p := start(t, "--config", name)
	addr := serverLine.FindStringSubmatch(p.line)[1]
	if text := welcome(t, addr); !strings.Contains(text, `"motd":"before"`) {
		t.Errorf("before: %s", text)
	}
	write("listen = 127.0.0.1:1\nmotd = after\nwaiting = 1\n")
	p.cmd.Process.Signal(syscall.SIGHUP)
	p.logs(`msg="read the settings again" changed="[motd waiting]"`)
	p.logs("settings=[listen]")
	if text := welcome(t, addr); !strings.Contains(text, `"motd":"after"`) {
		t.Errorf("after: %s", text)
	}
	write("motd = wrong\nwaiting = x\n")
	p.cmd.Process.Signal(syscall.SIGHUP)
	p.logs("the settings stay as they were")
	if text := welcome(t, addr); !strings.Contains(text, `"motd":"after"`) {
		t.Errorf("after a wrong file: %s", text)
	}
	p.stop(os.Interrupt)
}

// Fails when a running server doesn't take another level, or doesn't tell in one line that it
// has changed.
func TestLevelIsReloaded(t *testing.T) {
	name := filepath.Join(t.TempDir(), "relay.conf")
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile(name, []byte("listen = 127.0.0.1:0\n"+text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("")
	p := start(t, "--config", name)
	addr := serverLine.FindStringSubmatch(p.line)[1]
	if text := welcome(t, addr); strings.Contains(text, "hashcash") {
		t.Errorf("before: %s", text)
	}
	write("level = 3\n")
	p.cmd.Process.Signal(syscall.SIGHUP)
	p.logs(`level=WARN msg="level of defence" from=0 to=3 "because of"=setting`)
	if text := welcome(t, addr); !strings.Contains(text, `"hashcash":{"bits":24,`) || !strings.Contains(text, `"level":3`) {
		t.Errorf("at level 3: %s", text)
	}
	write("level = auto\n")
	p.cmd.Process.Signal(syscall.SIGHUP)
	p.logs(`level=INFO msg="level of defence" from=3 to=0 "because of"=setting`)
	if text := welcome(t, addr); strings.Contains(text, "hashcash") {
		t.Errorf("after: %s", text)
	}
	p.stop(os.Interrupt)
}

// Fails when a list is read more than once at a start or a reload: it may be another one by then. Who writes
// it here does so once each time.
func TestListsAreReadOnce(t *testing.T) {
	name := filepath.Join(t.TempDir(), "tokens")
	if err := syscall.Mkfifo(name, 0o600); err != nil {
		t.Skip(err)
	}
	write := func(text string) {
		f, err := os.OpenFile(name, os.O_WRONLY, 0) // when somebody reads
		if err == nil {
			_, err = f.WriteString(text)
			f.Close()
		}
		if err != nil {
			t.Error(err)
		}
	}
	go write("0123456789abcdef\n")
	p := start(t, "--listen", "127.0.0.1:0", "--token-file", name)
	p.cmd.Process.Signal(syscall.SIGHUP)
	write("# none any more\n")
	p.logs("there is no token in the token file")
	p.logs("read the settings again")
	p.stop(os.Interrupt)
}

// Fails when check-config doesn't say what is wrong where, or starts a server.
func TestCheckConfig(t *testing.T) {
	name := filepath.Join(t.TempDir(), "relay.conf")
	if err := os.WriteFile(name, []byte("motd = hello\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	var stdout, stderr strings.Builder
	if code := run([]string{"check-config", "--config", name, "--drain", "1m"}, &stdout, &stderr); code != exitOK || stderr.Len() > 0 {
		t.Errorf("exit code %d, %s", code, &stderr)
	}
	for _, want := range []string{"motd = hello", "# " + name + ", line 1", "drain = 1m", "# flag", "claims-per-source = 60", "# default"} {
		if !strings.Contains(stdout.String(), want) {
			t.Errorf("it doesn't print %q:\n%s", want, &stdout)
		}
	}
	os.WriteFile(name, []byte("\nmotd = a\nmood = b\n"), 0o600)
	stdout.Reset()
	if code := run([]string{"check-config", "--config", name}, &stdout, &stderr); code != exitUsage || stdout.Len() > 0 || !strings.Contains(stderr.String(), name+":3: ") {
		t.Errorf("exit code %d, stdout %q, stderr %q", code, &stdout, &stderr)
	}
}
