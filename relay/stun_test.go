package relay_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/netip"
	"testing"
	"time"

	codec "sesame/internal/stun"
	"sesame/relay"
	"sesame/relay/stun"
)

// withSTUN returns a configuration that answers STUN on loopback.
func withSTUN(t *testing.T, limits relay.Limits) (*relay.Config, []int) {
	t.Helper()
	l, err := stun.Listen("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return &relay.Config{Limits: limits, STUN: l}, l.Ports()
}

// binding returns a padded Binding request.
func binding() []byte {
	return codec.Append(codec.New(codec.BindingRequest, codec.NewID()), codec.Padding, make([]byte, 104))
}

// bare returns a Binding request that a UDP answer with an address doesn't fit.
func bare() []byte { return codec.New(codec.BindingRequest, codec.NewID()) }

// mapped returns the address that an answer to request tells, invalid if it is
// no answer to it.
func mapped(request, answer []byte) netip.AddrPort {
	asked, _ := codec.Parse(request)
	m, ok := codec.Parse(answer)
	if !ok || m.ID != asked.ID {
		return netip.AddrPort{}
	}
	at, _ := m.Address(codec.XORMappedAddress)
	return at
}

// readSTUN reads one message from a stream.
func readSTUN(r io.Reader) ([]byte, error) {
	head := make([]byte, codec.HeaderSize)
	if _, err := io.ReadFull(r, head); err != nil {
		return nil, err
	}
	m := append(head, make([]byte, codec.Size(head)-len(head))...)
	_, err := io.ReadFull(r, m[len(head):])
	return m, err
}

// Fails when the welcome doesn't tell the ports, or something else than a STUN
// server is there, or it is still there when the server has been shut down.
func TestSTUN(t *testing.T) {
	cfg, ports := withSTUN(t, relay.Limits{})
	addr, shutdown := serveUntil(t, cfg)
	_, m := dial(t, addr)
	told, _ := json.Marshal(m["welcome"].(map[string]any)["sesame"].(map[string]any)["stun-ports"])
	if want, _ := json.Marshal(ports); string(told) != string(want) {
		t.Errorf("the welcome names the ports %s, not %s", told, want)
	}
	conn, err := net.Dial("udp", fmt.Sprintf("127.0.0.1:%d", ports[0]))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(patience))
	req := binding()
	conn.Write(req)
	b := make([]byte, 1500)
	n, err := conn.Read(b)
	if err != nil {
		t.Fatal(err)
	}
	if at := mapped(req, b[:n]); at.String() != conn.LocalAddr().String() {
		t.Errorf("mapped to %s, want %s", at, conn.LocalAddr())
	}
	shutdown(patience)
	for _, port := range ports {
		l, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1), Port: port})
		if err != nil {
			t.Errorf("after Shutdown: %v", err)
			continue
		}
		l.Close()
	}
}

// Fails when STUN over TCP isn't answered on the port for everything, when a
// client can't ask again while it keeps its connection, or can keep it for ever.
func TestSTUNOverTCP(t *testing.T) {
	addr := serve(t, &relay.Config{Limits: relay.Limits{Handshake: 500 * time.Millisecond}})
	c := tcp.dial(t, addr)
	for i := range 3 {
		req := bare()
		if i == 0 {
			req = binding()
		}
		for _, part := range [][]byte{req[:1], req[1:19], req[19:]} {
			if _, err := c.Write(part); err != nil {
				t.Fatal(err)
			}
		}
		resp, err := readSTUN(c)
		if err != nil {
			t.Fatal(err)
		}
		if at := mapped(req, resp); at.String() != c.LocalAddr().String() {
			t.Errorf("mapped to %s, want %s", at, c.LocalAddr())
		}
	}
	closedBy(t, c, "a client that keeps its connection")
	for name, b := range map[string][]byte{
		"a long length":     {0, 1, 0xff, 0xfc, 0x21, 0x12, 0xa4, 0x42, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12},
		"zeros":             make([]byte, 3000),
		"half a request":    binding()[:60],
		"an indication":     codec.New(0x0011, codec.NewID()),
		"request and trash": append(binding(), "please relay"...),
	} {
		c := tcp.dial(t, addr)
		c.Write(b)
		closedBy(t, c, name)
	}
	d := tcp.dial(t, addr)
	many := 0
	for range 100 {
		if _, err := d.Write(binding()); err != nil {
			break
		}
		if _, err := readSTUN(d); err != nil {
			break
		}
		many++
	}
	if many < 2 || many > 20 {
		t.Errorf("%d requests were answered on one connection", many)
	}
}

// Fails when one network is answered without end, or when that, or requests that
// only get an error, keep others from being answered.
func TestSTUNRate(t *testing.T) {
	cfg, ports := withSTUN(t, relay.Limits{STUNPerSource: 5})
	serve(t, cfg)
	// In the time that it waits for those that are refused, five a second come back.
	answers := func(from string, requests int, wait time.Duration) (n, back int) {
		c, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.ParseIP(from)})
		if err != nil {
			t.Skip(err)
		}
		defer c.Close()
		began := time.Now()
		for range requests {
			c.WriteTo(binding(), &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1), Port: ports[0]})
			c.SetReadDeadline(time.Now().Add(wait))
			if _, _, err := c.ReadFrom(make([]byte, 1500)); err == nil {
				n++
			}
		}
		return n, int(5*time.Since(began).Seconds()) + 1
	}
	const soon = 100 * time.Millisecond
	if n, back := answers("127.0.0.66", 40, soon); n < 20 || n > min(20+back, 39) {
		t.Errorf("%d of 40 requests were answered, and %d may be since they began", n, 20+back)
	}
	if n, back := answers("127.0.0.67", 10, soon); n > min(back, 9) {
		t.Errorf("%d of 10 requests from another address of that network were answered, and %d may be", n, back)
	}
	if n, _ := answers("127.0.1.67", 10, patience); n != 10 {
		t.Errorf("%d of 10 requests of another network were answered", n)
	}
	c, err := net.Dial("udp", fmt.Sprintf("127.0.0.1:%d", ports[0]))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	request := bare()
	for range 100 {
		c.Write(request)
		c.SetReadDeadline(time.Now().Add(patience))
		if _, err := c.Read(make([]byte, 1500)); err != nil {
			t.Fatalf("an error answer is counted: %v", err)
		}
	}
}
