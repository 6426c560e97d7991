package relay

import (
	"context"
	"io"
	"net/http"
	"sync"
	"time"

	"github.com/coder/websocket"

	"sesame/internal/addr"
	"sesame/internal/wire"
	"sesame/relay/door"
)

// serveMailbox runs one mailbox client: this goroutine reads, a second one
// writes and pings.
func (s *Server) serveMailbox(w http.ResponseWriter, r *http.Request, c *client) {
	ws, err := websocket.Accept(w, r, &websocket.AcceptOptions{OriginPatterns: s.origins})
	if err != nil {
		return // it has answered
	}
	defer ws.CloseNow()
	ctx, cancel := context.WithCancel(s.ctx)
	defer cancel()
	sess := &caller{source: c.source(), local: c.guest.Local, goOn: make(chan struct{}, 1)}
	sess.out = newOutbox(s.live.limits().Backlog, s.backlog, cancel)
	defer sess.out.hangUp()
	if !s.enter(ws) {
		return
	}
	defer s.leave(ws)
	c.uses(door.Idle)
	sess.out.put(wire.Message{Type: wire.WelcomeType, Welcome: s.welcome(c)})

	var writer sync.WaitGroup
	writer.Go(func() {
		defer cancel()
		s.writeMailbox(ctx, ws, sess.out)
	})
	s.readMailbox(ctx, ws, c, sess)
	cancel()
	writer.Wait()
	s.mu.Lock()
	s.deliver(s.board.disconnect(sess, time.Now()))
	s.mu.Unlock()
}

// readMailbox handles what the client sends until the connection ends.
func (s *Server) readMailbox(ctx context.Context, ws *websocket.Conn, c *client, sess *caller) {
	ws.SetReadLimit(wire.MaxFirstFrame)
	first := time.AfterFunc(s.live.limits().FirstMessage, sess.out.hangUp)
	defer first.Stop()
	var pace pace
	for {
		frame, err := s.readFrame(ctx, ws, sess.out)
		if err != nil {
			return
		}
		first.Stop()
		req := parseRequest(frame)
		if !pause(ctx, pace.after(req.cmd.Type, len(frame), time.Now())) {
			return
		}
		s.mu.Lock()
		s.deliver(s.board.handle(sess, req, time.Now()))
		held, idle := sess.hold != nil, sess.idle()
		s.mu.Unlock()
		if idle {
			c.uses(door.Idle)
		} else {
			c.uses(door.Meeting)
		}
		sess.out.charge(-cap(frame))
		if held && !wait(ctx, sess.goOn) {
			return
		}
		if sess.bound {
			ws.SetReadLimit(wire.MaxFrame)
		}
		for sess.out.size() > enough {
			if !wait(ctx, sess.out.roomy) {
				return
			}
		}
	}
}

// wait waits for a signal. It reports false if ctx ends first.
func wait(ctx context.Context, c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	case <-ctx.Done():
		return false
	}
}

// pause waits for a while. It reports false if ctx ends first.
func pause(ctx context.Context, d time.Duration) bool {
	if d <= 0 {
		return true
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// readFrame reads one message, which has to be whole soon after it began. The
// memory for it has been charged to the client.
func (s *Server) readFrame(ctx context.Context, ws *websocket.Conn, out *outbox) ([]byte, error) {
	_, r, err := ws.Reader(ctx)
	if err != nil {
		return nil, err
	}
	late := time.AfterFunc(s.live.limits().Read, out.hangUp)
	defer late.Stop()
	frame := make([]byte, 0, 1024)
	out.charge(cap(frame))
	for {
		if len(frame) == cap(frame) {
			size := cap(frame)
			frame = append(frame, 0)[:size]
			out.charge(cap(frame) - size)
			s.dropHeaviest()
		}
		n, err := r.Read(frame[len(frame):cap(frame)])
		frame = frame[:len(frame)+n]
		switch err {
		case nil:
		case io.EOF:
			return frame, nil
		default:
			return nil, err
		}
	}
}

// deliver hands deliveries to the connections they are for. s.mu is held, so
// that no other delivery comes in between.
func (s *Server) deliver(ds []delivery) {
	for _, d := range ds {
		switch {
		case d.hangUp:
			d.to.out.hangUp()
		case d.goOn:
			signal(d.to.goOn)
		default:
			d.to.out.put(d.msg)
		}
	}
	s.dropHeaviest()
}

// dropHeaviest drops mailbox clients if too much is kept for all of them: those
// for which it is most.
func (s *Server) dropHeaviest() {
	for out := s.backlog.excess(); out != nil; out = s.backlog.excess() {
		s.log.Debug("dropped a mailbox client: too much is kept for it")
		out.hangUp()
	}
}

// writeMailbox sends what is in the outbox, and pings, until ctx ends or the
// client doesn't keep up.
func (s *Server) writeMailbox(ctx context.Context, ws *websocket.Conn, out *outbox) {
	ping := time.NewTicker(s.live.limits().Ping)
	defer ping.Stop()
	var pings sync.WaitGroup
	defer pings.Wait()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ping.C:
			pings.Go(func() {
				ctx, cancel := context.WithTimeout(ctx, s.live.limits().Ping)
				defer cancel()
				if ws.Ping(ctx) != nil {
					out.hangUp()
				}
			})
		case <-out.ready:
			for {
				m, ok := out.take()
				if !ok {
					break
				}
				if !s.writeMessage(ctx, ws, out, m) {
					return
				}
			}
		}
	}
}

func (s *Server) writeMessage(ctx context.Context, ws *websocket.Conn, out *outbox, m wire.Message) bool {
	ctx, cancel := context.WithTimeout(ctx, s.live.limits().Write)
	defer cancel()
	sortNameplates(m.Nameplates)
	b := m.Encode(time.Now())
	out.charge(cap(b))
	err := ws.Write(ctx, websocket.MessageText, b)
	out.charge(-cap(b))
	out.sent(m)
	return err == nil
}

// welcome returns the greeting for a client. Keys without a value are left
// out: some clients take a null for an error.
func (s *Server) welcome(c *client) *wire.Welcome {
	s.mu.Lock()
	pressure := s.board.guesses.share.pressure(time.Now())
	s.mu.Unlock()
	w := s.live.now.Load().said
	w.Sesame = &wire.Extension{RelayPath: transitPath, SeatsReturn: true, Pressure: pressure, Lanes: s.most}
	w.Sesame.RelayPort = int(addr.Of(c.LocalAddr()).Port())
	if s.stun != nil {
		w.Sesame.STUNPorts = s.stun.Ports()
	}
	if a := addr.Of(c.RemoteAddr()); a.IsValid() {
		w.YourAddress = &wire.Address{Port: int(a.Port())}
		if ip := a.Addr(); ip.Is4() {
			w.YourAddress.IPv4 = ip.String()
		} else {
			w.YourAddress.IPv6 = ip.String()
		}
	}
	return &w
}

// enter registers a mailbox connection. It reports false during a shutdown.
func (s *Server) enter(ws *websocket.Conn) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stopping() {
		return false
	}
	s.visitors[ws] = struct{}{}
	return true
}

func (s *Server) leave(ws *websocket.Conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.visitors, ws)
}

// sendAway tells mailbox clients that the server goes away, as far as they
// take notice before ctx ends.
func (s *Server) sendAway(ctx context.Context) {
	s.mu.Lock()
	var closing sync.WaitGroup
	for ws := range s.visitors {
		closing.Go(func() { ws.Close(websocket.StatusGoingAway, "the server is stopping") })
	}
	s.mu.Unlock()
	done := make(chan struct{})
	s.wg.Go(func() {
		closing.Wait()
		close(done)
	})
	select {
	case <-done:
	case <-ctx.Done():
	}
}
