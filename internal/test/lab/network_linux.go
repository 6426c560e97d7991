package lab

import (
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
)

// Center is the address of the test process, where servers are.
const Center = "10.99.0.1"

// Connect sets up the network that hosts are connected to. It is called once,
// after Enter.
func Connect() error {
	return errors.Join(
		// With an address of its own; else it has that of some host, and loses it.
		IP("link", "add", "lan", "address", "02:00:00:00:00:01", "type", "bridge"),
		IP("address", "add", Center+"/16", "dev", "lan"),
		IP("link", "set", "lan", "up"))
}

// A Host is a computer in the network: an address and a network stack.
type Host struct {
	*Stack
	Address string
	wire    string // its name at the bridge
}

var hosts atomic.Int64

// NewHost connects one more host. It is there until t ends.
func NewHost(t testing.TB) *Host {
	t.Helper()
	n := hosts.Add(1)
	h := &Host{
		Stack:   NewStack(t),
		Address: fmt.Sprintf("10.99.%d.%d", (n+1)/250, (n+1)%250+1),
		wire:    fmt.Sprintf("host%d", n),
	}
	err := errors.Join(
		IP("link", "add", h.wire, "type", "veth", "peer", "name", "eth0", "netns", h.Name()),
		IP("link", "set", h.wire, "master", "lan", "up"))
	if err == nil {
		err = h.IP("address add "+h.Address+"/16 dev eth0", "link set eth0 up")
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { IP("link", "delete", h.wire) })
	return h
}

// Move takes h's address away and gives it another one, as a laptop gets that
// changes networks. Connections aren't told.
func (h *Host) Move(t testing.TB) {
	t.Helper()
	n := hosts.Add(1)
	before := h.Address
	h.Address = fmt.Sprintf("10.99.%d.%d", (n+1)/250, (n+1)%250+1)
	if err := h.IP("address delete "+before+"/16 dev eth0", "address add "+h.Address+"/16 dev eth0"); err != nil {
		t.Fatal(err)
	}
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
	h.Rules(t, fmt.Sprintf(`table inet cut {
	chain from {
		type filter hook input priority 0
		tcp flags & rst == rst accept comment "what Reject says"
		ip saddr %[1]s meta l4proto udp drop comment "nothing resets that"
		ip saddr %[1]s %[2]s
	}
	chain to {
		type filter hook output priority 0
		tcp flags & rst == rst accept
		ip daddr %[1]s meta l4proto udp drop
		ip daddr %[1]s %[2]s
	}
}
`, other.Address, how))
}

// Mend undoes every Cut of h.
func (h *Host) Mend(t testing.TB) {
	t.Helper()
	h.Rules(t, "flush ruleset")
}

// Sent returns the bytes that h has sent so far, headers of packets included.
func (h *Host) Sent(t testing.TB) int64 {
	t.Helper()
	sent, _ := h.Traffic(t, "eth0")
	return sent
}
