package pipe

import (
	"bufio"
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
	token, side, ok := wire.ParsePlease([]byte(strings.TrimSuffix(line, "\n")))
	if !ok {
		TurnAway(OverTCP(conn, conn), wire.BadHandshake)
		return
	}
	src, _ := source.Of(conn.RemoteAddr(), false)
	nothing := func() {}
	h.Serve(Client{Transport: OverTCP(conn, conn), Source: src, Token: token, Side: side, Waits: nothing, Carries: nothing})
}
