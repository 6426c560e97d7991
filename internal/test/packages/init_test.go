//go:build linux

package packages

import (
	"bufio"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"sesame/internal/test/lab"
)

// patience bounds every wait for something that should happen soon.
const patience = 2 * time.Minute

// An initial stands for systemd on a host that has none: what scripts and people ask systemctl for comes
// here. Of the relay it does what the units say: its port stays open while it is started again, and it
// is up when it has said so.
type initial struct {
	h      *host
	socket *os.File
	url    string
	relay  *lab.Process
	notify *net.UnixConn
	asked  []string
	served chan error // closed when nobody is listened to any more
}

// The unit's program, and where systemd puts its state.
const (
	program  = "/usr/bin/sesame-relay"
	stateDir = "/var/lib/private/sesame-relay"
)

func newInitial(h *host) *initial {
	h.t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		h.t.Fatal(err)
	}
	i := &initial{h: h, url: "ws://" + l.Addr().String() + "/v1", served: make(chan error, 1)}
	if i.socket, err = l.(*net.TCPListener).File(); err != nil {
		h.t.Fatal(err)
	}
	l.Close()
	at := filepath.Join(h.root, "tmp", "notify")
	if i.notify, err = net.ListenUnixgram("unixgram", &net.UnixAddr{Name: at, Net: "unixgram"}); err != nil {
		h.t.Fatal(err)
	}
	h.run("mkdir -p /run/systemd/system && mkfifo /tmp/ask /tmp/answer && echo 127.0.0.1 relay.example.org >>/etc/hosts")
	for name, text := range map[string]string{
		"bin/systemctl":   `printf '%s\n' "$*" >/tmp/ask; read -r answer </tmp/answer; [ "$answer" = ok ] || { echo "$answer" >&2; exit 1; }`,
		"local/sbin/sudo": `exec "$@"`,
	} {
		file := filepath.Join(h.root, "usr", name) // where apt looks, too
		os.Remove(file)
		if err := os.WriteFile(file, []byte("#!/bin/sh\n"+text+"\n"), 0o755); err != nil {
			h.t.Fatal(err)
		}
	}
	go i.listen()
	h.t.Cleanup(i.end)
	return i
}

// listen does what is asked for, until "end" is.
func (i *initial) listen() {
	defer close(i.served)
	for {
		line, err := os.ReadFile(filepath.Join(i.h.root, "tmp/ask"))
		if err != nil || string(line) == "end\n" {
			return
		}
		answer := "ok"
		if err := i.do(strings.Fields(string(line))); err != nil {
			answer = err.Error()
		}
		i.asked = append(i.asked, strings.TrimSpace(string(line))+": "+answer)
		if err := os.WriteFile(filepath.Join(i.h.root, "tmp/answer"), []byte(answer+"\n"), 0); err != nil {
			return
		}
	}
}

func (i *initial) end() {
	os.WriteFile(filepath.Join(i.h.root, "tmp/ask"), []byte("end\n"), 0)
	<-i.served
	i.stop()
	i.notify.Close()
	i.socket.Close()
}

// do does what systemctl is asked for.
func (i *initial) do(args []string) error {
	now := slices.Contains(args, "--now")
	units := slices.DeleteFunc(slices.Clone(args[1:]), func(a string) bool { return strings.HasPrefix(a, "-") })
	service := slices.ContainsFunc(units, func(u string) bool { return strings.TrimSuffix(u, ".service") == "sesame-relay" })
	switch verb := args[0]; {
	case verb == "daemon-reload":
	case verb == "enable", verb == "disable":
		all := append([]string{"--root=" + i.h.root, verb}, units...)
		if out, err := exec.Command("systemctl", all...).CombinedOutput(); err != nil {
			return fmt.Errorf("%w %s", err, strings.ReplaceAll(string(out), "\n", " "))
		}
		switch {
		case now && verb == "enable" && service:
			return i.start()
		case now && service:
			return i.stop()
		}
	case !service:
	case verb == "start":
		return i.start()
	case verb == "stop":
		return i.stop()
	case verb == "restart", verb == "try-restart" && i.relay != nil:
		if err := i.stop(); err != nil {
			return err
		}
		return i.start()
	case verb == "try-restart":
	case verb == "reload" && i.relay != nil:
		i.relay.Signal(hangup)
	default:
		return fmt.Errorf("nothing is known of %q", args)
	}
	return nil
}

// start starts the service and returns when it is ready.
func (i *initial) start() error {
	if i.relay != nil {
		return nil
	}
	unit, err := os.ReadFile(filepath.Join(i.h.root, "lib/systemd/system/sesame-relay.service"))
	if err != nil || !strings.Contains(string(unit), "\nExecStart="+program+"\n") {
		return fmt.Errorf("the unit doesn't start %s (%v)", program, err)
	}
	if err := os.MkdirAll(filepath.Join(i.h.root, stateDir), 0o700); err != nil {
		return err
	}
	cmd := exec.Command("chroot", i.h.root, "/bin/sh", "-c", "LISTEN_PID=$$ exec "+program)
	cmd.Env = []string{
		"PATH=/usr/bin:/bin", "LISTEN_FDS=1", "LISTEN_FDNAMES=main", "NOTIFY_SOCKET=/tmp/notify",
		"STATE_DIRECTORY=" + stateDir, "SESAME_RELAY_STATE=" + stateDir,
		"SESAME_RELAY_NO_STUN=true", "SESAME_RELAY_ACME=http://127.0.0.1:1/dir", // nobody is asked for anything
	}
	cmd.ExtraFiles = []*os.File{i.socket}
	i.relay = lab.Start(i.h.t, "sesame-relay", cmd)
	i.notify.SetReadDeadline(time.Now().Add(patience))
	b := make([]byte, 1000)
	for {
		n, err := i.notify.Read(b)
		if err != nil {
			return fmt.Errorf("it doesn't get ready: %w", err)
		}
		if strings.Contains(string(b[:n])+"\n", "READY=1\n") {
			return nil
		}
	}
}

// stop stops it.
func (i *initial) stop() error {
	if i.relay == nil {
		return nil
	}
	i.relay.Signal(terminate)
	code := i.relay.Exit(i.h.t, patience)
	i.relay = nil
	if code != 0 {
		return fmt.Errorf("it ended with %d", code)
	}
	return nil
}

// A block is commands of the page that stand together, and why they aren't run, if they aren't.
type block struct {
	lines  []string
	notRun string
}

// blocks returns the commands of a page.
func blocks(t *testing.T, page string) (all []block) {
	t.Helper()
	f, err := os.Open(page)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	in, notRun := false, ""
	for s := bufio.NewScanner(f); s.Scan(); {
		line := s.Text()
		mark, marked := strings.CutPrefix(line, "<!-- not run: ")
		switch {
		case marked:
			notRun = strings.TrimSuffix(mark, " -->")
		case line == "```sh":
			in = true
			all = append(all, block{notRun: notRun})
			notRun = ""
		case strings.HasPrefix(line, "```"):
			in = false
		case in:
			last := &all[len(all)-1]
			last.lines = append(last.lines, line)
		}
	}
	return all
}
