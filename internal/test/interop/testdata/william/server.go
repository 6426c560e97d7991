// Package rendezvousservertest takes the place of wormhole-william's own of that
// name, with the same functions: its tests run against a sesame-relay then, a fresh
// one each.
package rendezvousservertest

import (
	"bufio"
	"os"
	"os/exec"
	"regexp"
	"sync"
	"syscall"

	"github.com/psanford/wormhole-william/version"
)

// TestMotd is what the operator says.
var TestMotd = "ordure-posts"

// program names the variable with the path of sesame-relay, store that which says where it is to
// keep mailboxes: in memory, or "bolt".
const (
	program = "SESAME_RELAY_PROGRAM"
	store   = "SESAME_TEST_STORE"
)

var printed = regexp.MustCompile(`ws://([^/\s]+)/v1`)

// A TestServer is a running relay.
type TestServer struct {
	cmd  *exec.Cmd
	addr string
	once sync.Once

	state string // directory, or "none"
}

// NewServer starts one.
func NewServer() *TestServer {
	state := "none"
	if os.Getenv(store) == "bolt" {
		dir, err := os.MkdirTemp("", "relay")
		if err != nil {
			panic(err)
		}
		state = dir
	}
	cmd := exec.Command(os.Getenv(program), "--state", state, "--listen", "127.0.0.1:0", "--no-stun", "--list", "--quiet", "--motd", TestMotd)
	// All of the suite comes from one address, more often than people do.
	cmd.Env = append(os.Environ(), "SESAME_RELAY_CLAIMS_PER_SOURCE=100000", "SESAME_RELAY_UNKNOWN_PER_SOURCE=100000",
		"SESAME_RELAY_RUINED_PER_SOURCE=100000", "SESAME_RELAY_ACCEPTS_PER_SOURCE=10000")
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	out, err := cmd.StdoutPipe()
	if err != nil {
		panic(err)
	}
	if err := cmd.Start(); err != nil {
		panic(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	m := printed.FindStringSubmatch(line)
	if err != nil || m == nil {
		panic("sesame-relay printed " + line)
	}
	return &TestServer{cmd: cmd, addr: m[1], state: state}
}

// WebSocketURL returns the URL of its mailbox server.
func (ts *TestServer) WebSocketURL() string { return "ws://" + ts.addr + "/v1" }

// Address returns where it joins pipes.
func (ts *TestServer) Address() string { return ts.addr }

// Agents returns what a client is expected to have said of itself: that can't be
// known from outside.
func (ts *TestServer) Agents() [][]string {
	return [][]string{{version.AgentString, version.AgentVersion}}
}

// Close ends it.
func (ts *TestServer) Close() {
	ts.once.Do(func() {
		ts.cmd.Process.Kill()
		ts.cmd.Wait()
		if ts.state != "none" {
			os.RemoveAll(ts.state)
		}
	})
}
