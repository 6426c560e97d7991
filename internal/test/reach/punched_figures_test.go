//go:build linux

package reach

import (
	"flag"
	"fmt"
	"testing"
	"time"

	"sesame/internal/test/netlab"
)

var punchedSize = flag.Int("punched", 100, "with -figures, how many MiB cross a punched way")

// Measures what a way past two NATs carries, over UDP alone: TCP doesn't get through
// between the routers. The rate is from the first lane to the end of both programs.
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
			got := punched(t, netlab.Link{Rate: int(r.rate), Delay: r.rtt / 2, Loss: r.loss, Queue: queue}, *punchedSize<<20)
			if got < r.want {
				t.Errorf("it should be %v", r.want)
			}
		})
	}
	t.Run("1 Gbit per s, no link", func(t *testing.T) {
		punched(t, netlab.Link{Rate: 1e9}, 10*(*punchedSize)<<20)
	})
}

// punched returns how fast so many bytes cross a way past two NATs.
func punched(t *testing.T, l netlab.Link, size int) rate {
	t.Helper()
	i := netlab.NewInternet(t)
	m := meetAt(t, netlab.NewHost(t, i, ipv4))
	home, office := netlab.NewRouter(t, i, netlab.PortRestricted, netlab.Wiring{Link: &l}), netlab.NewRouter(t, i, netlab.PortRestricted, ipv4)
	netlab.Forward(t, home.Stack, fmt.Sprintf("meta l4proto tcp ip daddr %s drop", office.Address), fmt.Sprintf("meta l4proto tcp ip saddr %s drop", office.Address))
	sender, receiver := netlab.NewHost(t, home, ipv4), netlab.NewHost(t, office, ipv4)
	m.transfer(sender, receiver, size, "--direct-only", "--verbose")
	m.receiver.Await(t, 2*patience, "lane up")
	begun := time.Now()
	m.ended(5 * time.Minute)
	took := time.Since(begun)
	m.same()
	m.stayed(throughNAT)
	got := of(size, took)
	t.Logf("%v; sender %.1f s of CPU, receiver %.1f s", got, m.sender.CPU().Seconds(), m.receiver.CPU().Seconds())
	return got
}
