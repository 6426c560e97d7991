//go:build linux

package reach

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"sesame/internal/test/lab"
	"sesame/internal/test/netlab"
)

// mappedAt is a second public address of the router that maps ports: miniupnpd
// refuses to have one that is set aside for documentation.
const mappedAt = "25.0.0.1"

// chains is where miniupnpd puts its rules.
const chains = `table inet miniupnpd {
	chain forward { type filter hook forward priority -5; jump miniupnpd; }
	chain miniupnpd { }
	chain prerouting { type nat hook prerouting priority dstnat; jump prerouting_miniupnpd; }
	chain prerouting_miniupnpd { }
	chain postrouting { type nat hook postrouting priority srcnat; jump postrouting_miniupnpd; }
	chain postrouting_miniupnpd { }
}`

// mapper makes r a router that maps ports for those inside, as settings say.
func (m *meeting) mapper(i *netlab.Internet, r *netlab.Router, settings ...string) *lab.Process {
	m.t.Helper()
	program, err := exec.LookPath("miniupnpd")
	if err != nil {
		m.t.Skip("miniupnpd is not installed")
	}
	if err := i.IP("route add " + mappedAt + "/32 via " + r.Address.String()); err != nil {
		m.t.Fatal(err)
	}
	r.Rules(m.t, chains)
	text := strings.Join(append(settings,
		"ext_ifname=wan", "ext_ip="+mappedAt, "listening_ip=lan", "http_port=5000", "secure_mode=yes",
		"upnp_table_name=miniupnpd", "upnp_nat_table_name=miniupnpd", "uuid=f307c037-fa0e-49b2-a846-803aa2aefd80",
		"lease_file="+filepath.Join(m.dir, "leases"), "allow 1024-65535 0.0.0.0/0 1024-65535", "deny 0-65535 0.0.0.0/0 0-65535"), "\n") + "\n"
	conf := filepath.Join(m.dir, "miniupnpd.conf")
	if err := os.WriteFile(conf, []byte(text), 0o644); err != nil {
		m.t.Fatal(err)
	}
	p := lab.Start(m.t, "miniupnpd", r.Command(program, "-d", "-f", conf, "-P", filepath.Join(m.dir, "pid")))
	p.Await(m.t, patience, "istening (?:on port|for NAT-PMP)")
	return p
}

// mapped returns the rules that lead ports of r inside.
func mapped(t *testing.T, r *netlab.Router) string {
	t.Helper()
	out, err := r.Command("nft", "list", "chain", "inet", "miniupnpd", "prerouting_miniupnpd").CombinedOutput()
	if err != nil {
		t.Fatalf("nft: %v: %s", err, out)
	}
	var rules []string
	for line := range strings.Lines(string(out)) {
		if strings.Contains(line, "dnat") {
			rules = append(rules, strings.TrimSpace(line))
		}
	}
	return strings.Join(rules, "\n")
}

// Fails if a computer behind a router that maps ports, in any of the ways in which
// routers do, isn't reached directly by one that can't be reached at all; or if the
// mapping is still there afterwards.
//
//	server
//	  └── Internet ─┬─ Router ── sender       nothing gets in
//	                └─ Router ── receiver     maps ports
func TestPortMapping(t *testing.T) {
	for _, test := range []struct {
		name     string
		settings []string
		rules    string // of the router, besides
		said     string // by the router
	}{
		{"PCP", []string{"enable_natpmp=yes", "enable_upnp=no"}, "", "PCP request received"},
		{"NAT-PMP", []string{"enable_natpmp=yes", "enable_upnp=no"}, "udp dport 5351 @th,64,8 2 drop", "NAT-PMP request received"},
		{"UPnP, version 2", []string{"enable_natpmp=no", "enable_upnp=yes"}, "", "protocol UDP for: sesame"},
		{"UPnP, version 1", []string{"enable_natpmp=no", "enable_upnp=yes", "force_igd_desc_v1=yes"}, "", "protocol UDP for: sesame"},
		{"UPnP without multicast", []string{"enable_natpmp=no", "enable_upnp=yes"}, "ip daddr 239.255.255.250 drop", "protocol UDP for: sesame"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			i := netlab.NewInternet(t)
			m := meetAt(t, netlab.NewHost(t, i, ipv4))
			router := netlab.NewRouter(t, i, netlab.SymmetricNoUDP, ipv4)
			daemon := m.mapper(i, router, test.settings...)
			if test.rules != "" {
				router.Rules(t, "table inet more { chain input { type filter hook input priority -10; "+test.rules+"; }; }")
			}
			sender := netlab.NewHost(t, netlab.NewRouter(t, i, netlab.SymmetricNoUDP, ipv4), ipv4)
			m.transfer(sender, netlab.NewHost(t, router, ipv4), 64<<20, "--limit", "16M")
			m.connected(quickly, direct)
			if rules := mapped(t, router); !strings.Contains(rules, "dnat ip to 192.168.1.2:") {
				t.Errorf("the router maps %q, not to the receiver", rules)
			}
			daemon.Await(t, quickly, test.said) // with UPnP, that it maps UDP, too
			m.arrived()
			if rules := mapped(t, router); rules != "" {
				t.Errorf("afterwards the router maps %q", rules)
			}
		})
	}
}

// Fails if a mapping stays when the program is interrupted, or if giving it back
// takes long.
func TestPortMappingInterrupted(t *testing.T) {
	t.Parallel()
	i := netlab.NewInternet(t)
	m := meetAt(t, netlab.NewHost(t, i, ipv4))
	router := netlab.NewRouter(t, i, netlab.SymmetricNoUDP, ipv4)
	m.mapper(i, router, "enable_natpmp=yes")
	sender := netlab.NewHost(t, netlab.NewRouter(t, i, netlab.SymmetricNoUDP, ipv4), ipv4)
	m.transfer(sender, netlab.NewHost(t, router, ipv4), 64<<20, "--limit", "4M")
	m.connected(quickly, direct)
	if mapped(t, router) == "" {
		t.Fatal("nothing is mapped")
	}
	interrupted := time.Now()
	m.receiver.Signal(syscall.SIGINT)
	m.receiver.Exit(t, quickly)
	t.Logf("it ended after %v", time.Since(interrupted))
	m.sender.Exit(t, patience)
	// The router has been told; when its program gets to it is its own affair.
	for deadline := interrupted.Add(patience); mapped(t, router) != ""; {
		if time.Now().After(deadline) {
			t.Fatalf("afterwards the router maps %q", mapped(t, router))
		}
	}
}

// Fails if the router is asked for anything although the user doesn't want it, or
// where nobody is to connect.
func TestNoPortMapping(t *testing.T) {
	for _, flag := range []string{"--no-port-mapping", "--relay-only"} {
		t.Run(flag, func(t *testing.T) {
			t.Parallel()
			i := netlab.NewInternet(t)
			m := meetAt(t, netlab.NewHost(t, i, ipv4))
			router := netlab.NewRouter(t, i, netlab.SymmetricNoUDP, ipv4)
			m.mapper(i, router, "enable_natpmp=yes")
			router.Rules(t, `table inet more { counter asked { }
				chain input { type filter hook input priority -10; udp dport { 5351, 1900 } counter name asked; }; }`)
			sender := netlab.NewHost(t, netlab.NewRouter(t, i, netlab.SymmetricNoUDP, ipv4), ipv4)
			m.transfer(sender, netlab.NewHost(t, router, ipv4), 2<<20, flag)
			m.arrived()
			m.stayed(m.relayed())
			out, err := router.Command("nft", "list", "counter", "inet", "more", "asked").CombinedOutput()
			if err != nil || !strings.Contains(string(out), "packets 0 ") {
				t.Errorf("the router was asked: %v: %s", err, out)
			}
		})
	}
}
