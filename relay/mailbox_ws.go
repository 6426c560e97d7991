package relay

import (
	"context"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/coder/websocket"

	"sesame/internal/wire"
)

// serveMailbox runs one mailbox client: this goroutine reads, a second one
// writes and pings.
func (s *Server) serveMailbox(w http.ResponseWriter, r *http.Request, c *client) {
	ws, err := websocket.Accept(w, r, &websocket.AcceptOptions{OriginPatterns: s.origins})
	if err != nil {
		return // it has answered
	}
	defer ws.CloseNow()
	if !s.takeSeat(ws) {
		return
	}
	defer s.leaveSeat(ws)

	ctx, cancel := context.WithCancel(s.ctx)
	defer cancel()
	sess := &session{source: c.source, out: newOutbox(s.limits.Backlog, cancel)}
	sess.out.put(wire.Message{Type: wire.WelcomeType, Welcome: s.welcome(c)})

	var writer sync.WaitGroup
	writer.Go(func() {
		defer cancel()
		s.writeMailbox(ctx, ws, sess.out)
	})
	s.readMailbox(ctx, ws, sess)
	cancel()
	writer.Wait()
	s.mu.Lock()
	s.board.disconnect(sess, time.Now())
	s.mu.Unlock()
}

// readMailbox handles what the client sends until the connection ends.
func (s *Server) readMailbox(ctx context.Context, ws *websocket.Conn, sess *session) {
	ws.SetReadLimit(wire.MaxFirstFrame)
	first := time.AfterFunc(s.limits.FirstMessage, sess.out.hangUp)
	defer first.Stop()
	for {
		_, frame, err := ws.Read(ctx)
		if err != nil {
			return
		}
		first.Stop()
		req := parseRequest(frame)
		s.mu.Lock()
		s.deliver(s.board.handle(sess, req, time.Now()))
		s.mu.Unlock()
		if sess.bound {
			ws.SetReadLimit(wire.MaxFrame)
		}
	}
}

// deliver hands deliveries to the connections they are for. s.mu is held, so
// that no other delivery comes in between.
func (s *Server) deliver(ds []delivery) {
	for _, d := range ds {
		if d.hangUp {
			d.to.out.hangUp()
		} else {
			d.to.out.put(d.msg)
		}
	}
}

// writeMailbox sends what is in the outbox, and pings, until ctx ends or the
// client doesn't keep up.
func (s *Server) writeMailbox(ctx context.Context, ws *websocket.Conn, out *outbox) {
	ping := time.NewTicker(s.limits.Ping)
	defer ping.Stop()
	var pings sync.WaitGroup
	defer pings.Wait()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ping.C:
			pings.Go(func() {
				ctx, cancel := context.WithTimeout(ctx, s.limits.Ping)
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
				if !s.writeMessage(ctx, ws, m) {
					return
				}
			}
		}
	}
}

func (s *Server) writeMessage(ctx context.Context, ws *websocket.Conn, m wire.Message) bool {
	ctx, cancel := context.WithTimeout(ctx, s.limits.Write)
	defer cancel()
	return ws.Write(ctx, websocket.MessageText, m.Encode(time.Now())) == nil
}

// welcome returns the greeting for a client. Keys without a value are left
// out: some clients take a null for an error.
func (s *Server) welcome(c *client) *wire.Welcome {
	w := &wire.Welcome{MOTD: s.motd, Sesame: &wire.Extension{RelayPath: transitPath}}
	if a, ok := c.LocalAddr().(*net.TCPAddr); ok {
		w.Sesame.RelayPort = a.Port
	}
	if s.stun != nil {
		w.Sesame.STUNPorts = s.stun.Ports()
	}
	if a, ok := c.RemoteAddr().(*net.TCPAddr); ok {
		ip := a.AddrPort().Addr().Unmap().WithZone("")
		w.YourAddress = &wire.Address{Port: a.Port}
		if ip.Is4() {
			w.YourAddress.IPv4 = ip.String()
		} else {
			w.YourAddress.IPv6 = ip.String()
		}
	}
	return w
}

// takeSeat registers a mailbox connection. It reports false during a shutdown.
func (s *Server) takeSeat(ws *websocket.Conn) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	select {
	case <-s.stop:
		return false
	default:
	}
	s.seats[ws] = struct{}{}
	return true
}

func (s *Server) leaveSeat(ws *websocket.Conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.seats, ws)
}

// closeSeats tells mailbox clients that the server goes away, as far as they
// take notice before ctx ends.
func (s *Server) closeSeats(ctx context.Context) {
	s.mu.Lock()
	var closing sync.WaitGroup
	for ws := range s.seats {
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
