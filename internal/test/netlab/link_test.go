//go:build linux

package netlab_test

import (
	"fmt"
	"io"
	"strconv"
	"testing"
	"time"

	"sesame/internal/test/netlab"
)

// Fails if a link is faster, or nearer, or loses less than it should.
//
//	host ── link ── Internet ── host
func TestLink(t *testing.T) {
	link := netlab.Link{Rate: 40e6, Delay: 20 * time.Millisecond}
	i := netlab.NewInternet(t)
	near := listen(t, netlab.NewHost(t, i, netlab.Wiring{Link: &link}), 0)
	far := listen(t, netlab.NewHost(t, i, netlab.Wiring{}), 0)
	far.seen(t, near) // the neighbours know each other now
	start := time.Now()
	far.seen(t, near)
	if took := time.Since(start); took < link.Delay || took > 3*link.Delay {
		t.Errorf("a packet takes %v over a link of %v", took, link.Delay)
	}
	const size = 4 << 20
	conn, err := dial(near.on.Stack, near.at, far.at, time.Second)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	go conn.Write(make([]byte, size))
	accepted, err := far.tcp.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer accepted.Close()
	start = time.Now()
	if _, err := io.CopyN(io.Discard, accepted, size); err != nil {
		t.Fatal(err)
	}
	took := time.Since(start).Seconds()
	if least := size * 8 / 40e6; took < 0.9*least || took > 3*least {
		t.Errorf("%d bytes take %.2f s over 40 Mbit/s", size, took)
	}
}

// Fails if a link doesn't lose what it should.
func TestLinkLoss(t *testing.T) {
	i := netlab.NewInternet(t)
	near := listen(t, netlab.NewHost(t, i, netlab.Wiring{Link: &netlab.Link{Loss: 0.25}}), 0)
	far := listen(t, netlab.NewHost(t, i, netlab.Wiring{}), 0)
	drain := func(quiet time.Duration) (n int) {
		for {
			if text, _ := far.receive(quiet); text == "" {
				return n
			}
			n++
		}
	}
	for range 20 { // what is sent before the neighbours know each other waits, and not for long
		near.send(t, far.at, "x")
	}
	drain(time.Second)
	const sent = 400
	arrived := 0
	for range 16 { // no more at a time than queues hold while a busy machine looks elsewhere
		for range sent / 16 {
			near.send(t, far.at, "x")
		}
		arrived += drain(100 * time.Millisecond)
	}
	arrived += drain(time.Second)
	if arrived < sent*65/100 || arrived > sent*85/100 { // five standard deviations
		t.Errorf("%d of %d packets arrive over a link that loses a quarter", arrived, sent)
	}
}

// Fails if packets on a link with jitter don't overtake each other, or if one gets lost
// or comes twice on a link that only doubles all of them.
func TestLinkDisorder(t *testing.T) {
	i := netlab.NewInternet(t)
	link := netlab.Link{Delay: 60 * time.Millisecond, Jitter: 50 * time.Millisecond, Double: 1}
	near := listen(t, netlab.NewHost(t, i, netlab.Wiring{Link: &link}), 0)
	far := listen(t, netlab.NewHost(t, i, netlab.Wiring{}), 0)
	far.seen(t, near) // the neighbours know each other now
	for text, _ := far.receive(time.Second); text != ""; text, _ = far.receive(time.Second) {
	}
	const sent = 40
	for n := range sent {
		near.send(t, far.at, fmt.Sprint(n))
	}
	times, last, overtaken := map[string]int{}, -1, 0
	for range 2 * sent {
		text, _ := far.receive(10 * time.Second)
		n, err := strconv.Atoi(text)
		if err != nil {
			t.Fatalf("after %d packets %q comes", len(times), text)
		}
		times[text]++
		if n < last {
			overtaken++
		}
		last = n
	}
	for text, n := range times {
		if n != 2 {
			t.Errorf("packet %s comes %d times", text, n)
		}
	}
	if len(times) != sent || overtaken == 0 {
		t.Errorf("%d of %d packets come, %d of them late", len(times), sent, overtaken)
	}
}
