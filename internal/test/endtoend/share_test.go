//go:build linux

package endtoend

import (
	"fmt"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"sesame/internal/test/lab"
)

// T-A9-8. Fails if one source with eight pairs of pipes, which is held to half of the relay's line, leaves
// another one with a single pair less than 40 % of the other half.
func TestShareOfALine(t *testing.T) {
	const line, half = 100e6 / 8, 50e6 / 8 // bytes a second
	t.Parallel()
	w := worldOf(t, released)
	w.relay.Kill()
	host := lab.NewHost(t)
	if out, err := host.Command("tc", "qdisc", "add", "dev", "eth0", "root", "tbf", "rate", "100mbit", "burst", "128kb", "latency", "50ms").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	var first string
	w.relay, first = lab.FirstLine(t, "sesame-relay", host.Command(w.programs.relay, "--listen", host.Address+":0", "--no-stun", "--source-rate", fmt.Sprint(int(half))))
	m := printedAddress.FindStringSubmatch(first)
	if m == nil {
		t.Fatalf("sesame-relay printed %q, which names no server", first)
	}
	greedy, honest := &traffic{w: w, relay: m[1]}, &traffic{w: w, relay: m[1]}
	defer greedy.stop()
	defer honest.stop()
	for i := range 8 {
		greedy.pair(w.sender, lab.NewHost(t), fmt.Sprintf("%064d", i))
	}
	honest.pair(w.receiver, lab.NewHost(t), fmt.Sprintf("%064d", 9))
	until(t, patience, "the line is full", func() bool { return honest.got.Load() > half/4 && greedy.got.Load() > half/2 })
	g, h := greedy.got.Load(), honest.got.Load()
	began := time.Now()
	time.Sleep(3 * time.Second) // what is asked is a rate
	took := time.Since(began).Seconds()
	theirs, ours := float64(greedy.got.Load()-g)/took, float64(honest.got.Load()-h)/took
	t.Logf("eight pairs of one source: %.0f %% of the line, another one's pair: %.0f %%", 100*theirs/line, 100*ours/line)
	if ours < 0.4*half {
		t.Errorf("somebody with one pair got %.2f MB/s of %.2f", ours/1e6, half/1e6)
	}
	if theirs+ours < 0.3*line {
		t.Error("the line was never full: this says nothing")
	}
}

// Traffic is pairs of pipes that carry what they can.
type traffic struct {
	w     *world
	relay string
	got   atomic.Int64 // bytes that have arrived
	conns []net.Conn
	busy  sync.WaitGroup
}

// pair has one host send to another what goes.
func (f *traffic) pair(from, to *lab.Host, token string) {
	t := f.w.t
	t.Helper()
	dial := func(h *lab.Host, side string) (c net.Conn) {
		err := h.Do(func() (err error) {
			c, err = net.Dial("tcp4", f.relay)
			return err
		})
		if err == nil {
			_, err = fmt.Fprintf(c, "please relay %s for side %s\n", token, side)
		}
		if err != nil {
			t.Fatal(err)
		}
		f.conns = append(f.conns, c)
		return c
	}
	a, b := dial(from, "aaaaaaaaaaaaaaaa"), dial(to, "bbbbbbbbbbbbbbbb")
	for _, c := range []net.Conn{a, b} {
		c.SetReadDeadline(time.Now().Add(patience))
		if _, err := io.ReadFull(c, make([]byte, 3)); err != nil {
			t.Fatal(err)
		}
		c.SetReadDeadline(time.Time{})
	}
	f.busy.Go(func() {
		block := make([]byte, 64<<10)
		for {
			if _, err := a.Write(block); err != nil {
				return
			}
		}
	})
	f.busy.Go(func() {
		buf := make([]byte, 64<<10)
		for {
			n, err := b.Read(buf)
			f.got.Add(int64(n))
			if err != nil {
				return
			}
		}
	})
}

// stop ends all.
func (f *traffic) stop() {
	for _, c := range f.conns {
		c.Close()
	}
	f.busy.Wait()
}
