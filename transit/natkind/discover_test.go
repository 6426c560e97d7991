package natkind

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"testing"
	"time"

	"sesame/internal/stun"
)

// Fails if a flood of packets that doesn't end, from the server and from others, keeps
// Discover from ending, or any of them counts. In silence it takes 3 s.
func TestFlood(t *testing.T) {
	t.Parallel()
	server, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	other, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	go func() {
		buf := make([]byte, 1500)
		lie := func(id stun.ID) []byte {
			return stun.AppendAddress(stun.New(stun.BindingSuccess, id), stun.XORMappedAddress, netip.MustParseAddrPort("203.0.113.7:7"))
		}
		var right []byte // the answer to the last question
		var from netip.AddrPort
		for {
			server.SetReadDeadline(time.Now().Add(10 * time.Millisecond))
			n, who, err := server.ReadFromUDPAddrPort(buf)
			if m, ok := stun.Parse(buf[:n]); err == nil && ok {
				right, from = lie(m.ID), who
			} else if errors.Is(err, net.ErrClosed) {
				return
			}
			for range 200 {
				server.WriteToUDPAddrPort(lie(stun.NewID()), from)
				server.WriteToUDPAddrPort(make([]byte, 1400), from)
				other.WriteToUDPAddrPort(right, from) // its number is right, its sender isn't
			}
		}
	}()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	r, err := Discover(ctx, []netip.AddrPort{server.LocalAddr().(*net.UDPAddr).AddrPort()})
	if err != nil || r.Answered != 0 || r.Mapped.IsValid() {
		t.Errorf("%+v, %v", r, err)
	}
	if ctx.Err() != nil {
		t.Error("it didn't end")
	}
}

// Fails if Discover doesn't end with its context, or without servers.
func TestDiscoverEnds(t *testing.T) {
	t.Parallel()
	silent, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	begun := time.Now()
	if r, err := Discover(ctx, []netip.AddrPort{silent.LocalAddr().(*net.UDPAddr).AddrPort()}); err != nil || r.Answered != 0 {
		t.Errorf("%+v, %v", r, err)
	}
	if took := time.Since(begun); took > time.Second {
		t.Errorf("it took %v", took)
	}
	if _, err := Discover(t.Context(), nil); err == nil {
		t.Error("no servers are no error")
	}
}
