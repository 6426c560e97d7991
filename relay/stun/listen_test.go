package stun_test

import (
	"bytes"
	"net"
	"net/netip"
	"strconv"
	"testing"
	"time"

	codec "sesame/internal/stun"
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

// An attr is an attribute of a request.
type attr struct {
	a     codec.Attribute
	value []byte
}

// padding makes a request long enough for its answer.
var padding = attr{codec.Padding, make([]byte, 104)}

var changePort = attr{codec.ChangeRequest, []byte{0, 0, 0, 2}}

// responsePort asks for an answer to another port (RFC 5780 §7.5).
const responsePort codec.Attribute = 0x0027

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

// ask sends a request and returns the answer, where it came from, and the sizes
// of both.
func ask(t *testing.T, c *net.UDPConn, to string, attrs ...attr) (resp codec.Message, from string, asked, answered int) {
	t.Helper()
	id := codec.NewID()
	req := codec.New(codec.BindingRequest, id)
	for _, a := range attrs {
		req = codec.Append(req, a.a, a.value)
	}
	addr, err := net.ResolveUDPAddr("udp", to)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.WriteTo(req, addr); err != nil {
		t.Fatal(err)
	}
	c.SetReadDeadline(time.Now().Add(10 * time.Second))
	b := make([]byte, 2000)
	n, source, err := c.ReadFrom(b)
	if err != nil {
		t.Fatal(err)
	}
	if n > len(req) {
		t.Errorf("%d bytes answer %d", n, len(req))
	}
	resp, ok := codec.Parse(b[:n])
	if !ok {
		t.Fatalf("no STUN message: %x", b[:n])
	}
	if resp.ID != id {
		t.Error("the answer has another transaction's id")
	}
	return resp, source.String(), len(req), n
}

// Fails when the answer tells another address than the one the client's socket
// has, or another second port than there is; or when it comes from elsewhere
// than it should.
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
				resp, from, _, _ := ask(t, sock, at(c.host, port), padding)
				check(t, resp, sock, from, at(c.host, port), at(c.host, ports[1-i]))
				resp, from, _, _ = ask(t, sock, at(c.host, port), changePort, padding)
				check(t, resp, sock, from, at(c.host, ports[1-i]), at(c.host, ports[1-i]))
			}
		})
	}
}

func check(t *testing.T, resp codec.Message, sock *net.UDPConn, from, wantFrom, other string) {
	t.Helper()
	if resp.Type != codec.BindingSuccess {
		t.Fatalf("the answer is of type %04x", resp.Type)
	}
	mapped, _ := resp.Address(codec.XORMappedAddress)
	origin, _ := resp.Address(codec.ResponseOrigin)
	second, _ := resp.Address(codec.OtherAddress)
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
		var attrs []attr
		if pad > 0 {
			attrs = append(attrs, attr{codec.Padding, make([]byte, 4*(pad-1))})
		}
		resp, _, asked, answered := ask(t, sock, at("127.0.0.1", port), attrs...) // it compares the sizes
		if _, told := resp.Address(codec.XORMappedAddress); told != (asked >= 32) {
			t.Errorf("%d bytes: told %v", asked, told)
		}
		if asked < 32 && (resp.Type != codec.BindingError || answered != codec.HeaderSize) {
			t.Errorf("%d bytes are answered with %d of type %04x", asked, answered, resp.Type)
		}
	}
}

// Fails when what the server can't do isn't refused by name: another address,
// an answer to another port, attributes that it doesn't know.
func TestRefusesAttributes(t *testing.T) {
	sock := client(t, "udp4", "127.0.0.1")
	port := serve(t, "127.0.0.1:0")[0]
	for _, a := range []attr{
		{codec.ChangeRequest, []byte{0, 0, 0, 4}},
		{codec.ChangeRequest, []byte{0, 0, 0, 6}},
		{responsePort, []byte{0, 80, 0, 0}},
		{0x7777, nil},
	} {
		resp, _, _, _ := ask(t, sock, at("127.0.0.1", port), a, padding)
		code, _ := resp.Get(codec.ErrorCode)
		unknown, _ := resp.Get(codec.UnknownAttributes)
		if want := []byte{byte(a.a >> 8), byte(a.a)}; !bytes.Equal(code, []byte{0, 0, 4, 20}) || !bytes.Equal(unknown, want) {
			t.Errorf("%04x: code %x, unknown %x", a.a, code, unknown)
		}
	}
}
