package relay

import (
	"context"
	"io"
	"net/http"
	"runtime/debug"
	"sync"
	"time"

	"github.com/coder/websocket"

	"sesame/relay/mailbox"
)

// serve begins with a mailbox client. It doesn't wait for the client's end: what HTTP keeps for a request goes when
// this returns.
func (m *mailboxes) serve(w http.ResponseWriter, r *http.Request, c *client) {
	ws, err := websocket.Accept(w, r, &websocket.AcceptOptions{OriginPatterns: m.origins})
	if err != nil {
		return // it has answered
	}
	v := newVisitor(m, c, ws)
	v.gate = m.gate(r, c, time.Now())
	v.id = m.board.Connect(c.source(), c.guest.Exempt)
	if !m.visitors.add(v) {
		v.depart()
		return
	}
	go v.stay()
}

// survive, deferred, keeps a fault in what is done for one client from ending the server for all, as net/http
// does for what it calls.
func (m *mailboxes) survive() {
	if fault := recover(); fault != nil {
		m.log.Error("internal error: a mailbox client is dropped", "fault", fault, "stack", string(debug.Stack()))
	}
}

// lastWords is how long a client that was refused may still give back what it believes to have.
const lastWords = time.Second

// parting is how long a client may take to see that it is dismissed.
const parting = 5 * time.Second

// dismiss ends the connection of a client when it has been told why. What it has sent since is read, and
// left: to close a connection with unread bytes would destroy what it was told.
func dismiss(v *visitor) {
	for v.out.size() > 0 {
		if !wait(v.ctx, v.out.roomy) {
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

// readFrame reads one message, which has to be whole soon after it began. The memory for it has been charged
// to the client.
func (v *visitor) readFrame() ([]byte, error) {
	_, r, err := v.ws.Reader(context.Background()) // depart closes it
	if err != nil {
		return nil, err
	}
	v.late.Reset(v.m.live.limits().Read)
	defer v.late.Stop()
	frame := v.m.frames.get()
	v.out.charge(cap(frame))
	for {
		if len(frame) == cap(frame) {
			size := cap(frame)
			frame = append(frame, 0)[:size]
			v.out.charge(cap(frame) - size)
			v.m.dropHeaviest()
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

// A writing hand sends what is in a client's outbox.
type writing visitor

func (w *writing) do() {
	v := (*visitor)(w)
	for more := true; more; more = v.out.more() {
		if v.writeAll() != nil {
			v.out.hangUp()
		}
	}
}

// writeAll sends what waits. How long that may take is the cork's matter, and who ends the connection ends it.
func (v *visitor) writeAll() error {
	msg, ok := v.out.take()
	if !ok {
		return nil
	}
	c := v.client
	c.cork.hold(v.m.live.limits().Write)
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
