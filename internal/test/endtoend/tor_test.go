//go:build linux

package endtoend

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"sesame/internal/test/lab"
)

// leaked returns how many packets only has dropped.
func leaked(t *testing.T, h *lab.Host) string {
	t.Helper()
	out, err := h.Command("nft", "list", "counter", "inet", "only", "other").CombinedOutput()
	m := regexp.MustCompile(`packets (\d+)`).FindSubmatch(out)
	if err != nil || m == nil {
		t.Fatalf("nft: %v: %s", err, out)
	}
	return string(m[1])
}

// torOn makes h a host on which Tor runs, and from which nothing gets out that
// doesn't go through it: what tries to is counted.
func torOn(t *testing.T, h *lab.Host, names map[string]string) *gateway {
	t.Helper()
	const port = "127.0.0.1:9050"
	g := &gateway{names: names}
	var l net.Listener
	if err := h.Do(func() (err error) { l, err = net.Listen("tcp", port); return err }); err != nil {
		t.Fatal(err)
	}
	g.serve(t, l, speakSOCKS)
	// Packets that lead nowhere must be seen, too.
	if err := h.IP("route add default via " + lab.Center + " dev eth0"); err != nil {
		t.Fatal(err)
	}
	only(t, h, port)
	return g
}

// sockets returns where processes in h listen, and what UDP sockets they have,
// but for Tor's port.
func sockets(t *testing.T, p *lab.Process) (open []string) {
	t.Helper()
	for _, kind := range []string{"tcp", "tcp6", "udp", "udp6"} {
		text, err := os.ReadFile(fmt.Sprintf("/proc/%d/net/%s", p.PID(), kind))
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(text)) {
			fields := strings.Fields(line)
			const listening, torPort = "0A", "0100007F:235A"
			if fields[0] == "sl" || strings.HasPrefix(kind, "tcp") && fields[3] != listening || fields[1] == torPort {
				continue
			}
			open = append(open, kind+" "+fields[1])
		}
	}
	return open
}

// Fails if a program that was told to use Tor sends a packet that doesn't go
// there, name lookups and multicast among them, listens anywhere, opens a UDP
// socket, asks Tor for anything but the server that it was given, or makes its
// connections linkable to another program's.
func TestTorOnly(t *testing.T) {
	const onion = "sesamesesamesesamesesamesesamesesamesesamesesamesesames2.onion"
	for _, test := range []struct {
		name string
		send []string // further flags, and what is sent
		over [2]bool  // Tor, by the sender and by the receiver
	}{
		{"both", []string{"big"}, [2]bool{true, true}},
		{"both, classic", []string{"--classic", "big"}, [2]bool{true, true}},
		{"sender", []string{"big"}, [2]bool{true, false}},
		{"receiver", []string{"big"}, [2]bool{false, true}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			write(t, filepath.Join(w.out, "big"), 8<<20)
			code := newCode()
			sides := []side{w.sending(code, append(test.send, "--limit", "4M")...), w.receiving(code)}
			gateways := make([]*gateway, 2)
			for i := range sides {
				if s := &sides[i]; test.over[i] {
					gateways[i] = torOn(t, s.host, map[string]string{onion + ":4000": w.address})
					s.args[2] = "ws://" + onion + ":4000/v1"
					s.args = append(s.args, "--tor", "--relay", onion+":4000")
					s.env = []string{"ALL_PROXY=http://10.99.0.1:1", "HTTPS_PROXY=http://10.99.0.1:1"} // which isn't Tor
				}
			}
			processes := []*lab.Process{w.start(sides[0]), w.start(sides[1])}
			for i, p := range processes {
				if p.Await(t, patience, "Connected: relay"); !test.over[i] {
					continue
				}
				said(t, p, "Connected: relay "+onion+", through Tor")
				if open := sockets(t, p); len(open) > 0 {
					t.Errorf("it has sockets that it doesn't need: %q", open)
				}
			}
			w.arrived(processes[0], processes[1])
			var users []string
			for i, g := range gateways {
				if g == nil {
					continue
				}
				asked, named := g.seen()
				if n := leaked(t, sides[i].host); n != "0" {
					t.Errorf("%s packets went elsewhere", n)
				}
				if len(asked) != 1 || asked[0] != onion+":4000" {
					t.Errorf("Tor was asked for %q", asked)
				}
				if users = append(users, named...); len(named) != 1 || len(named[0]) < 16 {
					t.Errorf("Tor knows the connections as those of %q", named)
				}
			}
			if len(slices.Compact(users)) != len(users) {
				t.Errorf("both programs have the user %q", users)
			}
		})
	}
	t.Run("without Tor it would be seen", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		torOn(t, w.sender, nil)
		send := w.sending(newCode(), "--text", "x", "--no-local")
		send.args[2] = "ws://relay.example.org/v1"
		w.start(send).Exit(t, patience)
		if leaked(t, w.sender) == "0" {
			t.Error("a name was looked up, and nobody has seen it")
		}
	})
}

// Fails if a program that was told to hide its address listens, or has a UDP
// socket, while it waits at a relay.
func TestRelayOnlyListensNowhere(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	sender, receiver := w.begun(8<<20, "--relay-only")
	for _, p := range []*lab.Process{sender, receiver} {
		if open := sockets(t, p); len(open) > 0 {
			t.Errorf("it has sockets that it doesn't need: %q", open)
		}
	}
	w.arrived(sender, receiver)
}
