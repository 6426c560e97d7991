package pipe

import (
	"bufio"
	"fmt"
	"io"
	"log/slog"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"sesame/internal/wire"
	"sesame/relay/figures"
	"sesame/relay/source"
)

// running returns a hub with an address where its clients may come.
func running(t testing.TB, l Limits) (*Hub, string) {
	t.Helper()
	h := New(Config{Limits: l, Figures: figures.New(), Logger: slog.New(slog.DiscardHandler)})
	at, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	stop := make(chan struct{})
	var all sync.WaitGroup
	all.Go(func() {
		for {
			conn, err := at.Accept()
			if err != nil {
				return
			}
			Tune(conn.(*net.TCPConn), l.PairStall)
			all.Go(func() { receive(h, conn) })
		}
	})
	all.Go(func() {
		second := time.NewTicker(time.Second)
		defer second.Stop()
		for {
			select {
			case <-second.C:
				h.Relieve()
			case <-stop:
				return
			}
		}
	})
	t.Cleanup(func() {
		at.Close()
		close(stop)
		h.HangUp()
		h.Cut()
		all.Wait()
		h.Close()
	})
	return h, at.Addr().String()
}

// receive serves one client, which says no more than its line before it is answered.
func receive(h *Hub, conn net.Conn) {
	line, err := bufio.NewReader(conn).ReadString('\n')
	if err != nil {
		conn.Close()
		return
	}
	said, ok := wire.ParsePlease([]byte(strings.TrimSuffix(line, "\n")))
	if !ok {
		TurnAway(OverTCP(conn, conn), wire.BadHandshake)
		return
	}
	src, _ := source.Of(conn.RemoteAddr(), false)
	nothing := func() {}
	h.Serve(Client{Transport: OverTCP(conn, conn), Source: src, Plea: said, Waits: nothing, Carries: nothing})
}

// spoken returns a client that has said its line for a token.
func spoken(t testing.TB, addr string, n int) net.Conn {
	t.Helper()
	c, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	c.SetDeadline(time.Now().Add(30 * time.Second))
	fmt.Fprintf(c, "please relay %064d\n", n)
	return c
}

// joined returns two clients that are joined.
func joined(t testing.TB, addr string, n int) (a, b net.Conn) {
	t.Helper()
	a, b = spoken(t, addr, n), spoken(t, addr, n)
	for _, c := range []net.Conn{a, b} {
		if _, err := io.ReadFull(c, make([]byte, len(wire.Joined))); err != nil {
			t.Fatal(err)
		}
	}
	return a, b
}

// Fails when bytes beyond a rate aren't held up, are lost, or cost the pair its life, with
// pipes of the kernel and without; or when a new rate isn't taken over.
func TestRateIsKept(t *testing.T) {
	for name, ducts := range map[string]int{"spliced": 64, "copied": 0} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := usual()
			l.Ducts, l.PairRate, l.PairStall, l.PairIdle = ducts, 512<<10, time.Second, time.Second // less than it takes, more than a busy machine sleeps
			h, addr := running(t, l)
			a, b := joined(t, addr, 1)
			send := func(n int64) time.Duration {
				begun := time.Now()
				go io.CopyN(a, zeros{}, n)
				if _, err := io.CopyN(io.Discard, b, n); err != nil {
					t.Fatal(err)
				}
				return time.Since(begun)
			}
			if took := send(1 << 20); took < 3*time.Second/2 {
				t.Errorf("1 MiB in %v, at 512 KiB a second", took)
			}
			l.PairRate, l.PairStall, l.PairIdle = 0, time.Minute, time.Minute
			h.Resize(l)
			send(8 << 20) // which would take a quarter of a minute
			for begun := time.Now(); h.space.carried.Sum() < 9<<20 && time.Since(begun) < 20*time.Second; {
				time.Sleep(time.Millisecond) // they are counted when they have been written
			}
			if n := h.space.carried.Sum(); n != 9<<20 {
				t.Errorf("%d bytes are counted", n)
			}
		})
	}
}

// Fails when a source goes on that has had its day's worth, or when others than those who have shown a ticket,
// good or not, are told more than that it has.
func TestDayIsKept(t *testing.T) {
	l := usual()
	l.SourceDay = 1 << 20
	_, addr := running(t, l)
	a, b := joined(t, addr, 1)
	go io.CopyN(a, zeros{}, 1<<20)
	if _, err := io.CopyN(io.Discard, b, 1<<20); err != nil {
		t.Fatal(err)
	}
	a.Close()
	b.Close()
	for line, want := range map[string]string{
		"please relay %064d\n":             "no more today\n",
		"please relay %064d ticket 00ff\n": "no more today\nover in 86",
	} {
		said := ""
		for said == "" { // until the last bytes are counted
			c, err := net.Dial("tcp", addr)
			if err != nil {
				t.Fatal(err)
			}
			c.SetDeadline(time.Now().Add(30 * time.Second))
			fmt.Fprintf(c, line, 2)
			other := spoken(t, addr, 2)
			all, err := io.ReadAll(io.LimitReader(c, int64(len(want))))
			if err != nil {
				t.Fatal(err)
			}
			if said = string(all); strings.HasPrefix(said, wire.Joined) {
				said = ""
			}
			c.Close()
			other.Close()
		}
		if said != want {
			t.Errorf("%q is told %q", line, said)
		}
	}
}

type zeros struct{}

func (zeros) Read(b []byte) (int, error) { return len(b), nil }

// Fails when a pair that is held up can't be cut at once.
func TestCutWhileHeldUp(t *testing.T) {
	l := usual()
	l.PairRate = 1 // a byte a second
	h, addr := running(t, l)
	a, b := joined(t, addr, 1)
	go io.CopyN(a, zeros{}, 1<<20)
	if _, err := b.Read(make([]byte, 1)); err != nil {
		t.Fatal(err)
	}
	h.Cut()
	h.Drain(t.Context())
	if waiting, pairs := h.Counts(); waiting+pairs != 0 {
		t.Errorf("%d pairs are left", pairs)
	}
}

// Fails when a source that has had its day's worth gets another pair, isn't told why, or
// loses the one that it has.
func TestDaysWorth(t *testing.T) {
	l := usual()
	l.SourceDay = 1 << 20
	h, addr := running(t, l)
	a, b := joined(t, addr, 1)
	for range 2 {
		go io.CopyN(a, zeros{}, 1<<20)
		if _, err := io.CopyN(io.Discard, b, 1<<20); err != nil {
			t.Fatalf("the pair that has been there: %v", err)
		}
	}
	if said, err := io.ReadAll(spoken(t, addr, 2)); string(said) != wire.Spent || err != nil {
		t.Errorf("the next one is told %q, %v", said, err)
	}
	if n := h.refused.Sum()[figures.Spent]; n != 1 {
		t.Errorf("%d are counted as refused", n)
	}
	l.SourceDay = 0
	h.Resize(l)
	joined(t, addr, 3)
}
