//go:build linux

package benchnet

import (
	"fmt"
	"io"
	"math/rand/v2"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"sesame/internal/test/lab"
	"sesame/internal/test/netlab"
)

// patience bounds every wait for something that should happen soon.
const patience = 60 * time.Second

// A scene is two hosts with a line between them, and a server that both reach.
type scene struct {
	t                        *testing.T
	kernel                   string
	line                     line
	internet                 *netlab.Internet
	server, sender, receiver *netlab.Host
	public                   [2]netip.Addr // of the two, as the Internet sees them
	legs                     []leg         // what iperf3 crosses, all at the same time
	url                      string        // of the mailbox server
	dir                      string        // in memory
	barred                   bool
}

// A leg is a way that TCP can take by itself.
type leg struct {
	from, to *netlab.Host
	at       netip.Addr
}

// newScene makes the Internet and the server. Whoever calls it adds the two hosts.
func newScene(t *testing.T, l line, kernel string, server netlab.Wiring) *scene {
	t.Helper()
	s := &scene{t: t, kernel: kernel, line: l, internet: netlab.NewInternet(t), dir: lab.Memory(t, "6G")}
	s.server = netlab.NewHost(t, s.internet, server)
	return s
}

// open makes two hosts with public addresses, and nothing in between.
//
//	server ── Internet ─┬─ half of the line, its loss ── sender
//	                    └─ the other half ── receiver
func open(t *testing.T, l line, kernel string) *scene {
	t.Helper()
	s := newScene(t, l, kernel, netlab.Wiring{})
	near, far := l.links()
	s.sender = netlab.NewHost(t, s.internet, netlab.Wiring{Link: &near})
	s.receiver = netlab.NewHost(t, s.internet, netlab.Wiring{Link: &far})
	s.public = [2]netip.Addr{s.sender.Address, s.receiver.Address}
	s.legs = []leg{{s.sender, s.receiver, s.receiver.Address}}
	return s.begin()
}

// byRelay is open, where what iperf3 crosses are the two legs of a relay.
func byRelay(t *testing.T, l line, kernel string) *scene {
	t.Helper()
	s := open(t, l, kernel)
	s.legs = []leg{{s.sender, s.server, s.server.Address}, {s.server, s.receiver, s.receiver.Address}}
	return s
}

// homes makes two hosts behind NATs of one kind.
//
//	server ── Internet ─┬─ half of the line, its loss ── Router ── sender
//	                    └─ the other half ── Router ── receiver
func homes(nat netlab.NAT) func(t *testing.T, l line, kernel string) *scene {
	return func(t *testing.T, l line, kernel string) *scene {
		t.Helper()
		near, far := l.links()
		return behind(newScene(t, l, kernel, netlab.Wiring{}), nat, near, far)
	}
}

// towns is homes with lines that have a rate only, which is the kernel's doing.
func towns(t *testing.T, l line, kernel string) *scene {
	t.Helper()
	bucket := netlab.Link{Rate: int(l.rate), Queue: l.queue()}
	return behind(newScene(t, l, kernel, netlab.Wiring{}), netlab.PortRestricted, bucket, bucket)
}

// behind adds the two homes of a scene. The receiver's router leads iperf3 to it.
func behind(s *scene, nat netlab.NAT, near, far netlab.Link) *scene {
	s.t.Helper()
	home := netlab.NewRouter(s.t, s.internet, nat, netlab.Wiring{Link: &near})
	office := netlab.NewRouter(s.t, s.internet, nat, netlab.Wiring{Link: &far})
	s.sender, s.receiver = netlab.NewHost(s.t, home, netlab.Wiring{}), netlab.NewHost(s.t, office, netlab.Wiring{})
	office.Rules(s.t, fmt.Sprintf("table ip iperf {\n\tchain in {\n\t\ttype nat hook prerouting priority dstnat - 1\n\t\tiifname wan tcp dport %d-%d dnat to %s\n\t}\n}",
		iperfPort, iperfPort+9, s.receiver.Address))
	s.public = [2]netip.Addr{home.Address, office.Address}
	s.legs = []leg{{s.sender, s.receiver, office.Address}}
	return s.begin()
}

// begin says what TCP does by default, and starts the server.
func (s *scene) begin() *scene {
	s.t.Helper()
	for _, h := range []*netlab.Host{s.server, s.sender, s.receiver} {
		s.control(h)
	}
	const port = 4000
	_, said := lab.FirstLine(s.t, "sesame-relay", s.server.Command(programs[s.kernel].relay, "--listen", fmt.Sprint(":", port)))
	if !strings.Contains(said, fmt.Sprint(":", port, "/v1")) {
		s.t.Fatalf("sesame-relay printed %q, which isn't its URL", said)
	}
	s.url = fmt.Sprintf("ws://%s:%d/v1", s.server.Address, port)
	return s
}

// control makes the kernel's controller of congestion the default of a host. One that
// isn't for everybody a network of its own can't have as its default, but for all that
// leaves by a route: then programs can't choose another one.
func (s *scene) control(h *netlab.Host) {
	s.t.Helper()
	if err := h.Do(func() error {
		return os.WriteFile("/proc/sys/net/ipv4/tcp_congestion_control", []byte(s.kernel), 0)
	}); err == nil {
		return
	}
	if s.kernel == "bbr" { // beside which others run
		s.t.Fatal("bbr isn't for everybody here: modprobe tcp_bbr, and add it to net.ipv4.tcp_allowed_congestion_control")
	}
	out, err := h.Command("ip", "-4", "route", "show", "default").Output()
	if err == nil {
		err = h.IP(fmt.Sprintf("route change %s congctl %s", strings.TrimSpace(string(out)), s.kernel))
	}
	if err != nil {
		s.t.Fatal(err)
	}
}

// bar lets nothing through between the two, on ways that lead to no server, that matches
// any of the rules in the language of nft; but for iperf3. It undoes what it did before.
func (s *scene) bar(rules ...string) {
	s.t.Helper()
	if s.barred {
		s.internet.Rules(s.t, "delete table inet bar")
	}
	var text strings.Builder
	for _, rule := range rules {
		for n := range s.public {
			fmt.Fprintf(&text, "\t\tip saddr %s ip daddr %s %s drop\n", s.public[n], s.public[1-n], rule)
		}
	}
	s.internet.Rules(s.t, fmt.Sprintf("table inet bar {\n\tchain forward {\n\t\ttype filter hook forward priority -20\n\t\ttcp dport %[1]d-%[2]d accept\n\t\ttcp sport %[1]d-%[2]d accept\n%[3]s\t}\n}\n",
		iperfPort, iperfPort+9, text.String()))
	s.barred = true
}

// file returns a file of so many bytes that can't be packed.
func (s *scene) file(size int64) string {
	s.t.Helper()
	path := filepath.Join(s.dir, fmt.Sprint("out", size), "file")
	if _, err := os.Stat(path); err == nil {
		return path
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		s.t.Fatal(err)
	}
	f, err := os.Create(path)
	if err != nil {
		s.t.Fatal(err)
	}
	defer f.Close()
	if _, err := io.CopyN(f, rand.NewChaCha8([32]byte{byte(size)}), size); err != nil {
		s.t.Fatal(err)
	}
	return path
}

var nameplates atomic.Int64

// code returns one that nobody has used.
func (s *scene) code() string {
	return fmt.Sprintf("%d-galveston-goldfish", 1000+nameplates.Add(1))
}
