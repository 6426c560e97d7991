//go:build linux

package benchrelay

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"os/exec"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"sesame/internal/test/lab"
	"sesame/internal/wire"
)

const pairsCommand = "make bench-relay PART=pairs"

// A duct is a way for bytes from one connection to another.
type duct struct{ in, out net.Conn }

func (d duct) close() { d.in.Close(); d.out.Close() }

var tokens atomic.Uint32

// relayed returns one through a relay. The clients have buffers of so many bytes, or with 0 what the system
// gives.
func relayed(t *testing.T, addr string, buffers int) duct {
	t.Helper()
	token := bytes.Repeat([]byte{1}, 32)
	n := tokens.Add(1)
	token[0], token[1], token[2] = byte(n), byte(n>>8), byte(n>>16)
	var ends [2]net.Conn
	for i := range ends {
		conn, err := net.Dial("tcp", addr)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { conn.Close() })
		if buffers > 0 {
			conn.(*net.TCPConn).SetReadBuffer(buffers)
			conn.(*net.TCPConn).SetWriteBuffer(buffers)
		}
		if _, err := conn.Write(wire.PleaseRelay(token, [8]byte{byte(i)})); err != nil {
			t.Fatal(err)
		}
		ends[i] = conn
	}
	for _, conn := range ends {
		conn.SetReadDeadline(time.Now().Add(time.Minute))
		ok := make([]byte, len(wire.Joined))
		if _, err := io.ReadFull(conn, ok); err != nil || string(ok) != wire.Joined {
			t.Fatalf("%q, %v", ok, err)
		}
		conn.SetReadDeadline(time.Time{})
	}
	return duct{ends[0], ends[1]}
}

func relayedMany(t *testing.T, addr string, n, buffers int) []duct {
	t.Helper()
	all := make([]duct, n)
	for i := range all {
		all[i] = relayed(t, addr, buffers)
	}
	return all
}

// Fails when a pair that carries nothing takes more memory than it may: of the relay, and of the
// kernel for all four ends.
func TestPairsIdle(t *testing.T) {
	n := *idlers / 5
	if n == 0 {
		t.Skip("measures only with -idle")
	}
	files(t, uint64(2*n)+1000)
	p, addr := startRelay(t, "--state", "none")
	relayed(t, addr, 0).close()
	program, system := resident(t, p), sockets()
	relayedMany(t, addr, n, 0)
	kib := float64(resident(t, p)-program+sockets()-system) / 1024 / float64(n)
	row(t, fmt.Sprintf("%d idle pairs", n), fmt.Sprintf("%.1f KiB of all memory each", kib), "≤ 40", fmt.Sprintf("program %.1f", float64(resident(t, p)-program)/1024/float64(n)),
		pairsCommand, kib <= 40)
}

// Fails when a thousand pairs whose receivers don't read take more memory than they may, at any time
// or in the long run, or when some of it is left a minute after they have gone.
func TestPairsThatDontRead(t *testing.T) {
	if *idlers == 0 {
		t.Skip("measures only with -idle")
	}
	const n = 1000
	files(t, 2*n+1000)
	p, addr := startRelay(t, "--state", "none")
	relayed(t, addr, 0).close()
	program, system := resident(t, p), queued()
	mib := func() float64 { return float64(resident(t, p)-program+max(0, queued()-system)) / (1 << 20) }
	all := relayedMany(t, addr, n, 16<<10) // what waits at the clients is on other machines
	block := make([]byte, 64<<10)
	var writers sync.WaitGroup
	for _, d := range all {
		writers.Go(func() {
			for {
				if _, err := d.in.Write(block); err != nil {
					return
				}
			}
		})
	}
	most, start := 0.0, time.Now()
	for time.Since(start) < 10*time.Second {
		most = max(most, mib())
		time.Sleep(50 * time.Millisecond)
	}
	after := mib()
	for _, d := range all {
		d.close()
	}
	writers.Wait()
	left := mib()
	for start := time.Now(); left > tables && time.Since(start) < time.Minute; left = mib() {
		time.Sleep(100 * time.Millisecond)
	}
	what := fmt.Sprintf("%d pairs whose receivers don't read", n)
	row(t, what, fmt.Sprintf("%.0f MiB of all memory at most", most), "≤ 700", "", pairsCommand, most <= 700)
	row(t, what+", after 10 s", fmt.Sprintf("%.0f MiB", after), "≤ 600", "", pairsCommand, after <= 600)
	row(t, what+", 60 s after their end", fmt.Sprintf("%.1f MiB more than before", left), fmt.Sprintf("≤ %d, for tables of Go", tables), "", pairsCommand, left <= tables)
}

// tables is how many MiB more than before a program of Go may have that has given back all memory that it was
// ever given: its tables of that memory, goroutines to be used again, and code that wasn't run before.
const tables = 8

// Fails when pairs carry less than through socat, or cost more than half of what that does.
func TestPairsBesideSocat(t *testing.T) {
	if *idlers == 0 {
		t.Skip("measures only with -idle")
	}
	if _, err := exec.LookPath("socat"); err != nil {
		t.Skip("there is no socat")
	}
	p, addr := startRelay(t, "--state", "none")
	for _, n := range []int{1, 50} {
		theirs := besideSocat(t, n, "")
		ours := carry(t, p.PID(), relayedMany(t, addr, n, 0))
		row(t, fmt.Sprintf("%d pairs", n), fmt.Sprintf("%.2f GB/s, %.2f × socat", ours.rate, ours.rate/theirs.rate), "≥ 1.0 ×",
			fmt.Sprintf("socat -b 262144 %.2f GB/s", theirs.rate), pairsCommand, ours.rate >= theirs.rate)
		row(t, fmt.Sprintf("%d pairs, processor time", n), fmt.Sprintf("%.2f s/GiB, %.2f × socat", ours.cost, ours.cost/theirs.cost), "≤ 0.5 ×",
			fmt.Sprintf("%.2f s/GiB", theirs.cost), pairsCommand, ours.cost <= theirs.cost/2)
		// What splicing alone is worth: with the controller of congestion that the relay asks for on one machine.
		equal := besideSocat(t, n, ",setsockopt-string=6:13:reno")
		row(t, fmt.Sprintf("%d pairs, processor time beside socat with Reno", n), fmt.Sprintf("%.2f × socat", ours.cost/equal.cost), "no bound",
			fmt.Sprintf("%.2f GB/s, %.2f s/GiB", equal.rate, equal.cost), pairsCommand, true)
	}
}

// A yield is what a server in the middle did.
type yield struct {
	rate float64 // GB/s
	cost float64 // seconds of processor time a GiB
}

// carry sends for a while through all of them at once, and closes them. pid is who is in the middle.
func carry(t *testing.T, pid int, all []duct) yield {
	t.Helper()
	var bytes atomic.Int64
	var running sync.WaitGroup
	for _, d := range all {
		running.Go(func() {
			block := make([]byte, 256<<10)
			for {
				if _, err := d.in.Write(block); err != nil {
					return
				}
			}
		})
		running.Go(func() {
			block := make([]byte, 256<<10)
			for {
				n, err := d.out.Read(block)
				bytes.Add(int64(n))
				if err != nil {
					return
				}
			}
		})
	}
	time.Sleep(500 * time.Millisecond) // until it flows
	before, used, start := bytes.Load(), family(pid), time.Now()
	time.Sleep(*carries)
	sent, took, used := bytes.Load()-before, time.Since(start), family(pid)-used
	for _, d := range all {
		d.close()
	}
	running.Wait()
	return yield{float64(sent) / 1e9 / took.Seconds(), used.Seconds() / (float64(sent) / (1 << 30))}
}

// besideSocat has socat carry, from its port to one of ours, with an option for both sockets.
func besideSocat(t *testing.T, n int, option string) yield {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	cmd := exec.Command("socat", "-dd", "-b", "262144", "TCP-LISTEN:0,fork,reuseaddr,bind=127.0.0.1"+option, "TCP:"+l.Addr().String()+option)
	p := lab.Start(t, "socat", cmd)
	addr := p.Await(t, time.Minute, `listening on AF=2 (\S+)`)[1]
	all := make([]duct, n)
	for i := range all {
		if all[i].in, err = net.Dial("tcp", addr); err != nil {
			t.Fatal(err)
		}
		if all[i].out, err = l.Accept(); err != nil {
			t.Fatal(err)
		}
	}
	return carry(t, p.PID(), all)
}
