//go:build linux

package reach

import (
	"bytes"
	"cmp"
	"crypto/rand"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"sesame/internal/test/lab"
	"sesame/internal/test/netlab"
)

// patience bounds every wait for something that should happen soon.
const patience = 60 * time.Second

// quickly is how long a path may take that nothing stands in the way of: longer
// on a busy machine than the second or two that it should be.
const quickly = 10 * time.Second

// A meeting is two programs that send a file from one host to another, by way of
// a server that both of them reach.
type meeting struct {
	t                    *testing.T
	server               *netlab.Host
	relay                *lab.Process
	relayFlags           []string
	sesame               string // the program; default that of all
	url                  string // of the mailbox server
	relayAddress         string // of its relay, which is the same
	dir                  string // below it is everything
	sender, receiver     *lab.Process
	onSender, onReceiver string // directories
}

// meetAt starts a sesame-relay on server.
func meetAt(t *testing.T, server *netlab.Host) *meeting {
	t.Helper()
	return meetAtPort(t, server, 4000)
}

func meetAtPort(t *testing.T, server *netlab.Host, port int) *meeting {
	t.Helper()
	m := &meeting{t: t, server: server, dir: lab.Memory(t, "6G")}
	m.relayAddress = fmt.Sprintf("%s:%d", server.Address, port)
	m.url = "ws://" + m.relayAddress + "/v1"
	m.startRelay()
	for _, dir := range []*string{&m.onSender, &m.onReceiver} {
		var err error
		if *dir, err = os.MkdirTemp(m.dir, "side"); err != nil {
			t.Fatal(err)
		}
	}
	return m
}

func (m *meeting) startRelay() {
	m.t.Helper()
	var line string
	port := m.relayAddress[strings.LastIndex(m.relayAddress, ":"):]
	m.relay, line = lab.FirstLine(m.t, "sesame-relay", m.server.Command(programs.relay, append([]string{"--listen", port, "--verbose"}, m.relayFlags...)...))
	if !strings.Contains(line, port+"/v1") {
		m.t.Fatalf("sesame-relay printed %q, which isn't its URL", line)
	}
}

var nameplates atomic.Int64

// transfer starts to send size bytes from one host to another. Flags are for
// both; more can be given by side.
func (m *meeting) transfer(from, to *netlab.Host, size int, flags ...string) {
	m.t.Helper()
	content := make([]byte, size)
	rand.Read(content)
	if err := os.WriteFile(filepath.Join(m.onSender, "file"), content, 0o644); err != nil {
		m.t.Fatal(err)
	}
	os.Remove(filepath.Join(m.onReceiver, "file"))
	code := fmt.Sprintf("%d-galveston-goldfish", 1000+nameplates.Add(1))
	common := append([]string{"--server", m.url}, flags...)
	m.sender = m.start(from, m.onSender, append(append([]string{"send", "--code", code}, common...), "file"))
	m.receiver = m.start(to, m.onReceiver, append(append([]string{"receive", "--yes"}, common...), code))
}

func (m *meeting) start(h *netlab.Host, dir string, args []string) *lab.Process {
	m.t.Helper()
	home, err := os.MkdirTemp(m.dir, "home")
	if err != nil {
		m.t.Fatal(err)
	}
	cmd := h.Command(cmp.Or(m.sesame, programs.sesame), args...)
	cmd.Dir = dir
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + home, "TMPDIR=" + home, "LC_ALL=C.UTF-8"}
	return lab.Start(m.t, "sesame "+args[0], cmd)
}

// both returns the two processes.
func (m *meeting) both() []*lab.Process { return []*lab.Process{m.sender, m.receiver} }

// said returns the places behind all that the two have said.
func (m *meeting) said() [2]lab.Said { return [2]lab.Said{m.sender.Said(), m.receiver.Said()} }

// connected waits until both sides have said that they are connected by a path that
// matches pattern, the whole of what they call it.
func (m *meeting) connected(within time.Duration, pattern string) {
	m.t.Helper()
	m.connectedAfter([2]lab.Said{}, within, pattern)
}

// connectedAfter is connected for what is said behind those places.
func (m *meeting) connectedAfter(from [2]lab.Said, within time.Duration, pattern string) {
	m.t.Helper()
	for i, p := range m.both() {
		p.AwaitAfter(m.t, from[i], within, `(?m)Connected: (?:`+pattern+`)`+afterPath)
	}
}

// linked waits until both sides have a lane of a sort, by the names that --verbose has for
// them. What carries most, and is shown, may be another.
func (m *meeting) linked(within time.Duration, sort string) {
	m.t.Helper()
	for _, p := range m.both() {
		p.Await(m.t, within, `lane up, lane \d+, path `+sort+`\b`)
	}
}

var laneUp = regexp.MustCompile(`lane up, lane \d+, path ([a-z-]+)`)

// lanes returns the sorts of all lanes that p had, one after another, if it ran with
// --verbose.
func lanes(p *lab.Process) (all []string) {
	for _, match := range laneUp.FindAllStringSubmatch(p.Err.String(), -1) {
		all = append(all, match[1])
	}
	return all
}

// Behind a path stand its round-trip time, if that is known, and what protects it.
const afterPath = `(?: \([^)]* ms\))?; [^;]*$`

var connectedLine = regexp.MustCompile(`(?m)Connected: (.*?)` + afterPath)

// paths returns by which paths p says to have been connected, one after another.
func paths(p *lab.Process) (all []string) {
	for _, match := range connectedLine.FindAllStringSubmatch(p.Err.String(), -1) {
		all = append(all, match[1])
	}
	return all
}

// stayed fails the test if a side was ever connected by a path that pattern
// doesn't match.
func (m *meeting) stayed(pattern string) {
	m.t.Helper()
	re := regexp.MustCompile("^(?:" + pattern + ")$")
	for _, p := range m.both() {
		for _, path := range paths(p) {
			if !re.MatchString(path) {
				m.t.Errorf("it was connected by %q", path)
			}
		}
	}
}

// relayed matches the path through the meeting's own relay; where that carries most, a
// direct way may still be there.
func (m *meeting) relayed() string {
	return regexp.QuoteMeta(m.relayedName()) + `(?:, faster here than the direct way)?`
}

// relayedName is what that is called.
func (m *meeting) relayedName() string { return "relay " + m.server.Address.String() }

// arrived waits for both ends, which must succeed, and compares the file.
func (m *meeting) arrived() {
	m.t.Helper()
	m.arrivedWithin(patience)
}

func (m *meeting) arrivedWithin(within time.Duration) {
	m.t.Helper()
	m.ended(within)
	m.same()
}

// ended waits for both ends, which must succeed.
func (m *meeting) ended(within time.Duration) {
	m.t.Helper()
	for _, p := range m.both() {
		if code := p.Exit(m.t, within); code != 0 {
			m.t.Fatalf("exit code %d, want 0", code)
		}
	}
}

// same compares what arrived with what was sent.
func (m *meeting) same() {
	m.t.Helper()
	sent, err := os.ReadFile(filepath.Join(m.onSender, "file"))
	if err != nil {
		m.t.Fatal(err)
	}
	received, err := os.ReadFile(filepath.Join(m.onReceiver, "file"))
	if err != nil {
		m.t.Fatal(err)
	}
	if !bytes.Equal(sent, received) {
		m.t.Fatal("what arrived is not what was sent")
	}
}
