package relay_test

import (
	"encoding/json"
	"fmt"
	"net"
	"testing"
	"time"

	peer "github.com/pion/stun/v3"

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
func binding() *peer.Message {
	return peer.MustBuild(peer.TransactionID, peer.BindingRequest,
		peer.RawAttribute{Type: peer.AttrPadding, Value: make([]byte, 104)})
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
	conn.Write(req.Raw)
	b := make([]byte, 1500)
	n, err := conn.Read(b)
	if err != nil {
		t.Fatal(err)
	}
	resp := &peer.Message{Raw: b[:n]}
	if err := resp.Decode(); err != nil {
		t.Fatal(err)
	}
	var mapped peer.XORMappedAddress
	if err := mapped.GetFrom(resp); err != nil || mapped.String() != conn.LocalAddr().String() {
		t.Errorf("%v: mapped to %s, want %s", err, mapped, conn.LocalAddr())
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
		req := peer.MustBuild(peer.TransactionID, peer.BindingRequest)
		if i == 0 {
			req = binding()
		}
		for _, part := range [][]byte{req.Raw[:1], req.Raw[1:19], req.Raw[19:]} {
			if _, err := c.Write(part); err != nil {
				t.Fatal(err)
			}
		}
		resp := peer.New()
		if _, err := resp.ReadFrom(c); err != nil {
			t.Fatal(err)
		}
		var mapped peer.XORMappedAddress
		if err := mapped.GetFrom(resp); err != nil || mapped.String() != c.LocalAddr().String() || resp.TransactionID != req.TransactionID {
			t.Errorf("%v: mapped to %s, want %s", err, mapped, c.LocalAddr())
		}
	}
	closedBy(t, c, "a client that keeps its connection")
	for name, b := range map[string][]byte{
		"a long length":     {0, 1, 0xff, 0xfc, 0x21, 0x12, 0xa4, 0x42, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12},
		"zeros":             make([]byte, 3000),
		"half a request":    binding().Raw[:60],
		"an indication":     peer.MustBuild(peer.TransactionID, peer.NewType(peer.MethodBinding, peer.ClassIndication)).Raw,
		"request and trash": append(binding().Raw, "please relay"...),
	} {
		c := tcp.dial(t, addr)
		c.Write(b)
		closedBy(t, c, name)
	}
	d := tcp.dial(t, addr)
	many := 0
	for range 100 {
		req := binding()
		if _, err := d.Write(req.Raw); err != nil {
			break
		}
		if _, err := peer.New().ReadFrom(d); err != nil {
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
	answers := func(from string, requests int) (n int) {
		c, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.ParseIP(from)})
		if err != nil {
			t.Skip(err)
		}
		defer c.Close()
		for range requests {
			c.WriteTo(binding().Raw, &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1), Port: ports[0]})
			c.SetReadDeadline(time.Now().Add(100 * time.Millisecond))
			if _, _, err := c.ReadFrom(make([]byte, 1500)); err == nil {
				n++
			}
		}
		return n
	}
	// In the time that the refused ones take, five a second come back.
	if n := answers("127.0.0.66", 40); n < 20 || n > 37 {
		t.Errorf("%d of 40 requests were answered", n)
	}
	if n := answers("127.0.0.67", 10); n > 8 {
		t.Errorf("%d of 10 requests from another address of that network were answered", n)
	}
	if n := answers("127.0.1.67", 10); n != 10 {
		t.Errorf("%d of 10 requests of another network were answered", n)
	}
	c, err := net.Dial("udp", fmt.Sprintf("127.0.0.1:%d", ports[0]))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	bare := peer.MustBuild(peer.TransactionID, peer.BindingRequest) // its answer has no room for an address
	for range 100 {
		c.Write(bare.Raw)
		c.SetReadDeadline(time.Now().Add(patience))
		if _, err := c.Read(make([]byte, 1500)); err != nil {
			t.Fatalf("an error answer is counted: %v", err)
		}
	}
}
