package stun_test

import (
	"net"
	"net/netip"
	"strconv"
	"testing"
	"time"

	peer "github.com/pion/stun/v3"

	"sesame/relay/stun"
)

// serve runs a listener that answers everyone, and returns its ports.
func serve(t *testing.T, hostport string) []int {
	t.Helper()
	l, err := stun.Listen(hostport)
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error)
	go func() { ended <- l.Serve(func(netip.Addr) bool { return true }) }()
	t.Cleanup(func() {
		l.Close()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	return l.Ports()
}

func at(host string, port int) string { return net.JoinHostPort(host, strconv.Itoa(port)) }

// padding makes a request long enough for its answer.
var padding = peer.RawAttribute{Type: peer.AttrPadding, Value: make([]byte, 104)}

var changePort = peer.RawAttribute{Type: peer.AttrChangeRequest, Value: []byte{0, 0, 0, 2}}

// client returns a socket for requests.
func client(t *testing.T, network, host string) *net.UDPConn {
	t.Helper()
	c, err := net.ListenUDP(network, &net.UDPAddr{IP: net.ParseIP(host)})
	if err != nil {
		t.Skip(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// ask sends a request and returns the answer, and where it came from.
func ask(t *testing.T, c *net.UDPConn, to string, attrs ...peer.Setter) (*peer.Message, string, int) {
	t.Helper()
	req := peer.MustBuild(append([]peer.Setter{peer.TransactionID, peer.BindingRequest}, attrs...)...)
	addr, err := net.ResolveUDPAddr("udp", to)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.WriteTo(req.Raw, addr); err != nil {
		t.Fatal(err)
	}
	c.SetReadDeadline(time.Now().Add(10 * time.Second))
	b := make([]byte, 2000)
	n, from, err := c.ReadFrom(b)
	if err != nil {
		t.Fatal(err)
	}
	if n > len(req.Raw) {
		t.Errorf("%d bytes answer %d", n, len(req.Raw))
	}
	resp := &peer.Message{Raw: b[:n]}
	if err := resp.Decode(); err != nil {
		t.Fatal(err)
	}
	if resp.TransactionID != req.TransactionID {
		t.Error("the answer has another transaction's id")
	}
	return resp, from.String(), len(req.Raw)
}

// Fails when an independent implementation reads another address from the
// answer than the one its socket has, or another second port than there is; or
// when the answer comes from elsewhere than it should.
func TestAnswers(t *testing.T) {
	for name, c := range map[string]struct{ listen, network, host string }{
		"IPv4":            {"127.0.0.1:0", "udp4", "127.0.0.1"},
		"IPv6":            {"[::1]:0", "udp6", "::1"},
		"all, by IPv4":    {":0", "udp4", "127.0.0.1"},
		"all, by another": {":0", "udp4", "127.0.0.9"},
		"all, by IPv6":    {":0", "udp6", "::1"},
		"all IPv4":        {"0.0.0.0:0", "udp4", "127.0.0.7"},
	} {
		t.Run(name, func(t *testing.T) {
			sock := client(t, c.network, c.host)
			ports := serve(t, c.listen)
			if len(ports) != 2 || ports[0] == ports[1] {
				t.Fatalf("the ports are %d", ports)
			}
			for i, port := range ports {
				resp, from, _ := ask(t, sock, at(c.host, port), padding)
				check(t, resp, sock, from, at(c.host, port), at(c.host, ports[1-i]))
				resp, from, _ = ask(t, sock, at(c.host, port), changePort, padding)
				check(t, resp, sock, from, at(c.host, ports[1-i]), at(c.host, ports[1-i]))
			}
		})
	}
}

func check(t *testing.T, resp *peer.Message, sock *net.UDPConn, from, wantFrom, other string) {
	t.Helper()
	if resp.Type != peer.BindingSuccess {
		t.Fatalf("the answer is %v", resp)
	}
	var mapped peer.XORMappedAddress
	var origin peer.ResponseOrigin
	var second peer.OtherAddress
	if err := resp.Parse(&mapped, &origin, &second); err != nil {
		t.Fatal(err)
	}
	if got, want := mapped.String(), sock.LocalAddr().String(); got != want {
		t.Errorf("mapped to %s, want %s", got, want)
	}
	if from != wantFrom || origin.String() != wantFrom {
		t.Errorf("answered from %s, which calls itself %s, want %s", from, origin, wantFrom)
	}
	if second.String() != other {
		t.Errorf("the other address is %s, want %s", second, other)
	}
}

// Fails when the second port isn't the next one, although it is free: people
// write these numbers into firewalls.
func TestNextPort(t *testing.T) {
	for range 20 { // until there are two free in a row
		l, err := stun.Listen("127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		first := l.Ports()[0]
		l.Close()
		probe, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1), Port: first + 1})
		if err != nil {
			continue
		}
		probe.Close()
		if l, err = stun.Listen(at("127.0.0.1", first)); err != nil {
			continue
		}
		defer l.Close()
		if got := l.Ports(); got[0] != first || got[1] != first+1 {
			t.Errorf("the ports are %d, want %d and the next", got, first)
		}
		return
	}
	t.Skip("no two free ports in a row")
}

// Fails when a taken port is shared or silently replaced.
func TestPortTaken(t *testing.T) {
	c := client(t, "udp4", "127.0.0.1")
	if l, err := stun.Listen(c.LocalAddr().String()); err == nil {
		l.Close()
		t.Error("got a port that was taken")
	}
	_, port, _ := net.SplitHostPort(c.LocalAddr().String())
	if l, err := stun.Listen(":" + port); err == nil {
		l.Close()
		t.Error("got a port that was taken in one family")
	}
}

// T-A9-9. Fails when an answer has more bytes than its request, or when a
// request that is too short for its answer is left without one.
func TestAnswerIsNotLonger(t *testing.T) {
	sock := client(t, "udp4", "127.0.0.1")
	port := serve(t, "127.0.0.1:0")[0]
	for pad := range 32 {
		var attrs []peer.Setter
		if pad > 0 {
			attrs = append(attrs, peer.RawAttribute{Type: peer.AttrPadding, Value: make([]byte, 4*(pad-1))})
		}
		resp, _, size := ask(t, sock, at("127.0.0.1", port), attrs...) // it checks the size
		var mapped peer.XORMappedAddress
		if got, want := mapped.GetFrom(resp) == nil, size >= 32; got != want {
			t.Errorf("%d bytes: %v", size, resp)
		}
		if size < 32 && (resp.Type != peer.BindingError || len(resp.Raw) != 20) {
			t.Errorf("%d bytes: %v", size, resp)
		}
	}
}

// Fails when what the server can't do isn't refused by name: another address,
// an answer to another port, attributes that it doesn't know.
func TestRefusesAttributes(t *testing.T) {
	sock := client(t, "udp4", "127.0.0.1")
	port := serve(t, "127.0.0.1:0")[0]
	for _, attr := range []peer.RawAttribute{
		{Type: peer.AttrChangeRequest, Value: []byte{0, 0, 0, 4}},
		{Type: peer.AttrChangeRequest, Value: []byte{0, 0, 0, 6}},
		{Type: peer.AttrResponsePort, Value: []byte{0, 80, 0, 0}},
		{Type: 0x7777},
	} {
		resp, _, _ := ask(t, sock, at("127.0.0.1", port), attr, padding)
		var code peer.ErrorCodeAttribute
		var unknown peer.UnknownAttributes
		if err := resp.Parse(&code, &unknown); err != nil || code.Code != 420 || len(unknown) != 1 || unknown[0] != attr.Type {
			t.Errorf("%v: %v: code %d, unknown %v", attr, err, code.Code, unknown)
		}
	}
}
