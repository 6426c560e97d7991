package main

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// supervised returns the program as systemd runs it: with sockets that stay open, and
// told where to say how it is.
func supervised(t *testing.T, notify string, files map[string]*os.File, args ...string) *exec.Cmd {
	t.Helper()
	cmd := command(t, args...)
	var names []string
	for name, f := range files {
		names = append(names, strings.TrimRight(name, "12"))
		cmd.ExtraFiles = append(cmd.ExtraFiles, f)
	}
	// Only the program itself knows the number that it has as a process.
	cmd.Args = append([]string{"sh", "-c", `LISTEN_PID=$$ exec "$0" "$@"`, cmd.Path}, cmd.Args[1:]...)
	cmd.Path = "/bin/sh"
	cmd.Env = append(cmd.Env, "LISTEN_FDS="+fmt.Sprint(len(names)), "LISTEN_FDNAMES="+strings.Join(names, ":"), "NOTIFY_SOCKET="+notify, "WATCHDOG_USEC=300000")
	return cmd
}

// A supervisor hears what programs say of themselves.
type supervisor struct {
	t    *testing.T
	conn *net.UnixConn
}

func listenAsSupervisor(t *testing.T) (*supervisor, string) {
	t.Helper()
	at := filepath.Join(t.TempDir(), "notify")
	c, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: at, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return &supervisor{t, c}, at
}

// hear returns when a program has said that.
func (s *supervisor) hear(state string) {
	s.t.Helper()
	s.conn.SetReadDeadline(time.Now().Add(patience))
	b := make([]byte, 1000)
	for {
		n, err := s.conn.Read(b)
		if err != nil {
			s.t.Fatalf("%s isn't said: %v", state, err)
		}
		if strings.Contains(string(b[:n])+"\n", state+"\n") {
			return
		}
	}
}

func fileOf(t *testing.T, l interface{ File() (*os.File, error) }) *os.File {
	t.Helper()
	f, err := l.File()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

func listen(t *testing.T) (*net.TCPListener, *os.File) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l.(*net.TCPListener), fileOf(t, l.(*net.TCPListener))
}

// A server that is supervised serves on the sockets that it is given, and says when it is
// ready, that it is well, that it reads its settings again, and that it stops.
func TestSupervised(t *testing.T) {
	t.Parallel()
	super, notify := listenAsSupervisor(t)
	main, mainFile := listen(t)
	shown, metricsFile := listen(t)
	udp, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	defer udp.Close()
	p := launch(t, supervised(t, notify, map[string]*os.File{"main": mainFile, "metrics": metricsFile, "stun": fileOf(t, udp)}, "--listen", "127.0.0.1:1"))
	if want := "export SESAME_SERVER=ws://" + main.Addr().String() + "/v1\n"; p.line != want {
		t.Errorf("the line is %q, want %q", p.line, want)
	}
	super.hear("READY=1")
	super.hear("WATCHDOG=1")
	super.hear("WATCHDOG=1")
	a, b := pipe(t, main.Addr().String())
	io.WriteString(a, "hello")
	if _, err := io.ReadFull(b, make([]byte, 5)); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{"/metrics": "\nsesame_pairs 1\n", "/healthz": "ok\n", "/readyz": "ok\n"} {
		resp, err := http.Get("http://" + shown.Addr().String() + path)
		if err != nil {
			t.Fatal(err)
		}
		text, _ := io.ReadAll(resp.Body)
		resp.Body.Close()
		if resp.StatusCode != http.StatusOK || !strings.Contains(string(text), want) {
			t.Errorf("%s: %s, without %q", path, resp.Status, want)
		}
	}
	p.cmd.Process.Signal(syscall.SIGHUP)
	super.hear("RELOADING=1")
	super.hear("READY=1")
	p.cmd.Process.Signal(syscall.SIGTERM)
	super.hear("STOPPING=1")
	a.Close()
	b.Close()
	if _, log, code := p.stop(); code != 0 || !strings.Contains(log, fmt.Sprintf(`"UDP ports"=[%d]`, udp.LocalAddr().(*net.UDPAddr).Port)) {
		t.Errorf("exit code %d, log:\n%s", code, log)
	}
}

// Fails if STUN is answered on a socket that is passed though the settings say that it isn't.
func TestNoSTUNThoughPassed(t *testing.T) {
	t.Parallel()
	super, notify := listenAsSupervisor(t)
	main, file := listen(t)
	udp, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	defer udp.Close()
	p := launch(t, supervised(t, notify, map[string]*os.File{"main": file, "stun": fileOf(t, udp)}, "--no-stun"))
	super.hear("READY=1")
	if text := welcome(t, main.Addr().String()); strings.Contains(text, "stun-ports") {
		t.Errorf("clients are told of it: %s", text)
	}
	if _, log, code := p.stop(syscall.SIGTERM); code != 0 || strings.Contains(log, "STUN") {
		t.Errorf("exit code %d, log:\n%s", code, log)
	}
}

// Nobody is refused while a server is started again whose socket stays open.
func TestNobodyIsRefusedAtARestart(t *testing.T) {
	t.Parallel()
	super, notify := listenAsSupervisor(t)
	main, file := listen(t)
	for range 3 {
		p := launch(t, supervised(t, notify, map[string]*os.File{"main": file}, "--no-stun", "--drain", "0s"))
		super.hear("READY=1")
		a, b := pipe(t, main.Addr().String())
		a.Close()
		b.Close()
		if _, log, code := p.stop(syscall.SIGTERM); code != 0 {
			t.Fatalf("exit code %d, log:\n%s", code, log)
		}
		c, err := net.Dial("tcp", main.Addr().String())
		if err != nil {
			t.Fatalf("between two servers: %v", err)
		}
		defer c.Close() // it waits for the next one
	}
}

func TestOddSockets(t *testing.T) {
	t.Parallel()
	_, notify := listenAsSupervisor(t)
	_, one := listen(t)
	_, two := listen(t)
	for want, files := range map[string]map[string]*os.File{
		`is called "web"`:     {"web": one},
		`are called "main"`:   {"main1": one, "main2": two},
		`isn't for datagrams`: {"stun": one},
	} {
		out, err := supervised(t, notify, files).CombinedOutput()
		if exit := (*exec.ExitError)(nil); !errors.As(err, &exit) || exit.ExitCode() != exitListen || !strings.Contains(string(out), want) {
			t.Errorf("%v: %v, %q", files, err, out)
		}
	}
}
