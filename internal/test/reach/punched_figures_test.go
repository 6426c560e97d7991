//go:build linux

package reach

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"sesame/internal/test/netlab"
)

var punchedSize = flag.Int("punched", 100, "with -figures, how many MiB cross a punched way")

// Measures what a way past two NATs carries, over UDP alone: of TCP nothing gets through
// between the routers but iperf3, which goes to a port that the receiver's leads to it
// and runs on the same line before. The rate is from the first lane to the end of both
// programs. Fails if it is less than 0.8 of the best of iperf3, 0.7 at 3 % of loss.
//
//	server ── Internet ─┬─ link ── Router ── sender       port-restricted, both
//	                    └─ Router ── receiver
func TestFigurePunched(t *testing.T) {
	measuring(t)
	type row struct {
		rate float64
		rtt  time.Duration
		loss float64
		want rate // at least
	}
	var rows []row
	for _, rtt := range []time.Duration{20 * time.Millisecond, 100 * time.Millisecond, 250 * time.Millisecond} {
		for _, loss := range []float64{0, 0.001, 0.01, 0.03} {
			if r := (row{100e6, rtt, loss, 0}); rtt == 100*time.Millisecond || loss == 0 || loss == 0.01 {
				if rtt == 100*time.Millisecond && loss == 0.01 {
					r.want = 70e6
				}
				rows = append(rows, r)
			}
		}
	}
	for _, r := range rows {
		t.Run(fmt.Sprintf("%.0f Mbit per s, %v, %.1f %% loss", r.rate/1e6, r.rtt, 100*r.loss), func(t *testing.T) {
			queue := max(256<<10, int(r.rate/8*r.rtt.Seconds()))
			got, best := punched(t, netlab.Link{Rate: int(r.rate), Delay: r.rtt / 2, Loss: r.loss, Queue: queue}, *punchedSize<<20)
			least := 0.8
			if r.loss >= 0.03 {
				least = 0.7
			}
			if want := max(r.want, rate(least)*best); got < want {
				t.Errorf("it should be %v", want)
			}
		})
	}
	t.Run("1 Gbit per s, no link", func(t *testing.T) {
		punched(t, netlab.Link{Rate: 1e9}, 10*(*punchedSize)<<20)
	})
}

// punched returns how fast so many bytes cross a way past two NATs, and the best of
// iperf3 on it.
func punched(t *testing.T, l netlab.Link, size int) (got, best rate) {
	t.Helper()
	i := netlab.NewInternet(t)
	m := meetAt(t, netlab.NewHost(t, i, ipv4))
	home, office := netlab.NewRouter(t, i, netlab.PortRestricted, netlab.Wiring{Link: &l}), netlab.NewRouter(t, i, netlab.PortRestricted, ipv4)
	netlab.Forward(t, home.Stack, "tcp dport 5201 accept", "tcp sport 5201 accept",
		fmt.Sprintf("meta l4proto tcp ip daddr %s drop", office.Address), fmt.Sprintf("meta l4proto tcp ip saddr %s drop", office.Address))
	sender, receiver := netlab.NewHost(t, home, ipv4), netlab.NewHost(t, office, ipv4)
	office.Rules(t, fmt.Sprintf("table ip iperf {\n\tchain in {\n\t\ttype nat hook prerouting priority dstnat - 1\n\t\tiifname wan tcp dport 5201 dnat to %s\n\t}\n}", receiver.Address))
	for _, args := range [][]string{{"-C", "bbr"}, {"-C", "bbr", "-P", "4"}, {"-C", "cubic", "-P", "16"}} {
		r := iperfAt(t, sender, receiver, office.Address, append(args, "--time", "8", "--omit", "0")...)
		t.Logf("iperf3 %s: %v", strings.Join(args, " "), r)
		best = max(best, r)
	}
	m.transfer(sender, receiver, size, "--direct-only", "--verbose")
	m.receiver.Await(t, 2*patience, "lane up")
	begun := time.Now()
	m.ended(5 * time.Minute)
	took := time.Since(begun)
	m.same()
	m.stayed(throughNAT)
	got = of(size, took)
	busy, _ := os.ReadFile("/proc/loadavg")
	t.Logf("%v, %.2f × the best; sender %.1f s of CPU, receiver %.1f s; load average %s", got, got/best, m.sender.CPU().Seconds(), m.receiver.CPU().Seconds(), strings.TrimSpace(string(busy)))
	return got, best
}
