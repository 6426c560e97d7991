//go:build linux

package interop

import (
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"syscall"
	"testing"
	"time"

	"sesame/internal/test/lab"
)

// Servers are a mailbox server and a transit relay.
type servers struct {
	name    string
	ours    bool
	address string // where the relay with the fixed port is
	mailbox string // URL
	// transit is the relay's address; sesame isn't told of ours, it learns it
	// from the mailbox server.
	transit string
}

var printedURL = regexp.MustCompile(`wss?://[^\s'"]+`)

// startOurs runs sesame-relay as everybody has it: it keeps mailboxes on the disk.
func startOurs(t *testing.T) servers { return startOn(t, ourAddress, t.TempDir()) }

// startInMemory runs one that keeps nothing.
func startInMemory(t *testing.T) servers {
	s := startOn(t, memoryAddress, "none")
	s.name = "our server in memory"
	return s
}

func startOn(t *testing.T, address, state string) servers {
	t.Helper()
	cmd := exec.Command(programs.relay, "--list", "--listen", address+":0", "--transit-listen", address+":"+fixedPort, "--state", state)
	relay, line := lab.FirstLine(t, "sesame-relay", cmd)
	t.Cleanup(func() {
		relay.Signal(syscall.SIGTERM)
		relay.Exit(t, patience)
	})
	url := printedURL.FindString(line)
	if url == "" {
		t.Fatalf("sesame-relay printed %q, which names no server", line)
	}
	return servers{name: "our server", ours: true, address: address, mailbox: url, transit: address + ":" + fixedPort}
}

// startTheirs runs the reference servers.
func startTheirs(t *testing.T) servers {
	t.Helper()
	need(t, "twist3", "python3-magic-wormhole-mailbox-server")
	dir := t.TempDir()
	port := freePort(t, theirAddress)
	mailbox := exec.Command("twist3", "wormhole-mailbox", "--port=tcp:"+port+":interface="+theirAddress,
		"--channel-db="+filepath.Join(dir, "channel.db"), "--usage-db="+filepath.Join(dir, "usage.db"))
	transit := exec.Command("twist3", "transitrelay", "--port=tcp:"+fixedPort+":interface="+theirAddress)
	for _, cmd := range []*exec.Cmd{mailbox, transit} {
		cmd.Dir = dir
		cmd.Stdout = logFile(t, cmd.Args[1])
		cmd.Stderr = cmd.Stdout
		start(t, cmd)
	}
	waitForPort(t, theirAddress+":"+port)
	waitForPort(t, theirAddress+":"+fixedPort)
	return servers{
		name: "their servers", address: theirAddress,
		mailbox: "ws://" + theirAddress + ":" + port + "/v1",
		transit: theirAddress + ":" + fixedPort,
	}
}

// start runs cmd until the test ends.
func start(t *testing.T, cmd *exec.Cmd) {
	t.Helper()
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd.Process.Signal(syscall.SIGTERM)
		done := make(chan struct{})
		go func() { cmd.Wait(); close(done) }()
		select {
		case <-done:
		case <-time.After(15 * time.Second):
			t.Errorf("%s doesn't end when told to", filepath.Base(cmd.Path))
			cmd.Process.Kill()
			<-done
		}
	})
}

// logFile collects what a server says and shows it if the test fails.
func logFile(t *testing.T, name string) *os.File {
	t.Helper()
	f, err := os.CreateTemp(t.TempDir(), name)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		f.Close()
		if text, _ := os.ReadFile(f.Name()); t.Failed() && len(text) > 0 {
			t.Logf("%s said:\n%s", name, text)
		}
	})
	return f
}

// freePort returns a port of address that nobody listens on. The network is
// the test's own, so nobody else takes it.
func freePort(t *testing.T, address string) string {
	t.Helper()
	l, err := net.Listen("tcp", address+":0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, port, _ := net.SplitHostPort(l.Addr().String())
	return port
}

func waitForPort(t *testing.T, address string) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); ; {
		conn, err := net.DialTimeout("tcp", address, time.Second)
		if err == nil {
			conn.Close()
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("nobody listens on %s: %v", address, err)
		}
		<-time.After(20 * time.Millisecond)
	}
}
