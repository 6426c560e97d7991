package pipe

import (
	"fmt"
	"io"
	"net"
	"testing"
	"time"

	"sesame/internal/wire"
)

// T-A9-6. Fails when a thousand pairs whose receivers don't read make the kernel
// hold more than they may, or when more of them are cut than that takes.
func TestReceiversThatDontRead(t *testing.T) {
	const pairs, most = 1000, 600 << 20
	s, addr := stalled(t, usual(), 0)
	stall(t, addr, pairs)
	for start := time.Now(); ; time.Sleep(100 * time.Millisecond) { // until they stand still and a look has helped
		burdens := s.burdens()
		held := s.limits.Load().Ducts * ductSize
		for _, l := range burdens {
			held += l.bytes
		}
		if len(burdens) == len(s.lobby.running()) && held <= most {
			t.Logf("%d of %d pairs are left and hold %d MiB", len(burdens), pairs, held>>20)
			if len(burdens) < pairs/10 {
				t.Error("that is few")
			}
			return
		}
		if time.Since(start) > 40*time.Second {
			t.Fatalf("%d pairs, of which %d stand still, hold %d MiB", len(s.lobby.running()), len(burdens), held>>20)
		}
	}
}

// Fails when the bound on all pairs together isn't kept, or the wrong ones are
// cut: a pair that is read from stays.
func TestPressure(t *testing.T) {
	l := usual()
	l.PipeBytes = 8 << 20
	s, addr := stalled(t, l, 0)
	a, b := connectPair(t, addr, 9999)
	stall(t, addr, 60)
	for start := time.Now(); ; time.Sleep(50 * time.Millisecond) { // until a look in every second has helped
		held := 0
		for _, l := range s.burdens() {
			held += l.bytes
		}
		if n := len(s.lobby.running()); held <= 8<<20 && n < 50 {
			if n < 2 {
				t.Errorf("only %d pairs are left", n)
			}
			break
		}
		if time.Since(start) > 20*time.Second {
			t.Fatalf("%d pairs hold %d bytes", len(s.lobby.running()), held)
		}
	}
	go a.Write([]byte("hello"))
	if _, err := io.ReadFull(b, make([]byte, 5)); err != nil {
		t.Errorf("a pair that is read from: %v", err)
	}
}

// stalled runs a hub with so many pairs that stand still.
func stalled(t *testing.T, l Limits, pairs int) (*Hub, string) {
	t.Helper()
	l.WaitingPerSource = l.Waiting
	s, addr := running(t, l)
	stall(t, addr, pairs)
	for start := time.Now(); len(s.burdens()) < pairs; time.Sleep(50 * time.Millisecond) { // until all stand still
		if time.Since(start) > 60*time.Second {
			t.Fatalf("%d of %d pairs stand still", len(s.burdens()), pairs)
		}
	}
	return s, addr
}

// stall makes pairs that send and don't read.
func stall(t *testing.T, addr string, pairs int) {
	t.Helper()
	junk := make([]byte, 1<<20)
	for i := range pairs {
		a, _ := connectPair(t, addr, i)
		go func() {
			for {
				if _, err := a.Write(junk); err != nil {
					return
				}
			}
		}()
	}
}

// connectPair returns two connected clients with small buffers of their own.
func connectPair(t *testing.T, addr string, n int) (a, b net.Conn) {
	t.Helper()
	var ends [2]net.Conn
	for i := range ends {
		c, err := net.Dial("tcp", addr)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { c.Close() })
		c.(*net.TCPConn).SetReadBuffer(64 << 10)
		c.(*net.TCPConn).SetWriteBuffer(64 << 10)
		fmt.Fprintf(c, "please relay %064d\n", n)
		ends[i] = c
	}
	for _, c := range ends {
		c.SetReadDeadline(time.Now().Add(20 * time.Second))
		if _, err := io.ReadFull(c, make([]byte, len(wire.Joined))); err != nil {
			t.Fatal(err)
		}
	}
	return ends[0], ends[1]
}

// Fails when files stay open after pairs that stood still were cut, or when a
// duct with somebody's bytes in it is given to somebody else.
func TestDuctsAreClean(t *testing.T) {
	l := usual()
	l.Ducts = 4
	s, addr := stalled(t, l, 20)
	s.Cut()
	for start := time.Now(); len(s.lobby.running()) > 0; time.Sleep(time.Millisecond) { // until all have noticed
		if time.Since(start) > 20*time.Second {
			t.Fatal("pairs are left")
		}
	}
	for i := range 20 { // more than there are ducts
		a, b := connectPair(t, addr, 100+i)
		want := fmt.Sprintf("clean %d", i)
		for range 3 {
			io.WriteString(a, want)
			got := make([]byte, len(want))
			if _, err := io.ReadFull(b, got); err != nil || string(got) != want {
				t.Fatalf("%v: got %q, want %q", err, got, want)
			}
		}
	}
	for start := time.Now(); ; time.Sleep(time.Millisecond) { // until the last has been given back
		s.space.ducts.mu.Lock()
		made, free := s.space.ducts.made, len(s.space.ducts.free)
		s.space.ducts.mu.Unlock()
		if 0 < made && made <= 4 && made == free {
			return
		}
		if time.Since(start) > 20*time.Second {
			t.Fatalf("%d ducts, of which %d are free, while nothing is carried", made, free)
		}
	}
}
