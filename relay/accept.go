package relay

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"sync"
	"time"

	"sesame/internal/addr"
	"sesame/internal/congestion"
	"sesame/internal/descriptors"
	"sesame/relay/door"
	"sesame/relay/figures"
	"sesame/relay/pipe"
	"sesame/relay/source"
)

// Start reads what is in the store. Serve does that itself; who has called Start knows before that it
// has worked out.
func (s *Server) Start() error {
	if err := s.mail.start(); err != nil {
		return fmt.Errorf("relay: can't read what is kept: %w", err)
	}
	return nil
}

// serve accepts connections from l until Shutdown.
func (s *Server) serve(l net.Listener, transitOnly bool) error {
	defer l.Close()
	if !s.door.open(l, &s.wg) {
		return errors.New("relay: the server has been shut down")
	}
	defer s.wg.Done()
	defer s.door.forget(l)
	if err := s.Start(); err != nil {
		return err
	}
	s.start.Do(func() {
		s.wg.Add(1)
		go s.housekeeping()
		s.wg.Go(func() { s.mail.sweeping(s.stop) })
		s.wg.Go(func() { s.http.Serve(s.desk.queue) })
		if s.stun != nil {
			s.wg.Go(func() { serveSTUN(s.stun, *s.live.limits(), s.log) })
		}
	})
	a := acceptor{l: l, spare: s.spare, log: s.log}
	for {
		conn, pause, err := a.next()
		switch {
		case err == nil && conn != nil:
			s.admit(conn, transitOnly)
			continue
		case s.stopping():
			return nil
		case err != nil:
			return err
		}
		select {
		case <-time.After(pause):
		case <-s.stop:
			return nil
		}
	}
}

// An acceptor takes connections from a listener.
type acceptor struct {
	l     net.Listener
	spare *spare
	log   *slog.Logger
	pause time.Duration // the last one, after an error
	said  time.Time     // when the log was last told
}

// next returns a connection; or nil and for how long to wait before the next try; or an
// error if there will be no more. Where there is no open file left for a connection it
// is reset, so that the client doesn't wait in vain.
func (a *acceptor) next() (conn net.Conn, pause time.Duration, err error) {
	conn, err = a.l.Accept()
	switch {
	case err == nil:
		a.pause = 0
		return conn, 0, nil
	case errors.Is(err, net.ErrClosed):
		return nil, 0, fmt.Errorf("relay: accept: %w", err)
	}
	// Too many open files, for one, is a normal event that passes.
	a.pause = min(max(2*a.pause, 5*time.Millisecond), time.Second)
	if descriptors.Few(err) && a.spare.refuse(a.l) {
		a.pause = 0
	}
	if now := time.Now(); a.said.IsZero() || now.Sub(a.said) >= quietTime {
		a.said = now
		a.log.Warn("can't accept connections", "error", err)
	}
	return nil, a.pause, nil
}

func (s *Server) stopping() bool {
	select {
	case <-s.stop:
		return true
	default:
		return false
	}
}

// admit starts serving a connection, or cuts it if there are too many.
func (s *Server) admit(conn net.Conn, transitOnly bool) {
	c := &client{Conn: conn, transitOnly: transitOnly, at: s.door}
	c.guest.Source, _ = source.Of(conn.RemoteAddr(), s.proxies.near)
	if s.live.now.Load().blocked.Has(addr.Of(conn.RemoteAddr()).Addr()) {
		reset(conn)
		s.figures.Refused.Add(figures.Blocked)
		return
	}
	c.proxy = s.proxies.list.Has(addr.Of(conn.RemoteAddr()).Addr())
	c.guest.Exempt = c.proxy
	c.guest.Cut = func() { c.Close() }
	c.leave = sync.OnceFunc(func() {
		s.door.remove(c)
		s.wg.Done()
	})
	if why := s.door.admit(c, &s.wg, time.Now()); why != door.Welcome {
		reset(conn)
		s.figures.Refused.Add(why.Name())
		s.log.Debug("refused a connection", "why", why)
		return
	}
	congestion.Ask(conn) // data leaves by it, and the line to a receiver may lose packets
	if t, ok := conn.(*net.TCPConn); ok {
		t.SetKeepAliveConfig(net.KeepAliveConfig{Enable: true, Idle: 30 * time.Second, Interval: 15 * time.Second, Count: 6})
		pipe.Tune(t, s.live.limits().PairStall)
	}
	go func() {
		defer s.wg.Done()
		s.desk.greet(c)
	}()
}
