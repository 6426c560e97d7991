package open

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"sync"
	"syscall"
	"time"

	"sesame/internal/addr"
	"sesame/internal/congestion"
	"sesame/internal/sharedport"
	"sesame/transit/way"
)

// A door is a port of its own for one connection with the peer. Close ends everything
// that goes on at it, and may be called from another goroutine.
type door struct {
	at      *way.Site
	l       *net.TCPListener
	outside netip.AddrPort // what it looks like
	mirror  *Mirror        // keeps the NAT's port as it is; nil if that was guessed
	ctx     context.Context
	cancel  context.CancelFunc
}

// openDoor takes a new port of the address family of to, and finds out what it looks like
// from there. The door ends with ctx; it must be closed.
func openDoor(ctx context.Context, at *way.Site, to netip.Addr) (*door, error) {
	network := "tcp4"
	if to.Is6() {
		network = "tcp6"
	}
	config := net.ListenConfig{Control: func(network, address string, c syscall.RawConn) error {
		congestion.Listening(network, address, c)
		return sharedport.Share(network, address, c)
	}}
	config.SetMultipathTCP(false)
	l, err := config.Listen(ctx, network, ":0")
	if err != nil {
		return nil, err
	}
	d := &door{at: at, l: l.(*net.TCPListener)}
	d.ctx, d.cancel = context.WithCancel(ctx)
	if to.Is6() {
		err = d.stand(to)
	} else {
		err = d.look()
	}
	if err != nil {
		d.close()
		return nil, err
	}
	return d, nil
}

func (d *door) port() uint16 { return addr.Of(d.l.Addr()).Port() }

func (d *door) close() {
	d.cancel()
	d.l.Close()
	if d.mirror != nil {
		d.mirror.Close()
	}
}

var errNotSeen = errors.New("nobody tells what it looks like from outside")

// look finds out what a door looks like from outside.
func (d *door) look() error {
	for _, server := range d.at.STUN[:min(len(d.at.STUN), maxAsked)] {
		m, err := Ask(d.ctx, d.port(), server)
		if err != nil {
			continue
		}
		stop := context.AfterFunc(d.ctx, func() { m.Close() })
		seen, err := m.Look()
		stop()
		if err == nil {
			d.outside, d.mirror = seen, m
			return nil
		}
		m.Close()
	}
	if d.outside = d.at.Guess(d.port()); d.outside.IsValid() {
		return nil
	}
	return errNotSeen
}

// stand finds out which of our IPv6 addresses is used to somewhere: nobody translates it.
func (d *door) stand(to netip.Addr) error {
	dialer := net.Dialer{}
	conn, err := dialer.DialContext(d.ctx, "udp6", netip.AddrPortFrom(to, 9).String()) // which sends nothing
	if err != nil {
		return err
	}
	defer conn.Close()
	d.outside = netip.AddrPortFrom(addr.Of(conn.LocalAddr()).Addr(), d.port())
	return nil
}

// meet connects with somebody at a moment, and waits for his connection from now on, until
// it is over. There may be one of each, if his NAT draws ports. It returns when no other
// comes, at the latest when the time is over, counted from the moment.
func (d *door) meet(ctx context.Context, to netip.AddrPort, at time.Time, within time.Duration, give func(net.Conn)) {
	ctx, cancel := context.WithDeadline(ctx, at.Add(within))
	defer cancel()
	defer context.AfterFunc(d.ctx, cancel)()
	var taking sync.WaitGroup
	defer taking.Wait()
	defer context.AfterFunc(ctx, func() { d.l.SetDeadline(time.Unix(1, 0)) })()
	taking.Go(func() { // where our NAT lets everybody in
		defer cancel()
		for {
			conn, err := d.l.Accept()
			if err != nil {
				return
			}
			if addr.Of(conn.RemoteAddr()).Addr() == to.Addr() {
				give(conn)
				return
			}
			conn.Close()
		}
	})
	timer := time.NewTimer(time.Until(at))
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
		return
	}
	conn, err := Dial(ctx, d.port(), to)
	d.at.Logger.Debug("connecting from a port of its own", "late", time.Since(at), "error", err)
	if err == nil {
		give(conn)
		cancel()
		return
	}
	<-ctx.Done() // the other side's may come in yet
}
