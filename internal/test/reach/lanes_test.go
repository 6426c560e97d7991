//go:build linux

package reach

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"testing"
	"time"

	"sesame/internal/test/lab"
	"sesame/internal/test/netlab"
)

// pipesApart has the meeting's relay take pipes at a port of their own, and returns the
// flags by which they are asked for there.
func (m *meeting) pipesApart() []string {
	m.t.Helper()
	m.relay.Kill()
	<-m.relay.Ended()
	m.relayFlags = []string{"--transit-listen", ":4001"}
	m.startRelay()
	return []string{"--relay", m.server.Address.String() + ":4001", "--verbose"}
}

// Fails if a relay is asked for anything where the two connect directly, within the
// tenth of a second that they have for that: the best of five tries counts, since on a
// busy machine a tenth of a second may be nothing.
//
//	server                    ┌─ sender
//	  └── Internet ── Router ─┴─ receiver       or both at the Internet
func TestDirectTouchesNoRelay(t *testing.T) {
	for _, home := range []bool{true, false} {
		t.Run(map[bool]string{true: "in a LAN", false: "on the Internet"}[home], func(t *testing.T) {
			t.Parallel()
			i := netlab.NewInternet(t)
			m := meetAt(t, netlab.NewHost(t, i, ipv4))
			flags := m.pipesApart()
			var at netlab.Network = i
			if home {
				at = netlab.NewRouter(t, i, netlab.Symmetric, ipv4)
			}
			sender, receiver := netlab.NewHost(t, at, ipv4), netlab.NewHost(t, at, ipv4)
			netlab.Watch(t, i.Stack, "pipes", "tcp dport 4001")
			seen := 0
			for range 5 {
				before := netlab.Seen(t, i.Stack, "pipes")
				m.transfer(sender, receiver, 2<<20, flags...)
				m.arrived()
				if seen = netlab.Seen(t, i.Stack, "pipes") - before; seen == 0 {
					return
				}
			}
			t.Errorf("%d packets went to the relay", seen)
		})
	}
}

var (
	saysWhere = regexp.MustCompile(`(?m)^\[ *([0-9.]+)\] the other side says where it is`)
	asksRelay = regexp.MustCompile(`(?m)^\[ *([0-9.]+)\] dialling, path relay `)
)

// Fails if a relay is asked before direct ways had a tenth of a second, or if where
// there is none that costs much more.
//
//	             Internet ── server
//	   ┌────────────┴────────────┐
//	 Router                    Router          which let no UDP through
//	   │                         │
//	sender                    receiver
func TestRelayIsAskedSoon(t *testing.T) {
	t.Parallel()
	i := netlab.NewInternet(t)
	m := meetAt(t, netlab.NewHost(t, i, ipv4))
	sender := netlab.NewHost(t, netlab.NewRouter(t, i, netlab.SymmetricNoUDP, ipv4), ipv4)
	receiver := netlab.NewHost(t, netlab.NewRouter(t, i, netlab.SymmetricNoUDP, ipv4), ipv4)
	least := time.Hour
	for range 5 {
		m.transfer(sender, receiver, 1<<20, "--verbose")
		m.arrived()
		m.stayed(m.relayed())
		for _, p := range m.both() {
			took := stamp(t, p, asksRelay) - stamp(t, p, saysWhere)
			if took < 99*time.Millisecond { // which are rounded
				t.Errorf("%s asked the relay %v after it knew of the other", p, took)
			}
			least = min(least, took)
		}
		if least < 150*time.Millisecond {
			return
		}
	}
	t.Errorf("the relay was asked after %v", least)
}

// stamp returns after how long p first logged a line.
func stamp(t *testing.T, p *lab.Process, line *regexp.Regexp) time.Duration {
	t.Helper()
	match := line.FindStringSubmatch(p.Err.String())
	if match == nil {
		t.Fatalf("%s didn't log %v", p, line)
	}
	after, err := time.ParseDuration(match[1] + "s")
	if err != nil {
		t.Fatal(err)
	}
	return after
}

// Fails if where TCP connects directly, and takes every loss for congestion, most
// doesn't cross over UDP.
//
//	server ── Internet ─┬─ link ── sender       100 ms, one packet in a hundred lost
//	                    └─ receiver
func TestUDPBesideTCP(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := lab.BuildTagged(dir, "nobbr", "sesame"); err != nil {
		t.Fatal(err)
	}
	os.Chmod(dir, 0o755)
	i := netlab.NewInternet(t)
	m := meetAt(t, netlab.NewHost(t, i, ipv4))
	m.sesame = filepath.Join(dir, "sesame")
	link := netlab.Link{Rate: 100e6, Delay: 50 * time.Millisecond, Loss: 0.01, Queue: 1250000}
	sender, receiver := netlab.NewHost(t, i, netlab.Wiring{Link: &link}), netlab.NewHost(t, i, ipv4)
	for _, h := range []*netlab.Host{sender, receiver} {
		h.Set(t, "ipv4/tcp_congestion_control=reno") // which every system lets everybody have
	}
	for _, proto := range []string{"tcp", "udp"} {
		netlab.Watch(t, i.Stack, "over-"+proto, fmt.Sprintf("ip saddr %s ip daddr %s meta l4proto %s", sender.Address, receiver.Address, proto))
	}
	m.transfer(sender, receiver, 20<<20, "--direct-only", "--verbose")
	m.arrivedWithin(2 * patience)
	tcp, udp := netlab.Seen(t, i.Stack, "over-tcp"), netlab.Seen(t, i.Stack, "over-udp")
	t.Logf("%d packets over TCP, %d over UDP", tcp, udp)
	if udp < 2*tcp {
		t.Errorf("%d packets over TCP, only %d over UDP", tcp, udp)
	}
}
