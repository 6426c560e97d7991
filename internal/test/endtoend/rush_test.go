//go:build linux

package endtoend

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coder/websocket"

	"sesame/internal/test/lab"
)

var rushTime = flag.Duration("rush", 3*time.Second, "how long each flood of connections lasts")

// Where those of a flood come from, and those who don't belong to it.
const (
	rushers4 = "10.97.0.0/16"
	honest4  = "10.98.0.0/16"
	rushers6 = "2001:db8:97::/48"
)

// Fails when a flood of connections, from one address, from 50 or from one /48 of IPv6,
// keeps others from meeting: of a hundred meetings 99 have to come about. With -rush 20s
// it measures how long they take.
func TestMeetingsBesideARush(t *testing.T) {
	const rate, perSecond = 2000, 25
	server, rushers, honest := lab.NewHost(t), lab.NewHost(t), lab.NewHost(t)
	for _, c := range []struct {
		host     *lab.Host
		commands []string
	}{
		{server, []string{
			"address add 2001:db8:99::1/64 dev eth0 nodad",
			"route add " + rushers4 + " via " + rushers.Address,
			"route add " + honest4 + " via " + honest.Address,
			"-6 route add " + rushers6 + " via 2001:db8:99::2",
		}},
		{rushers, []string{
			"address add 2001:db8:99::2/64 dev eth0 nodad",
			"route add local " + rushers4 + " dev lo",
			"-6 route add local " + rushers6 + " dev lo",
		}},
		{honest, []string{"route add local " + honest4 + " dev lo"}},
	} {
		for _, command := range c.commands {
			family := []string{"-netns", c.host.Name()}
			if rest, six := strings.CutPrefix(command, "-6 "); six {
				family, command = append(family, "-6"), rest
			}
			if err := lab.IP(append(family, strings.Fields(command)...)...); err != nil {
				t.Fatal(err)
			}
		}
	}
	_, line := lab.FirstLine(t, "sesame-relay", server.Command(released.relay, "--listen", ":0"))
	_, port, err := net.SplitHostPort(printedAddress.FindStringSubmatch(line)[1])
	if err != nil {
		t.Fatal(err)
	}
	for _, from := range []string{"one", "fifty", "network"} {
		t.Run(from, func(t *testing.T) {
			host := server.Address
			if from == "network" {
				host = "2001:db8:99::1"
			}
			stop := rush(t, rushers, net.JoinHostPort(host, port), from, rate)
			var all sync.WaitGroup
			var mu sync.Mutex
			var took []time.Duration
			meetings := int(rushTime.Seconds() * perSecond)
			tick := time.NewTicker(time.Second / perSecond)
			defer tick.Stop()
			for i := range meetings {
				<-tick.C
				all.Go(func() {
					d, err := meeting(honest, net.JoinHostPort(server.Address, port), i)
					mu.Lock()
					defer mu.Unlock()
					if err != nil {
						t.Logf("meeting %d: %v", i, err)
						return
					}
					took = append(took, d)
				})
			}
			all.Wait()
			tried := stop()
			if 100*len(took) < 99*meetings {
				t.Errorf("%d of %d meetings came about", len(took), meetings)
			}
			if len(took) > 0 {
				slices.Sort(took)
				t.Logf("rush from %s: %.0f/s, %d of %d meetings (%.1f %%), p50 %v, p95 %v", from, tried, len(took), meetings,
					100*float64(len(took))/float64(meetings), took[len(took)/2].Round(time.Millisecond), took[len(took)*95/100].Round(time.Millisecond))
			}
		})
	}
}

// meeting has two clients of different addresses meet at a number, say six things to each
// other and part, and returns how long it took until each had the first word of the other.
func meeting(h *lab.Host, server string, i int) (time.Duration, error) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	began := time.Now()
	a, err := dialMailbox(ctx, h, server, netip.AddrFrom4([4]byte{10, 98, 1, byte(i % 250)}))
	if err != nil {
		return 0, err
	}
	defer a.CloseNow()
	b, err := dialMailbox(ctx, h, server, netip.AddrFrom4([4]byte{10, 98, 2, byte(i % 250)}))
	if err != nil {
		return 0, err
	}
	defer b.CloseNow()
	number := strconv.Itoa(1000 + int(nameplates.Add(1)))
	var setUp time.Duration
	for _, c := range []*websocket.Conn{a, b} {
		side := map[bool]string{true: "a", false: "b"}[c == a]
		for _, command := range []string{
			`{"type":"bind","appid":"rush","side":"` + side + `"}`,
			`{"type":"claim","nameplate":"` + number + `"}`,
		} {
			if err := c.Write(ctx, websocket.MessageText, []byte(command)); err != nil {
				return 0, err
			}
		}
		mailbox, err := awaitMessage(ctx, c, "claimed", "")
		if err != nil {
			return 0, err
		}
		for _, command := range []string{
			`{"type":"open","mailbox":"` + mailbox + `"}`, `{"type":"add","phase":"pake","body":"00"}`,
		} {
			if err := c.Write(ctx, websocket.MessageText, []byte(command)); err != nil {
				return 0, err
			}
		}
	}
	for _, c := range []*websocket.Conn{a, b} {
		if _, err := awaitMessage(ctx, c, "message", map[bool]string{true: "b", false: "a"}[c == a]); err != nil {
			return 0, err
		}
	}
	setUp = time.Since(began)
	for _, command := range []string{
		`{"type":"release"}`, `{"type":"add","phase":"version","body":"00"}`,
		`{"type":"add","phase":"0","body":"00"}`, `{"type":"close","mood":"happy"}`,
	} {
		for _, c := range []*websocket.Conn{a, b} {
			if err := c.Write(ctx, websocket.MessageText, []byte(command)); err != nil {
				return 0, err
			}
		}
	}
	for _, c := range []*websocket.Conn{a, b} {
		if _, err := awaitMessage(ctx, c, "closed", ""); err != nil {
			return 0, err
		}
	}
	return setUp, nil
}

// dialMailbox connects from an address of a host.
func dialMailbox(ctx context.Context, h *lab.Host, server string, from netip.Addr) (*websocket.Conn, error) {
	dial := func(ctx context.Context, _, _ string) (conn net.Conn, err error) {
		err = h.Do(func() (err error) {
			d := net.Dialer{LocalAddr: net.TCPAddrFromAddrPort(netip.AddrPortFrom(from, 0))}
			conn, err = d.DialContext(ctx, "tcp4", server)
			return err
		})
		return conn, err
	}
	c, _, err := websocket.Dial(ctx, "ws://"+server+"/v1", &websocket.DialOptions{
		HTTPClient: &http.Client{Transport: &http.Transport{DialContext: dial, DisableKeepAlives: true}},
	})
	return c, err
}

// awaitMessage waits for a message of a type, and of a side if that matters, and returns
// the mailbox that it names.
func awaitMessage(ctx context.Context, c *websocket.Conn, typ, side string) (mailbox string, err error) {
	for {
		_, b, err := c.Read(ctx)
		if err != nil {
			return "", fmt.Errorf("waiting for %s: %w", typ, err)
		}
		var m struct{ Type, Side, Mailbox, Error string }
		if err := json.Unmarshal(b, &m); err != nil {
			return "", err
		}
		switch {
		case m.Type == typ && (side == "" || m.Side == side):
			return m.Mailbox, nil
		case m.Type == "error":
			return "", fmt.Errorf("waiting for %s: %s", typ, m.Error)
		}
	}
}

// inRush is the first argument of a process that makes a flood, for becomeRush.
const inRush = "become-a-rush"

// rush floods a server with connections until stop is called, which returns how many
// there were in a second.
func rush(t *testing.T, h *lab.Host, server, from string, rate int) (stop func() (perSecond float64)) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := h.Command(self, inRush, server, from, strconv.Itoa(rate))
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stderr = os.Stderr
	began := time.Now()
	var out strings.Builder
	cmd.Stdout = &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	end := sync.OnceValue(func() float64 {
		in.Close()
		cmd.Wait()
		n, _ := strconv.Atoi(out.String())
		return float64(n) / time.Since(began).Seconds()
	})
	t.Cleanup(func() { end() })
	return end
}

// becomeRush opens connections, so many a second, from one address, from fifty or from
// all of a /48, until its standard input ends. Every other one asks for a mailbox. It
// holds each until the server closes it, but at most 10,000.
func becomeRush(args []string) error {
	rate, err := strconv.Atoi(args[2])
	if err != nil {
		return err
	}
	var tried atomic.Int64
	held := make(chan struct{}, 10_000)
	stop := make(chan struct{})
	go func() {
		io.Copy(io.Discard, os.Stdin)
		close(stop)
	}()
	tick := time.NewTicker(time.Millisecond)
	began := time.Now()
	for {
		select {
		case <-stop:
			fmt.Print(tried.Load())
			return nil
		case <-tick.C:
		}
		for due := int64(time.Since(began).Seconds() * float64(rate)); tried.Load() < due; {
			i := tried.Add(1)
			select {
			case held <- struct{}{}:
			default:
				continue // it has run out of sockets, and lost one
			}
			go func() {
				defer func() { <-held }()
				rushOnce(args[0], rusher(args[1], i), i)
			}()
		}
	}
}

// rusher returns the address from which the ith connection comes.
func rusher(from string, i int64) netip.Addr {
	switch from {
	case "one":
		return netip.AddrFrom4([4]byte{10, 97, 0, 1})
	case "fifty":
		return netip.AddrFrom4([4]byte{10, 97, 0, byte(1 + i%50)})
	}
	a := netip.MustParsePrefix(rushers6).Addr().As16()
	a[6], a[7], a[15] = byte(i>>8), byte(i), 1
	return netip.AddrFrom16(a)
}

func rushOnce(server string, from netip.Addr, i int64) {
	d := net.Dialer{LocalAddr: net.TCPAddrFromAddrPort(netip.AddrPortFrom(from, 0)), Timeout: 5 * time.Second}
	c, err := d.Dial("tcp", server)
	if err != nil {
		return
	}
	defer c.Close()
	c.(*net.TCPConn).SetLinger(0)
	if i%2 == 0 {
		io.WriteString(c, "GET /v1 HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n")
	}
	io.Copy(io.Discard, c)
}
