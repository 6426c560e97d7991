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
