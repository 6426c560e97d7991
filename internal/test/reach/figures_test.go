//go:build linux

package reach

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"sesame/internal/test/lab"
	"sesame/internal/test/netlab"
)

var (
	figures = flag.Bool("figures", false, "measure the figures of doc/figures.md, one after another")
	tries   = flag.Int("tries", 100, "with -figures, how often to look for a way through NATs")
)

// A rate is in bits a second.
type rate float64

func (r rate) String() string { return fmt.Sprintf("%.1f Mbit/s", float64(r)/1e6) }

// of is how fast size bytes were.
func of(size int, took time.Duration) rate { return rate(float64(size) * 8 / took.Seconds()) }

// Measures what a long line that loses packets, and a fast one, carry, beside
// iperf3 on the same line, before and after. Fails if sesame carries less than it
// should: 0.8 of the best of iperf3 on the first, 0.9 of the line on the second.
//
//	server ── Internet ─┬─ link ── sender
//	                    └─ receiver
func TestFigureThroughput(t *testing.T) {
	measuring(t)
	for _, test := range []struct {
		name    string
		link    netlab.Link
		size    int
		iperf   [][]string
		of      string
		atLeast float64
	}{
		{"100 Mbit/s, 100 ms round trip, 1 % loss", netlab.Link{Rate: 100e6, Delay: 50 * time.Millisecond, Loss: 0.01}, 150 << 20,
			[][]string{{"-C", "cubic"}, {"-C", "bbr"}, {"-P", "4"}}, "iperf3", 0.8},
		{"1 Gbit/s, 1 ms round trip", netlab.Link{Rate: 1e9, Delay: 500 * time.Microsecond, Large: true}, 1 << 30,
			[][]string{{"-C", "cubic"}}, "line", 0.9},
		{"1 Gbit/s, wire", netlab.Link{Rate: 1e9}, 1 << 30, [][]string{{"-C", "cubic"}}, "line", 0.9},
	} {
		t.Run(test.name, func(t *testing.T) {
			i := netlab.NewInternet(t)
			m := meetAt(t, netlab.NewHost(t, i, ipv4))
			sender, receiver := netlab.NewHost(t, i, netlab.Wiring{Link: &test.link}), netlab.NewHost(t, i, ipv4)
			best := rate(0)
			for _, args := range test.iperf {
				r := iperf(t, sender, receiver, args...)
				t.Logf("iperf3 %s: %v", strings.Join(args, " "), r)
				best = max(best, r)
			}
			if test.of == "line" {
				best = rate(test.link.Rate)
			}
			m.transfer(sender, receiver, test.size)
			m.connected(patience, direct)
			begun := time.Now()
			m.ended(5 * time.Minute)
			got := of(test.size, time.Since(begun))
			m.same()
			t.Logf("sesame: %v, %.2f × the %s", got, got/best, test.of)
			if got < rate(test.atLeast)*best {
				t.Errorf("it should be %.1f × %v", test.atLeast, best)
			}
		})
	}
}

// iperf returns how much TCP carries.
func iperf(t *testing.T, from, to *netlab.Host, args ...string) rate {
	t.Helper()
	if _, err := exec.LookPath("iperf3"); err != nil {
		t.Skip("needs iperf3")
	}
	server := lab.Start(t, "iperf3", to.Command("iperf3", "--server", "--one-off", "--forceflush"))
	server.Await(t, quickly, "Server listening")
	out, err := from.Command("iperf3", append([]string{"--client", to.Address.String(), "--time", "10", "--omit", "2", "--json"}, args...)...).Output()
	var result struct {
		End struct {
			Received struct {
				Rate float64 `json:"bits_per_second"`
			} `json:"sum_received"`
		}
	}
	if json.Unmarshal(out, &result) != nil || err != nil {
		t.Fatalf("iperf3: %v: %s", err, out)
	}
	server.Exit(t, quickly)
	return rate(result.End.Received.Rate)
}

// Measures the founding claim: that sending straight across is at least twice as
// fast as leaving a file with a server, from where the other fetches it; and that
// our relay is hardly slower than straight across. Each time is of everything,
// from the start of the second program, or of the upload, to the end.
//
//	server ── Internet ─┬─ link ── sender        50 Mbit/s, 20 ms round trip
//	                    └─ link ── receiver      each
func TestFigureClaim(t *testing.T) {
	measuring(t)
	const size = 100 << 20
	link := netlab.Link{Rate: 50e6, Delay: 10 * time.Millisecond, Queue: 256 << 10}
	i := netlab.NewInternet(t)
	m := meetAt(t, netlab.NewHost(t, i, ipv4))
	sender, receiver := netlab.NewHost(t, i, netlab.Wiring{Link: &link}), netlab.NewHost(t, i, netlab.Wiring{Link: &link})
	send := func(want string, flags ...string) time.Duration {
		m.transfer(sender, receiver, size, flags...)
		begun := time.Now()
		m.ended(2 * time.Minute)
		took := time.Since(begun)
		m.same()
		m.stayed(want)
		return took
	}
	t.Logf("iperf3 -C bbr: %v", iperf(t, sender, receiver, "-C", "bbr"))
	straight := send(direct)
	relayed := send(m.relayed(), "--relay-only")
	stored := m.store(sender, receiver, size)
	t.Logf("100 MiB, straight across: %.1f s; over the relay: %.1f s (%.2f ×); by way of a server: %.1f s (%.2f ×)",
		straight.Seconds(), relayed.Seconds(), relayed.Seconds()/straight.Seconds(), stored.Seconds(), stored.Seconds()/straight.Seconds())
	if relayed > straight*11/10 {
		t.Error("over the relay it takes more than 1.1 × the time")
	}
	// What two lines of 50 Mbit/s carry one after the other is what one carries
	// twice: all that sesame does besides, and all that HTTP does, is in the
	// difference.
	if stored < 19*straight/10 {
		t.Error("by way of a server it doesn't take twice as long")
	}
}

// store uploads size bytes to the server of m by HTTP, and then downloads them.
func (m *meeting) store(from, to *netlab.Host, size int) time.Duration {
	m.t.Helper()
	var stored []byte
	var listener net.Listener
	err := m.server.Do(func() (err error) {
		listener, err = net.Listen("tcp", m.server.Address.String()+":0")
		return err
	})
	if err != nil {
		m.t.Fatal(err)
	}
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPut {
			stored, _ = io.ReadAll(r.Body)
			return
		}
		w.Write(stored)
	})}
	go server.Serve(listener)
	m.t.Cleanup(func() { server.Close() })
	client := func(h *netlab.Host) *http.Client {
		return &http.Client{Transport: &http.Transport{Dial: func(network, address string) (conn net.Conn, err error) {
			err = h.Do(func() (err error) { conn, err = net.Dial(network, address); return err })
			return conn, err
		}}}
	}
	url := "http://" + listener.Addr().String()
	begun := time.Now()
	request, err := http.NewRequest(http.MethodPut, url, bytes.NewReader(make([]byte, size)))
	if err != nil {
		m.t.Fatal(err)
	}
	response, err := client(from).Do(request)
	if err != nil {
		m.t.Fatal(err)
	}
	response.Body.Close()
	response, err = client(to).Get(url)
	if err != nil {
		m.t.Fatal(err)
	}
	defer response.Body.Close()
	if n, err := io.Copy(io.Discard, response.Body); err != nil || n != int64(size) {
		m.t.Fatalf("%d of %d bytes, %v", n, size, err)
	}
	return time.Since(begun)
}

// Measures how often and how soon a way through NATs is found where theory allows
// one, while the transfer runs through the relay. Fails if it isn't in 99 of 100
// tries, within 3 s from when the second program started.
//
//	server ── Internet ─┬─ [NATs] ── sender
//	                    └─ [NATs] ── receiver
func TestFigureThroughNAT(t *testing.T) {
	measuring(t)
	var pairs [][2]kind
	for _, from := range kinds {
		for _, to := range kinds {
			if theory(from, to, "") == throughNAT {
				pairs = append(pairs, [2]kind{from, to})
			}
		}
	}
	var times []time.Duration
	late := 0
	for n := range *tries {
		pair := pairs[n%len(pairs)]
		t.Run(fmt.Sprint(n, " ", pair[0].name, " to ", pair[1].name), func(t *testing.T) {
			i := netlab.NewInternet(t)
			m := meetAt(t, netlab.NewHost(t, i, ipv4))
			sender, receiver := pair[0].host(t, i), pair[1].host(t, i)
			begun := time.Now()
			m.transfer(sender, receiver, 64<<20, "--limit", "1M")
			m.connected(patience, throughNAT)
			took := time.Since(begun)
			if times = append(times, took); took > 3*time.Second {
				late++
			}
		})
	}
	slices.Sort(times)
	if len(times) == 0 {
		t.Fatal("none was found")
	}
	t.Logf("found in %d of %d tries, %d of them within 3 s; half of them within %v, all within %v", len(times), *tries, len(times)-late,
		times[len(times)/2].Round(10*time.Millisecond), times[len(times)-1].Round(10*time.Millisecond))
	if (len(times)-late)*100 < *tries*99 {
		t.Error("that is too few")
	}
}

// measuring skips what isn't to be run beside others.
func measuring(t *testing.T) {
	t.Helper()
	if !*figures {
		t.Skip("make bench-net measures figures")
	}
}
