package lab

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
)

// Center is the address of the test process, where servers are.
const Center = "10.99.0.1"

// Connect sets up the network that hosts are connected to. It is called once,
// after Enter.
func Connect() error {
	// What is mounted here, ip's names for network stacks among it, is seen by
	// nobody else.
	return errors.Join(
		tool("mount", "--make-rprivate", "/"),
		tool("mount", "-t", "tmpfs", "none", "/run"),
		IP("link", "set", "lo", "up"),
		// With an address of its own; else it has that of some host, and loses it.
		IP("link", "add", "lan", "address", "02:00:00:00:00:01", "type", "bridge"),
		IP("address", "add", Center+"/16", "dev", "lan"),
		IP("link", "set", "lan", "up"))
}

// A Host is a computer in the network: an address and a network stack.
type Host struct {
	Address string
	name    string // of its network stack, and of its wire at the bridge
}

var hosts atomic.Int64

// NewHost connects one more host. It is there until t ends.
func NewHost(t testing.TB) *Host {
	t.Helper()
	n := hosts.Add(1)
	h := &Host{
		Address: fmt.Sprintf("10.99.%d.%d", (n+1)/250, (n+1)%250+1),
		name:    fmt.Sprintf("host%d", n),
	}
	for _, args := range [][]string{
		{"netns", "add", h.name},
		{"link", "add", h.name, "type", "veth", "peer", "name", "eth0", "netns", h.name},
		{"link", "set", h.name, "master", "lan", "up"},
		{"-n", h.name, "link", "set", "lo", "up"},
		{"-n", h.name, "address", "add", h.Address + "/16", "dev", "eth0"},
		{"-n", h.name, "link", "set", "eth0", "up"},
	} {
		if err := IP(args...); err != nil {
			t.Fatal(err)
		}
	}
	t.Cleanup(func() {
		IP("link", "delete", h.name)
		IP("netns", "delete", h.name)
	})
	return h
}

// Command returns a command that runs on h.
func (h *Host) Command(program string, args ...string) *exec.Cmd {
	return h.CommandAs(0, program, args...)
}

// CommandAs returns a command that runs on h as the user with that number.
func (h *Host) CommandAs(user int, program string, args ...string) *exec.Cmd {
	enter := []string{"--net=/run/netns/" + h.name}
	if user != 0 {
		enter = append(enter, fmt.Sprintf("--setuid=%d", user), fmt.Sprintf("--setgid=%d", user))
	}
	return exec.Command("nsenter", append(append(enter, program), args...)...)
}

// A Cut is what becomes of packets on a way that is cut.
type Cut string

const (
	Drop   Cut = "drop"                                   // they vanish
	Reject Cut = "meta l4proto tcp reject with tcp reset" // connections are reset
)

// Cut cuts the ways between h and the other host, in both directions.
func (h *Host) Cut(t testing.TB, other *Host, how Cut) {
	t.Helper()
	rules := fmt.Sprintf(`table inet cut {
	chain from {
		type filter hook input priority 0
		tcp flags & rst == rst accept comment "what Reject says"
		ip saddr %s %s
	}
	chain to {
		type filter hook output priority 0
		tcp flags & rst == rst accept
		ip daddr %s %s
	}
}
`, other.Address, how, other.Address, how)
	cmd := h.Command("nft", "-f", "-")
	cmd.Stdin = strings.NewReader(rules)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("nft: %v: %s", err, out)
	}
}

// Mend undoes every Cut of h.
func (h *Host) Mend(t testing.TB) {
	t.Helper()
	if out, err := h.Command("nft", "flush", "ruleset").CombinedOutput(); err != nil {
		t.Fatalf("nft: %v: %s", err, out)
	}
}

// Sent returns the bytes that h has sent so far, headers of packets included.
func (h *Host) Sent(t testing.TB) int64 {
	t.Helper()
	text, err := os.ReadFile("/proc/thread-self/net/dev")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		name, counts, _ := strings.Cut(line, ":")
		if strings.TrimSpace(name) != h.name {
			continue
		}
		n, err := strconv.ParseInt(strings.Fields(counts)[0], 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	t.Fatalf("no counts for %s", h.name)
	return 0
}
