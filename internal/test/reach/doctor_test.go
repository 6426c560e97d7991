//go:build linux

package reach

import (
	"regexp"
	"testing"
	"time"

	"sesame/internal/test/lab"
	"sesame/internal/test/netlab"
)

// doctor runs "sesame doctor" on h and returns what it says, and its exit code. It fails
// if that takes more than the 8 s that it may, three times in a row: a busy machine adds to
// it.
func (m *meeting) doctor(h *netlab.Host, args ...string) (said string, code int) {
	m.t.Helper()
	var took time.Duration
	for range 3 {
		begun := time.Now()
		p := m.start(h, m.onSender, append([]string{"doctor"}, args...))
		code = p.Exit(m.t, patience)
		if took = time.Since(begun); took <= 9*time.Second {
			return p.Err.String(), code
		}
	}
	m.t.Errorf("doctor took %v", took)
	return "", code
}

// says fails the test unless a text has a line that matches each pattern.
func says(t *testing.T, text string, patterns ...string) {
	t.Helper()
	for _, p := range patterns {
		if !regexp.MustCompile(`(?m)` + p).MatchString(text) {
			t.Errorf("doctor doesn't say %q, but:\n%s", p, text)
		}
	}
}

// Fails if doctor calls a NAT something else than it is, or draws the wrong
// conclusion.
//
//	host ── router with NAT ── Internet ── server with STUN on two ports
func TestDoctorKnowsNATs(t *testing.T) {
	const atMost = "endpoint-independent or address-dependent"
	for _, c := range []struct {
		name string
		nat  netlab.NAT
		want []string
	}{
		{"full cone", netlab.FullCone, []string{
			`^ok +NAT +seen from outside as 203\.0\.113\.\d+; mapping is ` + atMost + `, filtering is ` + atMost + `$`,
			`^Transfers will go directly with most people; with someone behind a symmetric NAT they go through the relay\.$`}},
		{"restricted", netlab.AddressRestricted, []string{
			`^ok +NAT +seen .*; mapping is ` + atMost + `, filtering is ` + atMost + `$`}},
		{"port-restricted", netlab.PortRestricted, []string{
			`^ok +NAT +seen .*; mapping is ` + atMost + `, filtering is address-and-port-dependent$`,
			`^Transfers will go directly with most people; with someone behind a symmetric NAT they go through the relay\.$`}},
		{"symmetric", netlab.Symmetric, []string{
			`^note +NAT +seen .*; mapping is address-and-port-dependent, filtering is address-and-port-dependent \(a symmetric NAT\)$`,
			`^Transfers will go directly with people whose router is open to it .*with someone behind a stricter one they go through the relay\.$`}},
		{"symmetric, UDP blocked", netlab.SymmetricNoUDP, []string{
			`^problem +UDP +blocked`,
			`^Transfers go directly to computers on the same network, to others through a relay\.$`}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			net := netlab.NewInternet(t)
			m := meetAt(t, netlab.NewHost(t, net, netlab.Wiring{}))
			router := netlab.NewRouter(t, net, c.nat, netlab.Wiring{})
			said, code := m.doctor(netlab.NewHost(t, router, netlab.Wiring{}), "--server", m.url)
			if code != 0 {
				t.Errorf("exit code %d", code)
			}
			says(t, said, append(c.want,
				`^ok +addresses +192\.168\.1\.2 \(private\) on eth0$`,
				`^ok +routes +IPv4 from 192\.168\.1\.2 by way of 192\.168\.1\.1; no IPv6$`,
				`^ok +server +203\.`, `^ok +clock `,
				`^ok +relay +203\.\S+ joins two`, `^ok +relay +ws://203\.\S+ joins two`,
				`^note +IPv6 +this computer has none$`,
				`^note +port mapping +the router offers none`)...)
		})
	}
}

// Fails if doctor doesn't know a computer that is in the Internet itself, with
// IPv6, and a carrier's NAT for what it is.
func TestDoctorElsewhere(t *testing.T) {
	t.Parallel()
	net := netlab.NewInternet(t)
	m := meetAt(t, netlab.NewHost(t, net, netlab.Wiring{IPv6: true}))
	host := netlab.NewHost(t, net, netlab.Wiring{IPv6: true})
	said, code := m.doctor(host, "--server", m.url, "--stun", "["+m.server.Address6.String()+"]:4000")
	if code != 0 {
		t.Errorf("exit code %d", code)
	}
	says(t, said, `^ok +NAT +none: `+regexp.QuoteMeta(host.Address.String())+` is this computer's own address; filtering is endpoint-independent or address-dependent$`,
		`^ok +IPv6 +works, from `+regexp.QuoteMeta(host.Address6.String()),
		`^Transfers will go directly with nearly everyone; `)

	carrier := netlab.NewRouter(t, net, netlab.CarrierGrade, netlab.Wiring{})
	said, _ = m.doctor(netlab.NewHost(t, carrier, netlab.Wiring{}), "--server", m.url)
	says(t, said, `\(shared by a carrier's NAT, or VPN\) on eth0`, `^ok +NAT +seen `)
}

// Fails if doctor hangs, or says nothing of use, where the way to the server is a
// black hole, where it refuses, and where there is no network.
func TestDoctorWhereNothingWorks(t *testing.T) {
	t.Parallel()
	net := netlab.NewInternet(t)
	m := meetAt(t, netlab.NewHost(t, net, netlab.Wiring{}))
	host := netlab.NewHost(t, net, netlab.Wiring{})
	net.Cut(t, host.Address, m.server.Address, lab.Drop)
	said, code := m.doctor(host, "--server", m.url, "--relay", m.relayAddress, "--stun", m.relayAddress)
	if code != 7 {
		t.Errorf("exit code %d in a black hole", code)
	}
	says(t, said, `^problem +server +.*no answer`, `^problem +relay `, `^problem +UDP +blocked`, `sesame send --local`)
	net.Mend(t)
	m.relay.Kill()
	said, code = m.doctor(host, "--server", m.url)
	if code != 7 {
		t.Errorf("exit code %d without a server", code)
	}
	says(t, said, `^problem +server +.*refused`)
	said, code = m.doctor(host, m.url)
	if code != 7 {
		t.Errorf("exit code %d for a server that is gone", code)
	}
	says(t, said, `^problem +server +.*refused`, `^There are 2 problems\.$`)
}

// Fails if a server isn't looked at as its clients see it: here its UDP ports are
// closed by a firewall, and everything else works.
func TestDoctorLooksAtServer(t *testing.T) {
	t.Parallel()
	net := netlab.NewInternet(t)
	m := meetAt(t, netlab.NewHost(t, net, netlab.Wiring{}))
	host := netlab.NewHost(t, net, netlab.Wiring{})
	said, code := m.doctor(host, m.url)
	if code != 0 {
		t.Errorf("exit code %d", code)
	}
	says(t, said, `^ok +server `, `^ok +announces `, `^ok +STUN +udp 203\.\S+:4000 answers over IPv4`,
		`^ok +STUN +udp 203\.\S+:4001 answers over IPv4`, `^The server does what it announces\.$`)
	netlab.Forward(t, net.Stack, "udp dport 4001 drop")
	said, code = m.doctor(host, m.url)
	if code != 7 {
		t.Errorf("exit code %d with a closed port", code)
	}
	says(t, said, `^problem +STUN +udp 203\.\S+:4001 doesn't answer$`, `^There is one problem\.$`)
}

// Fails if doctor doesn't know that the router leads ports here, or leaves one
// that it had it lead.
func TestDoctorKnowsPortMapping(t *testing.T) {
	t.Parallel()
	net := netlab.NewInternet(t)
	m := meetAt(t, netlab.NewHost(t, net, netlab.Wiring{}))
	router := netlab.NewRouter(t, net, netlab.Symmetric, netlab.Wiring{})
	m.mapper(net, router, "enable_natpmp=yes", "enable_upnp=no")
	said, code := m.doctor(netlab.NewHost(t, router, netlab.Wiring{}), "--server", m.url)
	if code != 0 {
		t.Errorf("exit code %d", code)
	}
	says(t, said, `^ok +port mapping +the router leads ports of `+regexp.QuoteMeta(mappedAt)+` here$`,
		`^Transfers will go directly with nearly everyone, since the router lets them in; `)
	if rules := mapped(t, router); rules != "" {
		t.Errorf("afterwards the router maps %q", rules)
	}
}
