package punch

import (
	"context"
	"errors"
	"net"
	"sync"
	"sync/atomic"

	"sesame/internal/addr"
	"sesame/internal/hops"
)

// A socket is a UDP port in one address family, for STUN and a carrier.
type socket struct {
	carrier carrier
	hops    *hops.Sender // beside the carrier
	four    bool
	port    uint16
	running sync.WaitGroup
	ctx     context.Context
	cancel  context.CancelFunc
	broken  atomic.Bool
}

// openSockets opens one in each address family, for an Agent. It fails if there is no
// port to be had.
func openSockets(a *Agent) (sockets []*socket, _ error) {
	var errs []error
	for _, network := range []string{"udp4", "udp6"} {
		s, err := newSocket(a, network)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		sockets = append(sockets, s)
	}
	if len(sockets) == 0 {
		return nil, errors.Join(errs...)
	}
	return sockets, nil
}

func newSocket(a *Agent, network string) (*socket, error) {
	udp, err := net.ListenUDP(network, nil)
	if err != nil {
		return nil, err
	}
	s := &socket{four: network == "udp4", port: addr.Of(udp.LocalAddr()).Port(), hops: hops.New(udp)}
	s.ctx, s.cancel = context.WithCancel(a.ctx)
	s.carrier = newLine(udp, porter{a})
	s.running.Go(func() { s.read(a) })
	return s, nil
}

// send sends a packet. One that is to get past our NATs only leaves before there are
// connections here: looking for ways ends with them.
func (s *socket) send(p packet) {
	if p.ttl == 0 {
		s.carrier.write(p.data, p.to)
	} else if s.four {
		s.hops.Send(p.data, p.to, p.ttl)
	}
}

// closeAll closes sockets.
func closeAll(sockets []*socket) {
	for _, s := range sockets {
		s.close()
	}
}

// close ends all connections and returns when nothing is left running.
func (s *socket) close() {
	s.cancel()
	s.carrier.close()
	s.running.Wait()
}

// failed reports whether nothing is received any more.
func (s *socket) failed() bool { return s.broken.Load() }

// read takes what isn't the carrier's.
func (s *socket) read(a *Agent) {
	b := make([]byte, maxMessage+1)
	for {
		n, from, err := s.carrier.read(s.ctx, b)
		if err != nil {
			s.broken.Store(true)
			return
		}
		a.receive(from, b[:n])
	}
}
