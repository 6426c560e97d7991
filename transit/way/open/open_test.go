package open

import (
	"context"
	"io"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"sesame/internal/neterr"
	"sesame/internal/sharedport"
	"sesame/internal/stun"
)

// shared listens at a port of loopback that connections can go out from.
func shared(t testing.TB) (*net.TCPListener, netip.AddrPort) {
	t.Helper()
	if !sharedport.Supported {
		t.Skip("ports aren't shared on this system")
	}
	config := net.ListenConfig{Control: sharedport.Share}
	config.SetMultipathTCP(false)
	l, err := config.Listen(t.Context(), "tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l.(*net.TCPListener), l.Addr().(*net.TCPAddr).AddrPort()
}

// Fails if a connection doesn't come from the port that is listened at, or if the
// listener takes no connections any more.
func TestDialFromListener(t *testing.T) {
	_, a := shared(t)
	lb, b := shared(t)
	conn, err := Dial(t.Context(), a.Port(), b)
	for neterr.Is(err, neterr.InUse) { // by a connection of another address of this computer
		_, a = shared(t)
		conn, err = Dial(t.Context(), a.Port(), b)
	}
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	in, err := lb.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	if from := in.RemoteAddr().(*net.TCPAddr).AddrPort(); from != a {
		t.Errorf("it comes from %v, want %v", from, a)
	}
	if again, err := Dial(t.Context(), a.Port(), b); err == nil {
		again.Close()
		t.Error("there are two connections between the same ports")
	}
	other, err := net.Dial("tcp4", b.String())
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	in2, err := lb.Accept()
	if err != nil {
		t.Fatal(err)
	}
	in2.Close()
}

// server answers on its first connection with what answer makes of a request.
func server(t *testing.T, answer func(request []byte, from netip.AddrPort) []byte) string {
	t.Helper()
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		c, err := l.Accept()
		if err != nil {
			return
		}
		defer c.Close()
		b := make([]byte, stun.HeaderSize)
		if _, err := io.ReadFull(c, b); err != nil {
			return
		}
		c.Write(answer(b, c.RemoteAddr().(*net.TCPAddr).AddrPort()))
		io.Copy(io.Discard, c)
	}()
	t.Cleanup(func() { l.Close(); <-done })
	return l.Addr().String()
}

func reply(request []byte, at netip.AddrPort) []byte {
	answer := stun.New(stun.BindingSuccess, stun.ID(request[8:20]))
	return stun.AppendAddress(answer, stun.XORMappedAddress, at)
}

// Fails if what a server says is understood wrongly, or if something that is no
// answer is taken for one, waited for without end, or makes us hold much.
func TestAsk(t *testing.T) {
	seen := netip.MustParseAddrPort("203.0.113.9:61002")
	for _, c := range []struct {
		name   string
		answer func([]byte, netip.AddrPort) []byte
		ok     bool
	}{
		{"an address", func(b []byte, _ netip.AddrPort) []byte { return reply(b, seen) }, true},
		{"an address, and what nobody asked", func(b []byte, _ netip.AddrPort) []byte {
			return stun.Append(reply(b, seen), stun.Software, []byte("x"))
		}, true},
		{"another transaction", func(b []byte, _ netip.AddrPort) []byte { b[9]++; return reply(b, seen) }, false},
		{"IPv6", func(b []byte, _ netip.AddrPort) []byte {
			return reply(b, netip.MustParseAddrPort("[2001:db8::1]:4000"))
		}, false},
		{"port 0", func(b []byte, _ netip.AddrPort) []byte { return reply(b, netip.AddrPortFrom(seen.Addr(), 0)) }, false},
		{"no address", func(b []byte, _ netip.AddrPort) []byte { b[0] = 1; return b }, false},
		{"a length of 64 KiB", func(b []byte, _ netip.AddrPort) []byte { b[2], b[3] = 0xff, 0xfc; return b }, false},
		{"HTTP", func([]byte, netip.AddrPort) []byte {
			return []byte("HTTP/1.1 400 Bad Request\r\n\r\n" + strings.Repeat("x", 600))
		}, false},
		{"an error", func(b []byte, _ netip.AddrPort) []byte { b[0], b[1] = 1, 0x11; return b }, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, own := shared(t)
			m, err := Ask(t.Context(), own.Port(), server(t, c.answer))
			for neterr.Is(err, neterr.InUse) { // by a connection that another program has made from there meanwhile
				_, own = shared(t)
				m, err = Ask(t.Context(), own.Port(), server(t, c.answer))
			}
			if err != nil {
				t.Fatal(err)
			}
			defer m.Close()
			at, err := m.Look()
			if (err == nil) != c.ok || c.ok && at != seen {
				t.Errorf("%v, %v", at, err)
			}
		})
	}
}

// Fails if a server that accepts and stays silent is waited for without end, or if
// Close doesn't end the wait.
func TestAskASilentServer(t *testing.T) {
	_, own := shared(t)
	at := server(t, func([]byte, netip.AddrPort) []byte { return nil })
	m, err := Ask(t.Context(), own.Port(), at)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	closed := make(chan struct{})
	context.AfterFunc(ctx, func() {
		m.Close()
		close(closed)
	})
	began := time.Now()
	if _, err := m.Look(); err == nil || time.Since(began) > askTime/2 {
		t.Errorf("after %v: %v", time.Since(began), err)
	}
	// From the same port to the same server, at once: Look may return before Close does.
	<-closed
	if again, err := Ask(t.Context(), own.Port(), at); err != nil {
		t.Error(err)
	} else {
		again.Close()
	}
}

// Whatever an answer holds, it makes no panic and no address that can't be.
func FuzzAnswer(f *testing.F) {
	request := stun.New(stun.BindingRequest, stun.ID{1, 2, 3})
	f.Add(reply(request, netip.MustParseAddrPort("203.0.113.9:61002")))
	f.Add(reply(request, netip.MustParseAddrPort("[2001:db8::1]:4000")))
	f.Add(request)
	f.Fuzz(func(t *testing.T, b []byte) {
		if at, err := parseAnswer(b, [12]byte{1, 2, 3}); err == nil && (!at.Addr().Is4() || at.Port() == 0) {
			t.Errorf("address %v", at)
		}
	})
}
