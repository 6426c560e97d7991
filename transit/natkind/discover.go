package natkind

import (
	"context"
	"net"
	"net/netip"
	"os"
	"slices"
	"sync"
	"time"

	"sesame/internal/addr"
	"sesame/internal/stun"
)

// Discover asks servers, all of one address family and at most four of them, and
// returns what their answers tell. The first is asked most. It takes a few round
// trips where everything is answered, and three seconds or a little more
// otherwise; ctx can end it sooner. An error means that no UDP socket could be
// opened, or that there are no servers.
func Discover(ctx context.Context, servers []netip.AddrPort) (Result, error) {
	if len(servers) == 0 {
		return Result{}, os.ErrInvalid
	}
	network := "udp4"
	if servers[0].Addr().Is6() {
		network = "udp6"
	}
	s := &shell{arrived: make(chan arrival, 16), ended: make(chan struct{})}
	defer s.close()
	for i := range sockets {
		conn, err := net.ListenUDP(network, nil)
		if err != nil {
			return Result{}, err
		}
		s.conns = append(s.conns, conn)
		s.readers.Go(func() { s.read(i, conn) })
	}
	p := newProbe(servers, stun.NewID, time.Now())
	s.run(ctx, p)
	return p.result(ownAddress), nil
}

// maxFailures is how often a socket may fail to read before it is left alone.
const maxFailures = 100

// A shell has the sockets of a probe.
type shell struct {
	conns   []*net.UDPConn
	arrived chan arrival
	ended   chan struct{}
	readers sync.WaitGroup
}

type arrival struct {
	socket int
	from   netip.AddrPort
	data   []byte
}

func (s *shell) close() {
	close(s.ended)
	for _, c := range s.conns {
		c.Close()
	}
	s.readers.Wait()
}

// read passes on what may be an answer. A flood costs time that the probe has
// anyway.
func (s *shell) read(socket int, conn *net.UDPConn) {
	buf := make([]byte, maxAnswer+1)
	for failures := 0; failures < maxFailures; {
		n, from, err := conn.ReadFromUDPAddrPort(buf)
		select {
		case <-s.ended:
			return
		default:
		}
		if err != nil {
			failures++ // some systems tell of an unreachable port here
			continue
		}
		from = netip.AddrPortFrom(from.Addr().Unmap().WithZone(""), from.Port())
		select {
		case s.arrived <- arrival{socket, from, append([]byte(nil), buf[:n]...)}:
		case <-s.ended:
			return
		}
	}
}

// run lets the probe come to its end.
func (s *shell) run(ctx context.Context, p *probe) {
	for {
		now := time.Now()
		for _, out := range p.step(now) {
			s.conns[out.socket].WriteToUDPAddrPort(out.data, out.to)
		}
		at := p.wake()
		if at.IsZero() {
			return
		}
		timer := time.NewTimer(at.Sub(now))
		select {
		case <-ctx.Done():
			timer.Stop()
			return
		case a := <-s.arrived:
			p.receive(a.socket, a.from, a.data, time.Now())
		case <-timer.C:
		}
		timer.Stop()
	}
}

// ownAddress reports whether an interface has the address.
func ownAddress(ip netip.Addr) bool {
	return slices.ContainsFunc(addr.Own(), func(p netip.Prefix) bool { return p.Addr() == ip.Unmap() })
}
