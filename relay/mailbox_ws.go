package relay

import (
	"context"
	"io"
	"net/http"
	"sync"
	"time"

	"github.com/coder/websocket"

	"sesame/internal/wire"
	"sesame/relay/door"
	"sesame/relay/figures"
	"sesame/relay/mailbox"
)

// serve runs one mailbox client: this goroutine reads, a second one
// writes and pings.
func (m *mailboxes) serve(w http.ResponseWriter, r *http.Request, c *client) {
	ws, err := websocket.Accept(w, r, &websocket.AcceptOptions{OriginPatterns: m.origins})
	if err != nil {
		return // it has answered
	}
	defer ws.CloseNow()
	ctx, cancel := context.WithCancel(m.ctx)
	defer cancel()
	v := &visitor{ws: ws, out: newOutbox(m.live.limits().Backlog, m.backlog, cancel), goOn: make(chan struct{}, 1)}
	defer v.out.hangUp()
	v.id = m.board.Connect(c.source(), c.guest.Exempt)
	defer func() { m.board.Disconnect(m.ctx, v.id, time.Now()) }()
	if !m.visitors.add(v) {
		return
	}
	defer m.visitors.remove(v)
	c.uses(door.Idle)
	v.out.put(wire.Message{Type: wire.WelcomeType, Welcome: m.welcome(c, m.board.Pressure(time.Now()))}, true)

	var writer sync.WaitGroup
	writer.Go(func() {
		defer cancel()
		m.write(ctx, c, v)
	})
	m.read(ctx, c, v)
	cancel()
	writer.Wait()
}

// read handles what the client sends until the connection ends.
func (m *mailboxes) read(ctx context.Context, c *client, v *visitor) {
	v.ws.SetReadLimit(wire.MaxFirstFrame)
	first := time.AfterFunc(m.live.limits().FirstMessage, v.out.hangUp)
	defer first.Stop()
	var pace pace
	gate := permission{permits: m.live.now.Load().permit}
	for {
		frame, err := m.readFrame(ctx, v)
		if err != nil {
			return
		}
		first.Stop()
		req := mailbox.ParseRequest(frame)
		if !pause(ctx, pace.after(req.Type(), len(frame), time.Now())) {
			return
		}
		if gate.needed() {
			out, over := gate.answer(frame)
			for _, o := range out {
				v.out.put(o, true)
			}
			v.out.charge(-cap(frame))
			if over {
				m.refused.Add(figures.NoToken)
				for v.out.size() > 0 && wait(ctx, v.out.roomy) { // until it has been told
				}
				return
			}
			continue
		}
		is := m.board.Handle(m.ctx, v.id, req, time.Now())
		v.out.charge(-cap(frame))
		signal(v.out.ready) // an ack to which there is no answer
		for is.Held {
			c.uses(door.Meeting)
			if !wait(ctx, v.goOn) {
				return
			}
			is = m.board.Again(m.ctx, v.id, time.Now())
		}
		if is.Idle {
			c.uses(door.Idle)
		} else {
			c.uses(door.Meeting)
		}
		if is.Bound {
			v.ws.SetReadLimit(wire.MaxFrame)
			v.ours.Store(is.Ours)
		}
		for v.out.size() > enough {
			if !wait(ctx, v.out.roomy) {
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
func (m *mailboxes) readFrame(ctx context.Context, v *visitor) ([]byte, error) {
	_, r, err := v.ws.Reader(ctx)
	if err != nil {
		return nil, err
	}
	late := time.AfterFunc(m.live.limits().Read, v.out.hangUp)
	defer late.Stop()
	frame := make([]byte, 0, 1024)
	v.out.charge(cap(frame))
	for {
		if len(frame) == cap(frame) {
			size := cap(frame)
			frame = append(frame, 0)[:size]
			v.out.charge(cap(frame) - size)
			m.dropHeaviest()
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

// write sends what is in the outbox, and pings, until ctx ends or the
// client doesn't keep up.
func (m *mailboxes) write(ctx context.Context, c *client, v *visitor) {
	ping := time.NewTicker(m.live.limits().Ping)
	defer ping.Stop()
	var pings sync.WaitGroup
	defer pings.Wait()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ping.C:
			pings.Go(func() {
				ctx, cancel := context.WithTimeout(ctx, m.live.limits().Ping)
				defer cancel()
				if v.ws.Ping(ctx) != nil {
					v.out.hangUp()
				}
			})
		case <-v.out.ready:
			c.cork.hold()
			for {
				msg, ok := v.out.take()
				if !ok {
					break
				}
				if !m.writeMessage(ctx, v, msg) {
					return
				}
			}
			if c.cork.release(c.Conn, m.live.limits().Write) != nil {
				return
			}
		}
	}
}

func (m *mailboxes) writeMessage(ctx context.Context, v *visitor, msg wire.Message) bool {
	ctx, cancel := context.WithTimeout(ctx, m.live.limits().Write)
	defer cancel()
	mailbox.SortNameplates(msg.Nameplates)
	b := msg.Encode(time.Now())
	v.out.charge(cap(b))
	err := v.ws.Write(ctx, websocket.MessageText, b)
	v.out.charge(-cap(b))
	v.out.sent(msg)
	return err == nil
}
