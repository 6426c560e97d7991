//go:build linux

package endtoend

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/dns/dnsmessage"

	"sesame/internal/test/lab"
)

// lan is a world without any server, and without a way out of it. All hosts hear
// each other, so tests whose senders choose their own number run one at a time:
// on a busy machine two could choose the same.
func lan(t *testing.T) *world {
	t.Helper()
	dir := lab.Memory(t, "1G")
	w := &world{
		t: t, programs: checked,
		sender: lab.NewHost(t), receiver: lab.NewHost(t),
		dir: dir, out: filepath.Join(dir, "out"), in: filepath.Join(dir, "in"),
	}
	for _, d := range []string{w.out, w.in} {
		if err := os.Mkdir(d, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	write(t, filepath.Join(w.out, "f"), 3<<20)
	return w
}

func (w *world) sendingLocal(args ...string) side {
	return side{host: w.sender, dir: w.out, args: append([]string{"send"}, args...)}
}

func (w *world) receivingLocal(args ...string) side {
	return side{host: w.receiver, dir: w.in, args: append([]string{"receive", "--yes"}, args...)}
}

const localCode = `sesame receive (local-[1-9][0-9]*-[a-z]+-[a-z]+)\n`

// byCode sends f with the flags, and receives it as the sender's screen says.
func (w *world) byCode(flags ...string) (sender, receiver *lab.Process) {
	w.t.Helper()
	sender = w.start(w.sendingLocal(append(flags, "f")...))
	code := sender.Await(w.t, patience, localCode)[1]
	began := time.Now()
	receiver = w.start(w.receivingLocal(code))
	w.finish(sender, receiver, 0, 0)
	w.t.Logf("from receive to done: %v", time.Since(began).Round(time.Millisecond))
	same(w.t, filepath.Join(w.in, "f"), filepath.Join(w.out, "f"))
	return sender, receiver
}

const onPort = `Connected: direct, on the port of the sender's mailbox`

// Fails if two computers on one network need anything else than each other: a
// server, a name, a default route, or addresses that somebody gave them.
func TestLocal(t *testing.T) {
	without6 := "address flush dev eth0 scope link"
	for _, test := range []struct {
		name             string
		sender, receiver []string // what ip does before
		path             string
	}{
		{"addresses of a network", nil, nil, `Connected: direct, same network`},
		{"IPv4 alone", []string{without6}, []string{without6}, `Connected: direct, same network`},
		{"IPv4 link-local alone",
			[]string{"address flush dev eth0", "address add 169.254.7.1/16 dev eth0"},
			[]string{"address flush dev eth0", "address add 169.254.9.2/16 dev eth0"}, onPort},
		{"IPv6 link-local alone",
			[]string{"address flush dev eth0", "address add fe80::7:1/64 dev eth0 nodad"},
			[]string{"address flush dev eth0", "address add fe80::9:2/64 dev eth0 nodad"}, onPort},
		{"another interface, and a default route to nowhere",
			[]string{"link add vpn0 type veth peer name end", "link set end up", "address add 10.200.0.2/24 dev vpn0", "link set vpn0 up", "route add default via 10.200.0.1"},
			[]string{"link add vpn0 type veth peer name end", "link set end up", "address add 10.201.0.2/24 dev vpn0", "link set vpn0 up", "route add default via 10.201.0.1"},
			`Connected: direct, same network`},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := lan(t)
			for host, commands := range map[*lab.Host][]string{w.sender: test.sender, w.receiver: test.receiver} {
				if err := host.IP(commands...); err != nil {
					t.Fatal(err)
				}
			}
			sender, receiver := w.byCode("--local")
			said(t, sender, test.path)
			said(t, receiver, test.path)
		})
	}
}

// Fails if a sender that can't reach a server gives up, or goes on by itself
// without saying so.
func TestLocalByItself(t *testing.T) {
	w := lan(t)
	sender, _ := w.byCode()
	said(t, sender, `an't reach the server`)
	said(t, sender, `only computers on this network can receive this`)
	if code := w.start(w.sendingLocal("--no-local", "f")).Exit(t, patience); code != 7 {
		t.Errorf("with --no-local it returns %d, want 7", code)
	}
}

// Fails if a receiver on a network that drops multicast isn't told soon what to
// type, or if that doesn't work.
func TestLocalMulticastFiltered(t *testing.T) {
	w := lan(t)
	w.receiver.Rules(t, "table inet filter {\n chain in {\n type filter hook input priority 0\n udp dport 5353 drop\n }\n}\n")
	sender := w.start(w.sendingLocal("--local", "f"))
	code := sender.Await(t, patience, localCode)[1]
	began := time.Now()
	lost := w.start(w.receivingLocal(code))
	lost.Await(t, 10*time.Second, `sesame receive --to HOST:PORT CODE`)
	if d := time.Since(began); d > 7*time.Second {
		t.Errorf("that took %v", d)
	}
	lost.Signal(os.Interrupt)
	if got := lost.Exit(t, patience); got != 130 {
		t.Errorf("interrupted, it returns %d", got)
	}
	line := sender.Await(t, patience, `sesame receive (--to \S+) +(local-\S+)`)
	receiver := w.start(w.receivingLocal(append(strings.Fields(line[1]), line[2])...))
	w.finish(sender, receiver, 0, 0)
	same(t, filepath.Join(w.in, "f"), filepath.Join(w.out, "f"))
}

// Fails if a receiver that comes first doesn't find the sender that comes later,
// or not as soon as it is there.
func TestLocalReceiverFirst(t *testing.T) {
	t.Parallel()
	w := lan(t)
	receiver := w.start(w.receivingLocal("local-9001-galveston-goldfish"))
	receiver.Await(t, patience, `still looking`)
	sender := w.start(w.sendingLocal("--code", "local-9001-galveston-goldfish", "f"))
	w.finish(sender, receiver, 0, 0)
	same(t, filepath.Join(w.in, "f"), filepath.Join(w.out, "f"))
}

// Fails if senders on one network take each other's receivers, or each other's
// numbers.
func TestLocalSeveralSenders(t *testing.T) {
	worlds := []*world{lan(t), lan(t), lan(t)}
	var senders []*lab.Process
	codes := map[string]bool{}
	for _, w := range worlds {
		senders = append(senders, w.start(w.sendingLocal("--local", "f")))
	}
	for _, s := range senders {
		m := s.Await(t, patience, `sesame receive local-([1-9][0-9]*)-`)
		if codes[m[1]] {
			t.Errorf("two took the number %s", m[1])
		}
		codes[m[1]] = true
	}
	for i, w := range worlds {
		receiver := w.start(w.receivingLocal(senders[i].Await(t, patience, localCode)[1]))
		w.finish(senders[i], receiver, 0, 0)
		same(t, filepath.Join(w.in, "f"), filepath.Join(w.out, "f"))
	}

	// The same first word, and a number that somebody has.
	one, two := worlds[0], worlds[1]
	first := one.start(one.sendingLocal("--code", "local-9002-galveston-goldfish", "f"))
	first.Await(t, patience, `sesame receive local-`)
	taken := two.start(two.sendingLocal("--code", "local-9002-galveston-jawbone", "f"))
	if got := taken.Exit(t, patience); got != 2 {
		t.Errorf("with a number that is taken it returns %d, want 2", got)
	}
	said(t, taken, `choose a code with another number`)
	second := two.start(two.sendingLocal("--code", "local-9003-galveston-goldfish", "f"))
	for i, w := range []*world{one, two} {
		if err := os.Remove(filepath.Join(w.in, "f")); err != nil {
			t.Fatal(err)
		}
		w.finish([]*lab.Process{first, second}[i], w.start(w.receivingLocal(fmt.Sprintf("local-900%d-galveston-goldfish", 2+i))), 0, 0)
	}
}

// Fails if the one guess at a code isn't told of at both ends, or can be
// repeated.
func TestLocalWrongCode(t *testing.T) {
	t.Parallel()
	w := lan(t)
	sender := w.start(w.sendingLocal("--code", "local-9004-galveston-goldfish", "f"))
	sender.Await(t, patience, `sesame receive local-`)
	w.finish(sender, w.start(w.receivingLocal("local-9004-hamburger-goldfish")), 3, 3)
	for _, p := range []string{"f", ".f"} {
		if _, err := os.Stat(filepath.Join(w.in, p)); err == nil {
			t.Errorf("%s arrived", p)
		}
	}
}

// Fails if a receiver chooses between two that claim to have its code, or asks
// one after the other: that would be a guess for each.
func TestLocalRogue(t *testing.T) {
	t.Parallel()
	w := lan(t)
	trap, err := net.Listen("tcp4", lab.Center+":0")
	if err != nil {
		t.Fatal(err)
	}
	defer trap.Close()
	called := make(chan struct{}, 1)
	go func() {
		if conn, err := trap.Accept(); err == nil {
			conn.Close()
			called <- struct{}{}
		}
	}()
	sender := w.start(w.sendingLocal("--code", "local-9005-galveston-goldfish", "f"))
	sender.Await(t, patience, `sesame receive local-`)
	stop := claim(t, "9005", trap.Addr().(*net.TCPAddr).Port)
	receiver := w.start(w.receivingLocal("local-9005-galveston-goldfish"))
	if got := receiver.Exit(t, patience); got != 7 {
		t.Errorf("it returns %d, want 7", got)
	}
	said(t, receiver, `2 programs on this network say that they have this code`)
	said(t, receiver, `--to`)
	select {
	case <-called:
		t.Error("the rogue was connected to")
	default:
	}
	sender.Await(t, patience, `Another program on this network says that it has this code, too`)
	stop()
	line := sender.Await(t, patience, `sesame receive (--to \S+) +(local-\S+)`)
	w.finish(sender, w.start(w.receivingLocal(append(strings.Fields(line[1]), line[2])...)), 0, 0)
}

// claim announces a nameplate from the test's own host, ever again until stop.
func claim(t *testing.T, nameplate string, port int) (stop func()) {
	t.Helper()
	conn, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.ParseIP(lab.Center), Port: 5353})
	if err != nil {
		t.Fatal(err)
	}
	const service = "_sesame._tcp.local."
	name := dnsmessage.MustNewName(nameplate + "-0123456789." + service)
	header := func(owner dnsmessage.Name) dnsmessage.ResourceHeader {
		return dnsmessage.ResourceHeader{Name: owner, Class: dnsmessage.ClassINET, TTL: 120}
	}
	m := dnsmessage.Message{Header: dnsmessage.Header{Response: true}, Answers: []dnsmessage.Resource{
		{Header: header(dnsmessage.MustNewName("_" + nameplate + "._sub." + service)), Body: &dnsmessage.PTRResource{PTR: name}},
		{Header: header(name), Body: &dnsmessage.SRVResource{Port: uint16(port), Target: dnsmessage.MustNewName("rogue.local.")}},
	}}
	b, err := m.Pack()
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	quit := make(chan struct{})
	go func() {
		defer close(ended)
		tick := time.NewTicker(50 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				conn.WriteTo(b, &net.UDPAddr{IP: net.IPv4(224, 0, 0, 251), Port: 5353})
			case <-quit:
				return
			}
		}
	}()
	return func() {
		close(quit)
		<-ended
		conn.Close()
	}
}

// Fails if a transfer doesn't go on when the network comes back: the mailbox is
// in the sender, and both find their way to it again.
func TestLocalNetworkGoesAway(t *testing.T) {
	w := lan(t)
	write(t, filepath.Join(w.out, "f"), 24<<20)
	sender := w.start(w.sendingLocal("--local", "--limit", "8M", "f"))
	receiver := w.start(w.receivingLocal(sender.Await(t, patience, localCode)[1]))
	until(t, patience, "something arrives", func() bool { return staged(w.in) > 1<<20 || over(sender) || over(receiver) })
	said := receiver.Said()
	if err := w.receiver.IP("link set eth0 down"); err != nil {
		t.Fatal(err)
	}
	receiver.AwaitAfter(t, said, patience, lost)
	if err := w.receiver.IP("link set eth0 up"); err != nil {
		t.Fatal(err)
	}
	w.finish(sender, receiver, 0, 0)
	same(t, filepath.Join(w.in, "f"), filepath.Join(w.out, "f"))
}
