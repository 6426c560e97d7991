//go:build linux && long

package reach

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"testing"
	"time"

	"sesame/internal/test/lab"
	"sesame/internal/test/netlab"
)

// Fails if lanes over TCP that takes every loss for congestion don't become as many as
// may be, or if they do where few carry all that a limit lets through.
//
//	server ── Internet ─┬─ link ── sender       100 ms, one packet in a hundred lost, no UDP
//	                    └─ receiver
func TestLanesAtALimit(t *testing.T) {
	dir := t.TempDir()
	if err := lab.BuildTagged(dir, "nobbr", "sesame"); err != nil {
		t.Fatal(err)
	}
	os.Chmod(dir, 0o755)
	for _, test := range []struct {
		limit       string
		size        int
		least, most int
	}{{"0", 60 << 20, 16, 16}, {"600k", 15 << 20, 3, 8}} {
		t.Run("limit "+test.limit, func(t *testing.T) {
			t.Parallel()
			i := netlab.NewInternet(t)
			m := meetAt(t, netlab.NewHost(t, i, ipv4))
			m.sesame = filepath.Join(dir, "sesame")
			link := netlab.Link{Rate: 100e6, Delay: 50 * time.Millisecond, Loss: 0.01, Queue: 1250000}
			sender, receiver := netlab.NewHost(t, i, netlab.Wiring{Link: &link}), netlab.NewHost(t, i, ipv4)
			for _, h := range []*netlab.Host{sender, receiver} {
				h.Set(t, "ipv4/tcp_congestion_control=reno") // which every system lets everybody have
			}
			netlab.Forward(t, i.Stack,
				fmt.Sprintf("ip saddr %s ip daddr %s meta l4proto udp drop", sender.Address, receiver.Address),
				fmt.Sprintf("ip saddr %s ip daddr %s meta l4proto udp drop", receiver.Address, sender.Address))
			flags := []string{"--direct-only", "--verbose"}
			if test.limit != "0" {
				flags = append(flags, "--limit", test.limit)
			}
			m.transfer(sender, receiver, test.size, flags...)
			m.arrivedWithin(2 * patience)
			wanted := regexp.MustCompile(`lanes are wanted, tier 0, lanes (\d+)`)
			most, last := 2, 2
			for _, p := range m.both() { // one of them decides
				for _, w := range wanted.FindAllStringSubmatch(p.Err.String(), -1) {
					last, _ = strconv.Atoi(w[1])
					if p == m.receiver && last > most && test.limit != "0" {
						continue // it doesn't know that there is a limit, and has to try
					}
					most = max(most, last)
				}
			}
			t.Logf("%d lanes at most, %d at last", most, last)
			if last < test.least || max(most, last) > test.most {
				t.Errorf("%d lanes at most, %d at last, want %d to %d", most, last, test.least, test.most)
			}
		})
	}
}
