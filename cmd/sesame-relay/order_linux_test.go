package main

import (
	"bytes"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"sesame/relay/store"
	"sesame/relay/store/bolt"
)

// begun starts a program that isn't to become ready, stops it when that is to be, and returns what it has
// said.
func begun(t *testing.T, cmd *exec.Cmd, stop func()) (stdout, stderr string, code int) {
	t.Helper()
	var out, log bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	overdue := time.AfterFunc(patience, func() { cmd.Process.Kill() })
	defer overdue.Stop()
	if stop != nil {
		stop()
		cmd.Process.Signal(syscall.SIGTERM)
	}
	cmd.Wait()
	return out.String(), log.String(), cmd.ProcessState.ExitCode()
}

// Fails if a server that is to stop while it asks for a certificate asks on, or says that it is
// ready.
func TestStoppedWhileItAsks(t *testing.T) {
	t.Parallel()
	authority, err := net.Listen("tcp", "127.0.0.1:0") // it takes questions and never answers
	if err != nil {
		t.Fatal(err)
	}
	defer authority.Close()
	authority.(*net.TCPListener).SetDeadline(time.Now().Add(patience))
	super, notify := listenAsSupervisor(t)
	main, file := listen(t)
	cmd := supervised(t, notify, map[string]*os.File{"main": file}, "--no-stun", "--domain", name, "--acme", "http://"+authority.Addr().String()+"/dir", "--state", t.TempDir())
	stdout, log, code := begun(t, cmd, func() {
		c, err := authority.Accept()
		if err != nil {
			t.Error("it asks for nothing: ", err)
			return
		}
		t.Cleanup(func() { c.Close() })
		a, b := pipe(t, main.Addr().String()) // what needs no certificate is served
		a.Close()
		b.Close()
	})
	if stdout != "" || code != exitOK || !strings.Contains(log, "stopped") {
		t.Errorf("stdout %q, exit code %d, log:\n%s", stdout, code, log)
	}
	super.never("READY=1")
}

// Fails if a server doesn't stop that isn't up yet: here it waits for a file.
func TestStoppedBeforeItIsUp(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "tokens")
	if err := syscall.Mkfifo(file, 0o600); err != nil {
		t.Skip(err)
	}
	stdout, log, code := begun(t, command(t, "--listen", "127.0.0.1:0", "--token-file", file), func() {
		f, err := os.OpenFile(file, os.O_WRONLY, 0) // when it reads
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { f.Close() })
	})
	if stdout != "" || code != exitOK || !strings.Contains(log, "stopped before it was ready") {
		t.Errorf("stdout %q, exit code %d, log:\n%s", stdout, code, log)
	}
}

// Fails if a server says that it is ready before it has read what is kept, or though it can't.
func TestNotReadyWithoutItsState(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	leaveMailbox(t, dir, "\x02 of another age")
	super, notify := listenAsSupervisor(t)
	_, file := listen(t)
	stdout, log, code := begun(t, supervised(t, notify, map[string]*os.File{"main": file}, "--no-stun", "--state", dir), nil)
	last := log[strings.LastIndex(strings.TrimSuffix(log, "\n"), "\n")+1:]
	if stdout != "" || code != exitListen || !strings.HasPrefix(last, "sesame-relay: can't use the state directory "+dir) {
		t.Errorf("stdout %q, exit code %d, log:\n%s", stdout, code, log)
	}
	super.never("READY=1")
}

// leaveMailbox puts a mailbox into a state directory.
func leaveMailbox(t *testing.T, dir, head string) {
	t.Helper()
	b, err := bolt.Open(dir, bolt.Config{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err = b.Commit(t.Context(), store.Put(store.Key{Kind: "box", App: "app", Name: "m"}, 0, head, time.Hour)); err == nil {
		err = b.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
}

// Fails if one mailbox that can't be read keeps a server from starting, or isn't told of, or what is in it is.
func TestOddRecord(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	leaveMailbox(t, dir, "secret")
	for _, says := range []int{1, 0} {
		_, log, code := start(t, "--listen", "127.0.0.1:0", "--no-stun", "--state", dir).stop(os.Interrupt)
		if n := strings.Count(log, "set aside"); n != says || strings.Contains(log, "secret") || code != exitOK {
			t.Errorf("exit code %d, log:\n%s", code, log)
		}
	}
}

// never fails the test if a program has said that. It has ended.
func (s *supervisor) never(state string) {
	s.t.Helper()
	s.conn.SetReadDeadline(time.Now())
	b := make([]byte, 1000)
	for {
		n, err := s.conn.Read(b)
		if err != nil {
			return
		}
		if strings.Contains(string(b[:n])+"\n", state+"\n") {
			s.t.Errorf("%s is said", state)
		}
	}
}

// Fails if a disk that hangs isn't noticed by who supervises the program, or if it is taken for hung
// for ever.
func TestDiskThatHangs(t *testing.T) {
	t.Parallel()
	super, notify := listenAsSupervisor(t)
	main, file := listen(t)
	p := launch(t, supervised(t, notify, map[string]*os.File{"main": file}, "--no-stun", "--state", t.TempDir()))
	super.hear("READY=1")
	super.hear("WATCHDOG=1")
	let := attach(t, p.cmd.Process.Pid, "fdatasync:delay_enter=3600000000")
	defer let()
	c := talk(t, main.Addr().String(), "a", true)
	c.say(`{"type":"claim","nameplate":"4"}`)
	p.logged(hangs)
	let()
	if m := c.hear("claimed"); m["type"] != "claimed" {
		t.Errorf("when the disk goes on: %v", m)
	}
	super.drain()
	super.hear("WATCHDOG=1")
	if _, log, code := p.stop(syscall.SIGTERM); code != 0 {
		t.Errorf("exit code %d, log:\n%s", code, log)
	}
}

var hangs = regexp.MustCompile(`(the server isn't well" error="the disk hasn't answered)`)

// drain forgets what was said so far.
func (s *supervisor) drain() {
	s.conn.SetReadDeadline(time.Now())
	io.Copy(io.Discard, s.conn)
}
