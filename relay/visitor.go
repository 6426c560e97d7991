package relay

import (
	"context"
	"math"
	"sync/atomic"
	"time"

	"github.com/coder/websocket"

	"sesame/internal/wire"
	"sesame/relay/door"
	"sesame/relay/mailbox"
)

// A visitor is a mailbox client. One goroutine reads what it sends, and has the crew do all else: so the
// stack of one who waits stays small.
type visitor struct {
	m      *mailboxes
	client *client
	id     mailbox.ID
	ws     *websocket.Conn
	out    *outbox
	ctx    context.Context // ends with the connection
	end    context.CancelFunc
	ping   *time.Timer
	goOn   chan struct{} // has an element when its command may be tried again
	ours   atomic.Bool   // it understands word of a move
	ticket atomic.Int64  // when it was given one for pipes, in seconds since 1970; 0 for never

	// Of who reads, and of the hand that handles it meanwhile.
	gate  *permission
	first *time.Timer // ends the wait for the first message; nil when that is there
	late  *time.Timer // ends the wait for the rest of a message
	// farewell ends the connection of who was refused; nil for others.
	farewell *time.Timer
	pace     pace
	frame    []byte    // to be handled
	handled  chan bool // whether it is to go on
}

func newVisitor(m *mailboxes, c *client, ws *websocket.Conn) *visitor {
	v := &visitor{m: m, client: c, ws: ws, goOn: make(chan struct{}, 1), handled: make(chan bool, 1)}
	v.ctx, v.end = context.WithCancel(m.ctx)
	v.out = newOutbox(m.live.limits().Backlog, m.backlog, c.source(), v.end, func() { m.crew.start((*writing)(v)) })
	v.ping, v.late = stopped(v.keepAlive), stopped(v.out.hangUp)
	return v
}

// stopped returns a timer that does f when it has been set.
func stopped(f func()) *time.Timer {
	t := time.AfterFunc(math.MaxInt64, f)
	t.Stop()
	return t
}

// depart ends the connection of a client that nobody else knows of any more.
func (v *visitor) depart() {
	v.out.hangUp() // who writes may wait for a client that doesn't read
	v.client.Close()
	v.out.rest()
	v.m.board.Disconnect(v.m.ctx, v.id, time.Now())
	v.ws.CloseNow()
}

// stay serves a client until its connection ends.
func (v *visitor) stay() {
	defer v.m.visitors.here.Done()
	defer v.depart()
	defer v.m.visitors.remove(v)
	// Once, and not for each frame that is read or written.
	defer context.AfterFunc(v.ctx, func() { v.client.Close() })()
	l := v.m.live.limits()
	v.client.uses(door.Idle)
	v.out.put(wire.Message{Type: wire.WelcomeType, Welcome: v.m.welcome(v.client, v.m.board.Pressure(time.Now()), v.gate)}, true)
	v.ws.SetReadLimit(wire.MaxFirstFrame)
	v.first = time.AfterFunc(l.FirstMessage+v.gate.patience(), v.out.hangUp)
	v.ping.Reset(l.Ping)
	v.read()
	v.ping.Stop()
	if v.first != nil {
		v.first.Stop()
	}
	if v.farewell != nil {
		v.farewell.Stop()
	}
}

// read reads until the connection ends, or until it has to.
func (v *visitor) read() {
	defer v.m.survive()
	for {
		var err error
		if v.frame, err = v.readFrame(); err != nil {
			return
		}
		v.m.crew.start((*handling)(v))
		if !<-v.handled {
			return
		}
	}
}

// A handling hand does what the client asks for in a frame.
type handling visitor

func (h *handling) do() {
	v := (*visitor)(h)
	goesOn := false
	defer func() { v.handled <- goesOn }()
	defer v.m.survive()
	goesOn = v.handle()
}

// handle reports whether the connection goes on.
func (v *visitor) handle() bool {
	frame := v.frame
	v.frame = nil
	if !v.gate.needed() { // otherwise that is how long it has to get its permission
		v.begun()
	}
	req := mailbox.ParseRequest(frame)
	if !pause(v.ctx, v.pace.after(req.Type(), len(frame), time.Now())) {
		return false
	}
	if v.gate.needed() {
		return v.ask(frame)
	}
	is := v.m.board.Handle(v.m.ctx, v.id, req, time.Now())
	v.out.charge(-cap(frame))
	v.m.frames.put(frame)
	v.out.nudge() // an ack to which there is no answer
	for is.Held {
		v.client.uses(door.Meeting)
		if !wait(v.ctx, v.goOn) {
			return false
		}
		is = v.m.board.Again(v.m.ctx, v.id, time.Now())
	}
	if is.Idle {
		v.client.uses(door.Idle)
	} else {
		v.client.uses(door.Meeting)
	}
	if is.Bound {
		v.ws.SetReadLimit(wire.MaxFrame)
		v.ours.Store(is.Ours)
	}
	v.hand(is)
	for v.out.size() > enough {
		if !wait(v.ctx, v.out.roomy) {
			return false
		}
	}
	return true
}

// begun ends the wait for the first message.
func (v *visitor) begun() {
	if v.first != nil {
		v.first.Stop()
		v.first = nil
	}
}

// ask looks at a frame of a client that needs a permission.
func (v *visitor) ask(frame []byte) bool {
	before := v.gate.refused
	out, over := v.gate.answer(frame)
	for _, o := range out {
		v.out.put(o, true)
	}
	v.out.charge(-cap(frame))
	refused := v.gate.refused > 0
	if before == 0 && (refused || over) {
		v.m.refused.Add(v.gate.lacks())
	}
	if over {
		dismiss(v)
		return false
	}
	if before == 0 && refused {
		v.begun()
		v.first = time.AfterFunc(lastWords+parting, v.out.hangUp)
		v.farewell = time.AfterFunc(lastWords, func() { v.ws.Close(websocket.StatusPolicyViolation, "") })
	}
	if !v.gate.needed() {
		v.begun()
	}
	return true
}

// keepAlive pings the client, who has to answer before the next one.
func (v *visitor) keepAlive() {
	every := v.m.live.limits().Ping
	ctx, cancel := context.WithTimeout(v.ctx, every)
	defer cancel()
	if v.ws.Ping(ctx) != nil {
		v.out.hangUp()
		return
	}
	v.renew(time.Now())
	v.ping.Reset(every)
}
