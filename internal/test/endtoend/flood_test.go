//go:build linux

package endtoend

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"net"
	"net/netip"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"sesame/internal/stun"
	"sesame/internal/test/lab"
)

// Fails if forged requests from random addresses, 10,000 a second, keep the relay from
// answering STUN: at least 99 of 100 honest requests have to be answered.
func TestSTUNFlood(t *testing.T) {
	const rate, honest, each = 10_000, 60, 40
	w := newWorld(t)
	port := w.stunPort()
	forger, client := lab.NewHost(t), lab.NewHost(t)

	// Answers to who never asked lead back to the forger, where nobody is.
	if err := lab.IP("route", "add", "default", "via", forger.Address, "dev", "lan"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { lab.IP("route", "delete", "default") })
	if err := lab.IP("route", "add", "10.98.0.0/16", "via", client.Address, "dev", "lan"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { lab.IP("route", "delete", "10.98.0.0/16") })

	// Honest clients are in networks of their own.
	var conns []*net.UDPConn
	for i := range honest {
		own := fmt.Sprintf("10.98.%d.1", i)
		if err := client.IP("address add " + own + "/32 dev eth0"); err != nil {
			t.Fatal(err)
		}
		err := client.Do(func() error {
			conn, err := net.DialUDP("udp4", &net.UDPAddr{IP: net.ParseIP(own)}, &net.UDPAddr{IP: net.ParseIP(lab.Center), Port: port})
			conns = append(conns, conn)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}

	var raw int
	err := forger.Do(func() (err error) {
		raw, err = unix.Socket(unix.AF_INET, unix.SOCK_RAW, unix.IPPROTO_RAW)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	stop := make(chan struct{})
	var flood sync.WaitGroup
	sent := 0
	began := time.Now()
	flood.Go(func() {
		defer unix.Close(raw)
		sent = forge(raw, port, rate, stop)
	})

	var mu sync.Mutex
	answered := 0
	var all sync.WaitGroup
	for i, conn := range conns {
		all.Go(func() {
			defer conn.Close()
			n := askEach(conn, each, time.Duration(i)*time.Millisecond)
			mu.Lock()
			defer mu.Unlock()
			answered += n
		})
	}
	all.Wait()
	took := time.Since(began)
	close(stop)
	flood.Wait()
	t.Logf("%d of %d honest requests were answered beside %.0f forged ones a second", answered, honest*each, float64(sent)/took.Seconds())
	if float64(sent)/took.Seconds() < 0.9*rate {
		t.Errorf("only %d forged requests were sent in %v", sent, took)
	}
	if answered*100 < honest*each*99 {
		t.Errorf("%d of %d honest requests were answered", answered, honest*each)
	}
}

// stunPort returns the first UDP port of the world's relay.
func (w *world) stunPort() int {
	w.t.Helper()
	m := w.relay.Await(w.t, patience, `answering STUN" "UDP ports"="\[(\d+)`)
	var port int
	fmt.Sscan(m[1], &port)
	return port
}

// askEach sends so many padded requests, each without repetition, and returns how many
// were answered.
func askEach(conn *net.UDPConn, requests int, after time.Duration) (answered int) {
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	time.Sleep(after) // not all at once
	b := make([]byte, 1500)
	for range requests {
		<-tick.C
		conn.Write(padded())
		conn.SetReadDeadline(time.Now().Add(2 * time.Second))
		n, err := conn.Read(b)
		if err != nil {
			continue
		}
		if m, ok := stun.Parse(b[:n]); ok && m.Type == stun.BindingSuccess {
			answered++
		}
	}
	return answered
}

func padded() []byte {
	return stun.Append(stun.New(stun.BindingRequest, stun.NewID()), stun.Padding, make([]byte, 104))
}

// forge sends requests from random addresses, rate a second, until stop is closed. It
// catches up where it was late.
func forge(raw, port, rate int, stop chan struct{}) (sent int) {
	to := unix.SockaddrInet4{Addr: netip.MustParseAddr(lab.Center).As4()}
	request := padded()
	packet := make([]byte, 28, 28+len(request))
	packet[0], packet[8], packet[9] = 0x45, 64, unix.IPPROTO_UDP
	copy(packet[16:], to.Addr[:])
	binary.BigEndian.PutUint16(packet[22:], uint16(port))
	binary.BigEndian.PutUint16(packet[24:], uint16(8+len(request)))
	packet = append(packet, request...)
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	began := time.Now()
	for {
		select {
		case <-stop:
			return sent
		case <-tick.C:
		}
		for due := int(time.Since(began).Seconds() * float64(rate)); sent < due; sent++ {
			for packet[12] = 0; packet[12] == 0 || packet[12] == 10 || packet[12] == 127 || packet[12] >= 224; {
				binary.BigEndian.PutUint32(packet[12:], rand.Uint32())
			}
			binary.BigEndian.PutUint16(packet[20:], uint16(1024+rand.IntN(60000)))
			unix.Sendto(raw, packet, 0, &to)
		}
	}
}
