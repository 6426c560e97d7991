package relay

import (
	"bufio"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"sesame/relay/mailbox"
	"sesame/relay/source"
)

// running returns a server with the given limits and its address.
func running(t *testing.T, l Limits, more ...func(*Config)) (*Server, string) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	cfg := &Config{Limits: l}
	for _, f := range more {
		f(cfg)
	}
	s := New(cfg)
	served := make(chan error)
	go func() { served <- s.Serve(listener) }()
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		s.Shutdown(ctx)
		<-served
	})
	return s, listener.Addr().String()
}

// mailboxClient returns a bound mailbox connection as a plain one, so that a
// test may behave badly on it.
func mailboxClient(t *testing.T, addr string) net.Conn {
	t.Helper()
	c, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	c.(*net.TCPConn).SetReadBuffer(4096)
	c.(*net.TCPConn).SetWriteBuffer(64 << 10)
	io.WriteString(c, "GET /v1 HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"+
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n")
	resp, err := http.ReadResponse(bufio.NewReaderSize(c, 16), nil)
	if err != nil || resp.StatusCode != http.StatusSwitchingProtocols {
		t.Fatal(resp, err)
	}
	c.Write(frame(`{"type":"bind","appid":"a","side":"b"}`))
	return c
}

// frame returns a text message as a client sends it.
func frame(text string) []byte { return append(frameHeader(len(text)), text...) }

// frameHeader returns what is before the bytes of a message. The mask is zero.
func frameHeader(n int) []byte {
	b := []byte{0x81, 0x80 | 127}
	b = binary.BigEndian.AppendUint64(b, uint64(n))
	return append(b, 0, 0, 0, 0)
}

// Fails when a client that asks and never reads the answers makes the server
// keep them.
func TestAnswersThatNobodyReads(t *testing.T) {
	const clients = 60
	s, addr := running(t, Limits{})
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	ping := frame(fmt.Sprintf(`{"type":"ping","ping":"%s"}`, strings.Repeat("x", mailbox.MaxPing-100)))
	var wg sync.WaitGroup
	for range clients {
		c := mailboxClient(t, addr)
		wg.Go(func() {
			for range 20_000 { // far more than can be on the way
				c.SetWriteDeadline(time.Now().Add(2 * time.Second))
				if _, err := c.Write(ping); err != nil {
					return
				}
			}
			t.Error("the server reads on and on")
		})
	}
	wg.Wait()
	runtime.GC()
	runtime.ReadMemStats(&after)
	grown := int64(after.HeapAlloc) - int64(before.HeapAlloc)
	t.Logf("%d clients: %d KiB wait, the heap has grown by %d KiB", clients, s.mail.backlog.sum()>>10, grown>>10)
	if most := int64(clients * (enough + 64<<10)); int64(s.mail.backlog.sum()) > most || grown > 2*most {
		t.Errorf("more than %d KiB", most>>10)
	}
	if s.mail.backlog.sum() < enough { // a busy machine takes a pause for the end
		t.Error("hardly anything waits: the test is broken")
	}
}

// Fails when beginnings of messages are kept without a bound, when one that
// never ends is waited for, or when a client suffers that does nothing of the
// kind.
func TestMessagesThatNeverEnd(t *testing.T) {
	const total = 4 << 20
	s, addr := running(t, Limits{TotalBacklog: total, Read: 2 * time.Second})
	good := mailboxClient(t, addr)
	for range 16 {
		c := mailboxClient(t, addr)
		go func() {
			c.Write(append(frameHeader(1<<20), `{"type":"add","body":"`...))
			c.Write([]byte(strings.Repeat("0", 900<<10)))
		}()
	}
	seen := int64(0)
	for start := time.Now(); ; time.Sleep(time.Millisecond) { // until all are gone
		left := s.mail.visitors.count()
		held := int64(s.mail.backlog.sum())
		seen = max(seen, held)
		if held > total+2<<20 {
			t.Fatalf("%d bytes are kept", held)
		}
		if left == 1 {
			break
		}
		if time.Since(start) > 20*time.Second {
			t.Fatalf("%d clients are left", left)
		}
	}
	if seen < total/2 {
		t.Errorf("never more than %d bytes were kept: the test is broken", seen)
	}
	good.Write(frame(`{"type":"ping","ping":"canary"}`))
	r := bufio.NewReader(good)
	good.SetReadDeadline(time.Now().Add(20 * time.Second))
	if _, err := r.ReadString('y'); err != nil {
		t.Error(err)
	}
	if held := int64(s.mail.backlog.sum()); held > 64<<10 {
		t.Errorf("%d bytes are still counted", held)
	}
}

// Fails when one who has much to read goes though another one's many clients hold more.
func TestLargestSourceReadsFirst(t *testing.T) {
	from := func(ip string) source.Source {
		s, _ := source.At(netip.MustParseAddr(ip), false)
		return s
	}
	l := newLedger(8 << 20)
	gone := ""
	outbox := func(ip string, bytes int) *outbox {
		o := newOutbox(4<<20, l, from(ip), func() { gone = ip }, nil)
		o.charge(bytes)
		return o
	}
	honest := outbox("198.51.100.1", 2<<20)
	for range 40 {
		outbox("192.0.2.1", 200<<10)
	}
	for n := 0; l.excess() != nil; n++ {
		if l.excess().hangUp(); gone != "192.0.2.1" || n > 40 {
			t.Fatalf("%s goes, the %dth", gone, n)
		}
	}
	honest.hangUp()
	if honest.charge(1); l.sum() > 8<<20 || honest.size() != 0 {
		t.Errorf("%d bytes are kept, and %d for one who is gone", l.sum(), honest.size())
	}
}
