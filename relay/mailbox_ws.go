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
	// Once, and not for each frame that is read or written.
	defer context.AfterFunc(ctx, func() { c.Close() })()
	v := &visitor{ws: ws, out: newOutbox(m.live.limits().Backlog, m.backlog, c.source(), cancel), goOn: make(chan struct{}, 1)}
	defer v.out.hangUp()
	v.id = m.board.Connect(c.source(), c.guest.Exempt)
	defer func() { m.board.Disconnect(m.ctx, v.id, time.Now()) }()
	if !m.visitors.add(v) {
		return
	}
	defer m.visitors.remove(v)
	c.uses(door.Idle)
	gate := m.gate(r, c, time.Now())
	v.out.put(wire.Message{Type: wire.WelcomeType, Welcome: m.welcome(c, m.board.Pressure(time.Now()), gate)}, true)

	var writer sync.WaitGroup
	writer.Go(func() {
		defer cancel()
		m.write(ctx, c, v)
	})
	m.read(ctx, c, v, gate)
	cancel() // the other one may wait for a client that doesn't read
	writer.Wait()
}

// read handles what the client sends until the connection ends.
func (m *mailboxes) read(ctx context.Context, c *client, v *visitor, gate *permission) {
	v.ws.SetReadLimit(wire.MaxFirstFrame)
	first := time.AfterFunc(m.live.limits().FirstMessage+gate.patience(), v.out.hangUp)
	defer first.Stop()
	late := time.AfterFunc(m.live.limits().Read, v.out.hangUp)
	late.Stop()
	var pace pace
	for {
		frame, err := m.readFrame(v, late)
		if err != nil {
			return
		}
		if !gate.needed() { // otherwise that is how long it has to get its permission
			first.Stop()
		}
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
				m.refused.Add(gate.lacks())
				dismiss(ctx, v)
				return
			}
			if !gate.needed() {
				first.Stop()
			}
			continue
		}
		is := m.board.Handle(m.ctx, v.id, req, time.Now())
		v.out.charge(-cap(frame))
		m.frames.put(frame)
		v.out.nudge() // an ack to which there is no answer
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
		v.hand(m.mint, is)
		for v.out.size() > enough {
			if !wait(ctx, v.out.roomy) {
				return
			}
		}
	}
}

// parting is how long a client may take to see that it is dismissed.
const parting = 5 * time.Second

// dismiss ends the connection of a client when it has been told why. What it has sent since is read, and
// left: to close a connection with unread bytes would destroy what it was told.
func dismiss(ctx context.Context, v *visitor) {
	for v.out.size() > 0 {
		if !wait(ctx, v.out.roomy) {
			return
		}
	}
	late := time.AfterFunc(parting, v.out.hangUp) // it may send for ever
	defer late.Stop()
	v.ws.Close(websocket.StatusPolicyViolation, "")
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

// readFrame reads one message, which has to be whole soon after it began: late hangs up
// otherwise. The memory for it has been charged to the client.
func (m *mailboxes) readFrame(v *visitor, late *time.Timer) ([]byte, error) {
	_, r, err := v.ws.Reader(context.Background()) // serve closes it
	if err != nil {
		return nil, err
	}
	late.Reset(m.live.limits().Read)
	defer late.Stop()
	frame := m.frames.get()
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
			if m.writeAll(c, v) != nil {
				return
			}
		}
	}
}

// writeAll sends what waits. How long that may take is the cork's matter, and who ends the connection ends it.
func (m *mailboxes) writeAll(c *client, v *visitor) error {
	msg, ok := v.out.take()
	if !ok {
		return nil
	}
	c.cork.hold(m.live.limits().Write)
	for ; ok; msg, ok = v.out.take() {
		mailbox.SortNameplates(msg.Nameplates)
		b := msg.Encode(time.Now())
		v.out.charge(cap(b))
		err := v.ws.Write(context.Background(), websocket.MessageText, b)
		v.out.sent(msg, cap(b))
		if err != nil {
			return err
		}
	}
	return c.cork.release(c.Conn)
}

// frames are buffers for what clients send, of which most is short. The zero value is ready to use.
type frames struct{ free sync.Pool }

const shortFrame = 1 << 10

func (f *frames) get() []byte {
	if b, ok := f.free.Get().(*[shortFrame]byte); ok {
		return b[:0]
	}
	return make([]byte, 0, shortFrame)
}

// put takes a buffer back that nobody uses any more.
func (f *frames) put(b []byte) {
	if cap(b) == shortFrame {
		f.free.Put((*[shortFrame]byte)(b[:shortFrame]))
	}
}
