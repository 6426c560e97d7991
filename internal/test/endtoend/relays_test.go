//go:build linux

package endtoend

import (
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"sesame/internal/test/lab"
)

// another starts one more relay and returns its address.
func (w *world) another(flags ...string) (*lab.Process, string) {
	w.t.Helper()
	relay, line := lab.FirstLine(w.t, "another sesame-relay", exec.Command(w.programs.relay, append(flags, "--listen", lab.Center+":0")...))
	m := printedAddress.FindStringSubmatch(line)
	if m == nil {
		w.t.Fatalf("sesame-relay printed %q", line)
	}
	return relay, m[1]
}

// mute returns the address of a relay that takes connections and never speaks.
func mute(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", lab.Center+":0")
	if err != nil {
		t.Fatal(err)
	}
	var held sync.WaitGroup
	var mu sync.Mutex
	var conns []net.Conn
	held.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			mu.Lock()
			conns = append(conns, c)
			mu.Unlock()
		}
	})
	t.Cleanup(func() {
		l.Close()
		held.Wait()
		for _, c := range conns {
			c.Close()
		}
	})
	return l.Addr().String()
}

// Fails if relays that are of no use keep one that is from being used, or hold
// it up for longer than they should.
func TestUselessRelays(t *testing.T) {
	const nobody = "nowhere.invalid:4001" // the name is looked up by a name server that drops the question
	for _, test := range []struct {
		name    string
		classic bool
		before  func(t *testing.T) []string
		within  time.Duration // besides what the rest takes
	}{
		{"refuses", false, func(*testing.T) []string { return []string{lab.Center + ":1"} }, time.Second},
		{"accepts and is silent", false, func(t *testing.T) []string { return []string{mute(t)} }, 2 * time.Second},
		{"can't be looked up", false, func(*testing.T) []string { return []string{nobody} }, time.Second},
		{"drops everything, then one that is silent", false, func(t *testing.T) []string { return []string{"192.0.2.1:4001", mute(t)} }, 3 * time.Second},
		{"accepts and is silent, classic", true, func(t *testing.T) []string { return []string{mute(t)} }, 2 * time.Second},
		{"can't be looked up, classic", true, func(*testing.T) []string { return []string{nobody} }, time.Second},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			_, good := w.another()
			write(t, filepath.Join(w.out, "big"), 1<<20)
			for _, h := range []*lab.Host{w.sender, w.receiver} {
				if err := h.IP("route add default via " + lab.Center + " dev eth0"); err != nil { // where all else vanishes
					t.Fatal(err)
				}
			}
			flags := []string{"--relay-only"}
			if test.classic {
				flags = append(flags, "--classic")
			}
			for _, relay := range append(test.before(t), good) {
				flags = append(flags, "--relay", relay)
			}
			sender, receiver := w.pair(append(flags, "big"), flags)
			began := time.Now()
			sender.Await(t, patience, relayed)
			took := time.Since(began)
			w.arrived(sender, receiver)
			t.Logf("connected %v after the start", took.Round(10*time.Millisecond))
			const rest = 5 * time.Second // two programs with the race detector, on a busy machine
			if took > test.within+rest {
				t.Errorf("connected after %v, want %v and what the rest takes", took, test.within)
			}
		})
	}
}

// Fails if a transfer ends with the relay that it went through, although there is
// a second one.
func TestRelayTakesOver(t *testing.T) {
	for _, test := range []struct {
		name     string
		receiver bool // knows the relays, too
	}{
		{"both name them", true},
		{"the sender names them", false},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			first, a := w.another()
			_, b := w.another()
			write(t, filepath.Join(w.out, "big"), 40<<20)
			code := newCode()
			send, receive := w.sending(code, "--relay-only", "--limit", "8M", "big"), w.receiving(code)
			send.env = []string{"SESAME_RELAY=" + a + ", " + b}
			if test.receiver {
				receive.env = send.env
			} else {
				receive.env = []string{"SESAME_RELAY=" + lab.Center + ":1"}
			}
			sender, receiver := w.start(send), w.start(receive)
			until(t, patience, "something arrives", func() bool { return staged(w.in) > 1<<20 || over(sender) || over(receiver) })
			said := sender.Said()
			first.Kill()
			killed := time.Now()
			sender.AwaitAfter(t, said, patience, lost)
			before := staged(w.in)
			until(t, 10*time.Second, "the transfer goes on", func() bool { return staged(w.in) > before || over(receiver) })
			t.Logf("it went on after %v", time.Since(killed).Round(10*time.Millisecond))
			w.arrived(sender, receiver)
		})
	}
}

// Fails if --own-relay or --relay-only doesn't keep a program from a relay that only
// the other side names, which may be the other side's own machine and would see our
// address; if the relay that they have in common isn't found, or if a relay that the
// other side chose isn't called that.
func TestOwnRelay(t *testing.T) {
	const receiver, sender = "receiver", "sender" // whose peer names the relay
	for _, test := range []struct {
		name          string
		careful       string
		flags, others []string // of the careful side, of the one that names the relay
		seen, told    bool
	}{
		{"any", receiver, []string{"--relay", lab.Center + ":1"}, []string{"--relay-only"}, true, true},
		{"own", receiver, []string{"--own-relay", "--relay-only"}, nil, false, false},
		{"relay only", receiver, []string{"--relay-only"}, nil, false, false},
		{"relay only, classic", receiver, []string{"--relay-only", "--classic"}, nil, false, false},
		{"relay only, the sender", sender, []string{"--relay-only"}, nil, false, false},
		{"relay only, the sender, classic", sender, []string{"--relay-only", "--classic"}, nil, false, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			_, chosen := w.another() // by the other side
			l, err := net.Listen("tcp", lab.Center+":0")
			if err != nil {
				t.Fatal(err)
			}
			var mu sync.Mutex
			var came []string
			var front gateway
			front.serve(t, l, func(_ *gateway, c net.Conn) (net.Conn, error) {
				mu.Lock()
				defer mu.Unlock()
				host, _, _ := net.SplitHostPort(c.RemoteAddr().String())
				came = append(came, host)
				return net.Dial("tcp", chosen)
			})
			write(t, filepath.Join(w.out, "big"), 1<<20)
			code := newCode()
			send, receive := w.sending(code, "big"), w.receiving(code)
			careful, other := &receive, &send
			if test.careful == sender {
				careful, other = &send, &receive
			}
			careful.args = append(careful.args, test.flags...)
			other.args = append(append(other.args, "--relay", l.Addr().String()), test.others...)
			from, to := w.start(send), w.start(receive)
			w.arrived(from, to)
			mu.Lock()
			defer mu.Unlock()
			if slices.Contains(came, careful.host.Address) != test.seen {
				t.Errorf("the relay that the other side named saw %q, this side is %s", came, careful.host.Address)
			}
			says := map[string]*lab.Process{receiver: to, sender: from}[test.careful].Err.String()
			if foreign := strings.Contains(says, "chosen by the other side"); foreign != test.told {
				t.Errorf("chosen by the other side: %v", foreign)
			}
		})
	}
}

// unmet waits until both have given up, of whom the first to do so has said why.
func (w *world) unmet(sender, receiver *lab.Process, why string) {
	w.t.Helper()
	a, b := sender.Exit(w.t, patience), receiver.Exit(w.t, patience)
	if a == 0 || b == 0 || a != 7 && b != 7 {
		w.t.Errorf("exit codes %d and %d", a, b)
	}
	if !regexp.MustCompile(why).MatchString(sender.Err.String() + receiver.Err.String()) {
		w.t.Errorf("neither has said %q", why)
	}
}

// Fails if a relay that has carried as much as it does in a day isn't said to have, or is
// waited for where there is another way.
func TestRelayIsSpent(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, spent := w.another("--source-day", "1MiB")
	_, good := w.another()
	write(t, filepath.Join(w.out, "big"), 2<<20)
	first := []string{"--relay-only", "--relay", spent}
	sender, receiver := w.pair(append(slices.Clone(first), "big"), first)
	w.arrived(sender, receiver)

	if err := os.Remove(filepath.Join(w.in, "big")); err != nil {
		t.Fatal(err)
	}
	last := append(slices.Clone(first), "--classic") // the other protocol would wait for more ways
	sender, receiver = w.pair(append(slices.Clone(last), "big"), last)
	w.unmet(sender, receiver, regexp.QuoteMeta(spent)+`.*has carried as much for this network as it does in a day`)

	sender, receiver = w.pair(append(slices.Clone(first), "big"), first) // they wait, and know why
	for _, p := range []*lab.Process{sender, receiver} {
		p.Await(t, patience, "No way by a relay: relay "+spent+" has carried as much for this network as it does in a day. Still looking")
	}
	for _, p := range []*lab.Process{sender, receiver} {
		p.Signal(os.Interrupt)
		p.Exit(t, patience)
	}

	w.spentServer()
	both := append(slices.Clone(first), "--relay", good)
	sender, receiver = w.pair(append(slices.Clone(both), "big"), both)
	w.arrived(sender, receiver)
}

// spentServer fails if the relay of a server that has had its day's worth of this network is asked again though it
// has said when that is over, or if it is told more than once that it carries nothing, whatever addresses it has.
func (w *world) spentServer() {
	w.t.Helper()
	_, address := w.another("--source-day", "1MiB")
	url := w.url
	w.url = "ws://" + address + "/v1"
	defer func() { w.url = url }()
	flags := []string{"--relay-only", "--verbose"}
	sender, receiver := w.pair(append(slices.Clone(flags), "big"), flags)
	w.arrived(sender, receiver)
	if err := os.Remove(filepath.Join(w.in, "big")); err != nil {
		w.t.Fatal(err)
	}
	sender, receiver = w.pair(append(slices.Clone(flags), "big"), flags)
	for _, p := range []*lab.Process{sender, receiver} {
		asked := func() int { return strings.Count(p.Err.String(), "] dialling, path relay") }
		until(w.t, patience, "both addresses of the relay are asked", func() bool { return asked() >= 2 })
		time.Sleep(3 * time.Second) // in which they would be asked thrice more
		if n := asked(); n != 2 {
			w.t.Errorf("asked %d times, want 2:\n%s", n, p)
		}
		if n := strings.Count(p.Err.String(), "No way by a relay"); n != 1 {
			w.t.Errorf("told %d times:\n%s", n, p)
		}
		p.Signal(os.Interrupt)
		p.Exit(w.t, patience)
	}
}

// Fails if a server with tokens carries for somebody who hasn't met there, or doesn't for those
// who have.
func TestRelayWithTickets(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	token := filepath.Join(w.dir, "token")
	if err := os.WriteFile(token, []byte("correct-horse-battery-staple\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	_, address := w.another("--token-file", token)
	open := w.url
	w.url = "ws://" + address + "/v1"
	write(t, filepath.Join(w.out, "big"), 1<<20)
	flags := []string{"--relay-only", "--token-file", token}
	sender, receiver := w.pair(append(slices.Clone(flags), "big"), flags)
	sender.Await(t, patience, relayed)
	w.arrived(sender, receiver)

	if err := os.Remove(filepath.Join(w.in, "big")); err != nil {
		t.Fatal(err)
	}
	w.url = open // and so they are strangers at the other
	flags = []string{"--relay-only", "--classic", "--relay", address}
	sender, receiver = w.pair(append(slices.Clone(flags), "big"), flags)
	w.unmet(sender, receiver, regexp.QuoteMeta(address)+`.*carries only for those who have met at its own server`)
}
