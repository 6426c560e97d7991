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
	"sesame/internal/hops"
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
	s, err := newShell(network, sockets)
	if err != nil {
		return Result{}, err
	}
	defer s.close()
	p := newProbe(servers, stun.NewID, time.Now())
	s.run(ctx, func(now time.Time) time.Time {
		for _, out := range p.step(now) {
			s.conns[out.socket].WriteToUDPAddrPort(out.data, out.to)
		}
		return p.wake()
	}, func(a arrival) { p.receive(a.socket, a.from, a.data, time.Now()) })
	return p.result(ownAddress), nil
}

// Near finds out with which TTL packets get past the NATs in front of this computer,
// over IPv4, and no further; first and second are two ports of one STUN server that
// answers from the one what the other was asked (RFC 5780 §7.2). Found is told the
// smallest so far, each time that it is another: mostly once, after one round trip, or
// 0.1 s later where it isn't 2. It isn't called where ports are drawn, or nobody answers,
// which takes 0.6 s. An error
// means that no UDP socket could be opened.
func Near(ctx context.Context, first, second netip.AddrPort, found func(ttl int)) error {
	n := newNear(first, second, stun.NewID, time.Now())
	s, err := newShell("udp4", len(n.trials))
	if err != nil {
		return err
	}
	defer s.close()
	var senders []*hops.Sender
	for _, c := range s.conns {
		senders = append(senders, hops.New(c))
	}
	told := 0
	s.run(ctx, func(now time.Time) time.Time {
		if best := n.best(now); best != told {
			told = best
			found(best)
		}
		for _, out := range n.step(now) {
			if out.ttl != 0 {
				senders[out.socket].Send(out.data, out.to, out.ttl)
			} else {
				s.conns[out.socket].WriteToUDPAddrPort(out.data, out.to)
			}
		}
		return n.wake(now)
	}, func(a arrival) { n.receive(a.socket, a.from, a.data, time.Now()) })
	return nil
}

// maxFailures is how often a socket may fail to read before it is left alone.
const maxFailures = 100

// A shell has the sockets of a machine, and its clock.
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

func newShell(network string, sockets int) (*shell, error) {
	s := &shell{arrived: make(chan arrival, 16), ended: make(chan struct{})}
	for i := range sockets {
		conn, err := net.ListenUDP(network, nil)
		if err != nil {
			s.close()
			return nil, err
		}
		s.conns = append(s.conns, conn)
		s.readers.Go(func() { s.read(i, conn) })
	}
	return s, nil
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

// run lets a machine come to its end. Step sends what is due, and returns when there is
// more to do; the zero time when all is known.
func (s *shell) run(ctx context.Context, step func(time.Time) time.Time, receive func(arrival)) {
	for {
		now := time.Now()
		at := step(now)
		if at.IsZero() {
			return
		}
		timer := time.NewTimer(at.Sub(now))
		select {
		case <-ctx.Done():
			timer.Stop()
			return
		case a := <-s.arrived:
			receive(a)
		case <-timer.C:
		}
		timer.Stop()
	}
}

// ownAddress reports whether an interface has the address.
func ownAddress(ip netip.Addr) bool {
	return slices.ContainsFunc(addr.Own(), func(p netip.Prefix) bool { return p.Addr() == ip.Unmap() })
}
