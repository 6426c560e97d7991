//go:build linux

package reach

import (
	"fmt"
	"io"
	"net"
	"regexp"
	"strings"
	"testing"
	"time"

	"sesame/internal/test/netlab"
)

// A line is what stands between a sender and everybody else.
type line struct {
	name string
	netlab.Link
	size int // bytes of the file that is sent over it
}

// Lines that carry little: what waits in front of them is sent in 400 ms.
var (
	mobile512 = line{"512 kbit/s", netlab.Link{Rate: 512e3, Delay: 20 * time.Millisecond, Queue: 25600}, 500_000}
	mobile256 = line{"256 kbit/s", netlab.Link{Rate: 256e3, Delay: 20 * time.Millisecond, Queue: 12800}, 500_000}
	mobile64  = line{"64 kbit/s", netlab.Link{Rate: 64e3, Delay: 20 * time.Millisecond, Queue: 3200}, 200_000}
)

// far is a line of 20 Mbit/s with a round trip of that many milliseconds.
func far(roundTrip int) line {
	delay := time.Duration(roundTrip) * time.Millisecond / 2
	return line{fmt.Sprintf("20 Mbit/s, round trip %d ms", roundTrip), netlab.Link{Rate: 20e6, Delay: delay}, 10_000_000}
}

// How the two reach each other over a line.
const (
	straight = "direct"
	byRelay  = "relay"
	pastNATs = "through NAT"
)

// Fails if a line is given up because it is slow, or long.
//
//	server ── Internet ─┬─ line ── sender, or Router ── sender
//	                    └─ receiver, or Router ── receiver
func TestSlowLine(t *testing.T) {
	for _, l := range []line{mobile512, mobile256, far(300)} {
		overLine(t, l, straight)
		overLine(t, l, byRelay)
	}
	overLine(t, mobile512, pastNATs)
}

// overLine runs a test in which a file crosses l. It fails if that isn't over the
// first lanes that come up.
func overLine(t *testing.T, l line, way string) {
	t.Run(l.name+", "+way, func(t *testing.T) {
		t.Parallel()
		m, _ := cross(t, l, way)
		for _, p := range m.both() {
			if given := givenUp.FindString(p.Err.String()); given != "" {
				t.Errorf("%s gave up a lane: %s", p, given)
			}
			if all := paths(p); len(all) != 1 {
				t.Errorf("%s was connected by %q, one after another", p, all)
			}
		}
	})
}

// givenUp matches what the programs log of a lane that ends in any other way than
// at the end of all, or because a better one is there.
var givenUp = regexp.MustCompile(`(?m)^.*lane down.*error.*(nothing arrives|no data for|reset|broken pipe|timeout).*$`)

// cross sends a file over l and returns how long it took from the first lane on
// until both programs had ended.
func cross(t *testing.T, l line, way string) (*meeting, time.Duration) {
	t.Helper()
	i := netlab.NewInternet(t)
	m := meetAt(t, netlab.NewHost(t, i, ipv4))
	flags, wiring := []string{"--verbose", "--direct-only"}, netlab.Wiring{Link: &l.Link}
	var sender, receiver *netlab.Host
	switch way {
	case byRelay:
		flags[1] = "--relay-only"
		fallthrough
	case straight:
		sender, receiver = netlab.NewHost(t, i, wiring), netlab.NewHost(t, i, ipv4)
	case pastNATs:
		home, office := netlab.NewRouter(t, i, netlab.PortRestricted, wiring), netlab.NewRouter(t, i, netlab.PortRestricted, ipv4)
		sender, receiver = netlab.NewHost(t, home, ipv4), netlab.NewHost(t, office, ipv4)
	}
	m.transfer(sender, receiver, l.size, flags...)
	m.receiver.Await(t, 2*patience, "lane up")
	begun := time.Now()
	m.ended(5 * time.Minute)
	took := time.Since(begun)
	m.same()
	t.Logf("%v from the first lane on", took.Round(10*time.Millisecond))
	return m, took
}

// Measures what a slow or long line costs beside the bytes alone, and beside one
// TCP connection. Fails if it is more than 1.25 times the bytes alone on a line
// that carries little, or more than 1.6 times TCP on a long one.
func TestFigureSlowLine(t *testing.T) {
	measuring(t)
	for _, l := range []line{mobile512, mobile256, mobile64, far(300), far(600), far(1000), far(2000)} {
		for _, way := range []string{straight, byRelay} {
			t.Run(l.name+", "+way, func(t *testing.T) {
				least, most, of := time.Duration(l.size)*8*time.Second/time.Duration(l.Rate), 1.25, "the bytes alone"
				if strings.Contains(l.name, "round trip") {
					least, most, of = plain(t, l), 1.6, "one TCP connection"
				}
				_, took := cross(t, l, way)
				t.Logf("%.2f × %s, which is %v", took.Seconds()/least.Seconds(), of, least.Round(10*time.Millisecond))
				if took.Seconds() > most*least.Seconds() {
					t.Errorf("it should be %.2f × at most", most)
				}
			})
		}
	}
}

// plain returns how long one TCP connection takes to carry the bytes of l, once it
// is there, until the sender knows that they have arrived.
func plain(t *testing.T, l line) (took time.Duration) {
	t.Helper()
	i := netlab.NewInternet(t)
	sender, receiver := netlab.NewHost(t, i, netlab.Wiring{Link: &l.Link}), netlab.NewHost(t, i, ipv4)
	var listener net.Listener
	if err := receiver.Do(func() (err error) {
		listener, err = net.Listen("tcp", net.JoinHostPort(receiver.Address.String(), "0"))
		return err
	}); err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	go func() {
		if c, err := listener.Accept(); err == nil {
			io.CopyN(io.Discard, c, int64(l.size))
			c.Write([]byte{1})
			c.Close()
		}
	}()
	var conn net.Conn
	if err := sender.Do(func() (err error) {
		conn, err = net.DialTimeout("tcp", listener.Addr().String(), patience)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(2 * patience))
	begun := time.Now()
	if _, err := conn.Write(make([]byte, l.size)); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(conn, make([]byte, 1)); err != nil {
		t.Fatal(err)
	}
	return time.Since(begun)
}
