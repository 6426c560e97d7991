//go:build linux

package reach

import (
	"testing"
	"time"

	"sesame/internal/test/lab"
	"sesame/internal/test/netlab"
)

// Fails if a transfer hangs, fails, or sends much of it twice because the direct
// path is cut in the middle of it while both sides still reach the relay, or each
// other over UDP.
//
//	server
//	  └── Internet ─┬─ sender
//	        └ cut   └─ receiver
func TestDirectPathLost(t *testing.T) {
	for _, test := range []struct {
		name   string
		cut    lab.Cut
		udp    bool
		within time.Duration
	}{
		{"packets vanish", lab.Drop, false, 10 * time.Second},
		{"connections are reset", lab.Reject, false, 2 * time.Second},
		{"connections are reset, UDP isn't touched", lab.Reject, true, 2 * time.Second},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			i := netlab.NewInternet(t)
			m := meetAt(t, netlab.NewHost(t, i, ipv4))
			sender, receiver := netlab.NewHost(t, i, ipv4), netlab.NewHost(t, i, ipv4)
			f := m.flowing(sender, receiver, 48<<20)
			m.connected(quickly, direct)
			before := m.said() // perhaps of a relay that came first
			if !test.udp {
				netlab.Forward(t, i.Stack, "meta l4proto udp drop")
			}
			i.Cut(t, sender.Address, receiver.Address, test.cut)
			f.goesOn(test.within)
			if !test.udp {
				m.connectedAfter(before, quickly, m.relayed())
			}
			m.arrived()
			if all := paths(m.sender); test.udp && all[len(all)-1] != direct {
				t.Errorf("it went on by way of %q", all[1:])
			}
			f.sentOnce()
		})
	}
}

// Fails if a transfer over the relay doesn't survive the relay's restart.
func TestRelayRestarted(t *testing.T) {
	t.Parallel()
	i := netlab.NewInternet(t)
	m := meetAt(t, netlab.NewHost(t, i, ipv4))
	sender, receiver := netlab.NewHost(t, i, ipv4), netlab.NewHost(t, i, ipv4)
	f := m.flowing(sender, receiver, 48<<20, "--relay-only")
	m.relay.Kill()
	m.startRelay()
	f.goesOn(10 * time.Second)
	m.arrived()
	f.sentOnce()
}

// Fails if a transfer doesn't go on by itself when a computer gets another
// address in the same network.
//
//	server                    ┌─ sender
//	  └── Internet ── Router ─┴─ receiver     .3, then .77
func TestAddressChanges(t *testing.T) {
	t.Parallel()
	i := netlab.NewInternet(t)
	m := meetAt(t, netlab.NewHost(t, i, ipv4))
	home := netlab.NewRouter(t, i, netlab.PortRestricted, ipv4)
	sender, receiver := netlab.NewHost(t, home, ipv4), netlab.NewHost(t, home, ipv4)
	f := m.flowing(sender, receiver, 48<<20)
	m.connected(quickly, sameNetwork)
	err := receiver.IP("address delete "+receiver.Address.String()+"/24 dev eth0",
		"address add 192.168.1.77/24 dev eth0", "route add default via 192.168.1.1 dev eth0")
	if err != nil {
		t.Fatal(err)
	}
	f.goesOn(10 * time.Second)
	m.arrived()
	f.sentOnce()
}

// Fails if a transfer doesn't go on by itself when a computer is carried from one
// network to another, as from Wi-Fi to a mobile one.
//
//	server
//	  └── Internet ─┬─ Router ─┬─ receiver
//	                │          └─ sender, at first
//	                └─ Router ─── sender, then
func TestNetworkChanges(t *testing.T) {
	t.Parallel()
	i := netlab.NewInternet(t)
	m := meetAt(t, netlab.NewHost(t, i, ipv4))
	home := netlab.NewRouter(t, i, netlab.PortRestricted, ipv4)
	mobile := netlab.NewRouter(t, i, netlab.CarrierGrade, ipv4)
	sender, receiver := netlab.NewHost(t, home, ipv4), netlab.NewHost(t, home, ipv4)
	f := m.flowing(sender, receiver, 48<<20)
	m.connected(quickly, sameNetwork)
	f.moved(sender)
	sender.Move(t, mobile, ipv4)
	f.goesOn(10 * time.Second)
	m.arrived()
	f.sentOnce()
}

// A flow is a transfer under way that is looked at from outside.
type flow struct {
	m                *meeting
	size             int
	sender, receiver *netlab.Host
	earlier          int64 // sent by an interface of the sender that is gone
}

// limited is how many bytes a second flow.
const limited = "8M"

// flowing starts a transfer and waits until some of it has arrived.
func (m *meeting) flowing(sender, receiver *netlab.Host, size int, flags ...string) *flow {
	m.t.Helper()
	f := &flow{m: m, size: size, sender: sender, receiver: receiver}
	m.transfer(sender, receiver, size, append(flags, "--limit", limited)...)
	f.await(patience, 4<<20)
	return f
}

// moved notes that the sender is about to lose the interface it has.
func (f *flow) moved(h *netlab.Host) {
	f.earlier, _ = h.Traffic(f.m.t, "eth0")
}

// goesOn waits until data arrives, which must not take longer than within.
func (f *flow) goesOn(within time.Duration) {
	f.m.t.Helper()
	start := time.Now()
	f.await(within, 1<<20)
	f.m.t.Logf("data flows again after %v", time.Since(start).Round(10*time.Millisecond))
}

// await waits until so many bytes have arrived from now on.
func (f *flow) await(within time.Duration, amount int64) {
	f.m.t.Helper()
	_, start := f.receiver.Traffic(f.m.t, "eth0")
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	deadline := time.After(within)
	for {
		if _, now := f.receiver.Traffic(f.m.t, "eth0"); now-start >= amount {
			return
		}
		select {
		case <-tick.C:
		case <-f.m.receiver.Ended():
			f.m.t.Fatal("the receiver has ended")
		case <-f.m.sender.Ended():
			f.m.t.Fatal("the sender has ended")
		case <-deadline:
			f.m.t.Fatalf("within %v nothing arrives", within)
		}
	}
}

// sentOnce fails the test if more than 16 MiB crossed a second time. Headers are
// not data.
func (f *flow) sentOnce() {
	f.m.t.Helper()
	sent, _ := f.sender.Traffic(f.m.t, "eth0")
	sent += f.earlier
	again := sent - int64(f.size)*105/100
	f.m.t.Logf("%d MiB were sent for %d MiB", sent>>20, f.size>>20)
	if again > 16<<20 {
		f.m.t.Errorf("%d MiB crossed a second time", again>>20)
	}
}
