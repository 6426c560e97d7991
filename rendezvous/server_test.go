package rendezvous

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"sesame/internal/wire"
)

// A fakeServer is a mailbox server in memory, as strict as the deployed one.
// Its conns are sockets.
type fakeServer struct {
	mu      sync.Mutex
	plates  map[string]*fakePlate
	boxes   map[string]*fakeBox
	conns   map[*fakeConn]bool
	counter int

	welcome wire.Welcome
	// next returns the number of the nameplate to allocate.
	next int
	// dials counts connections, down makes them fail.
	dials int
	down  bool
	// fault is asked before each frame, in either direction, is handled.
	fault func(s *fakeServer, c *fakeConn, frame []byte) fault
	// log holds all frames, as "side> frame" and "side< frame".
	log []string
}

type fault int

const (
	deliver fault = iota
	swallow       // as if never sent
)

type fakePlate struct {
	box   string
	sides map[string]bool // true while claimed
}

type fakeBox struct {
	messages []wire.Message
	sides    map[string]bool // true while open
	moods    map[string]string
	conns    map[*fakeConn]bool
}

type fakeConn struct {
	s           *fakeServer
	appID, side string
	box         string
	claimed     bool
	closedBox   bool
	frames      [][]byte
	ready       chan struct{}
	gone        chan struct{}
	goneOnce    sync.Once
}

func newFakeServer() *fakeServer {
	s := &fakeServer{conns: make(map[*fakeConn]bool), next: 7}
	s.forget()
	return s
}

// forget loses all memory.
func (s *fakeServer) forget() {
	s.plates, s.boxes = make(map[string]*fakePlate), make(map[string]*fakeBox)
}

// dropAll ends every connection. Frames under way are lost.
func (s *fakeServer) dropAll() {
	for c := range s.conns {
		s.drop(c)
	}
}

func (s *fakeServer) drop(c *fakeConn) {
	c.frames = nil
	c.goneOnce.Do(func() { close(c.gone) })
	delete(s.conns, c)
	for _, b := range s.boxes {
		delete(b.conns, c)
	}
}

func (s *fakeServer) dial(ctx context.Context) (socket, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.dials++
	if s.down {
		return nil, fmt.Errorf("connection refused")
	}
	c := &fakeConn{s: s, ready: make(chan struct{}, 1), gone: make(chan struct{})}
	s.conns[c] = true
	w := s.welcome
	s.send(c, wire.Message{Type: wire.WelcomeType, Welcome: &w})
	return c, nil
}

func (s *fakeServer) send(c *fakeConn, m wire.Message) { s.sendRaw(c, m.Encode(time.Unix(1, 0))) }

func (s *fakeServer) sendRaw(c *fakeConn, frame []byte) {
	if !s.conns[c] {
		return
	}
	s.log = append(s.log, c.side+"< "+string(frame))
	if s.fault != nil && s.fault(s, c, frame) == swallow || !s.conns[c] {
		return
	}
	c.frames = append(c.frames, frame)
	select {
	case c.ready <- struct{}{}:
	default:
	}
}

func (c *fakeConn) read(ctx context.Context) ([]byte, error) {
	for {
		c.s.mu.Lock()
		if len(c.frames) > 0 {
			frame := c.frames[0]
			c.frames = c.frames[1:]
			c.s.mu.Unlock()
			return frame, nil
		}
		c.s.mu.Unlock()
		select {
		case <-c.ready:
		case <-c.gone:
			return nil, io.EOF
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

func (c *fakeConn) write(ctx context.Context, frame []byte) error {
	c.s.mu.Lock()
	defer c.s.mu.Unlock()
	if !c.s.conns[c] {
		return io.ErrClosedPipe
	}
	c.s.log = append(c.s.log, c.side+"> "+string(frame))
	if c.s.fault != nil && c.s.fault(c.s, c, frame) == swallow || !c.s.conns[c] {
		return nil
	}
	command, err := wire.ParseCommand(frame)
	if err != nil {
		panic(fmt.Sprintf("client sent %s: %v", frame, err))
	}
	c.s.handle(c, command, frame)
	return nil
}

// ping gets an answer unless the server swallows it.
func (c *fakeConn) ping(ctx context.Context) error {
	c.s.mu.Lock()
	lost := c.s.fault != nil && c.s.fault(c.s, c, []byte("ping")) == swallow
	c.s.mu.Unlock()
	if lost {
		<-ctx.Done()
		return ctx.Err()
	}
	return nil
}

func (c *fakeConn) close() {
	c.s.mu.Lock()
	defer c.s.mu.Unlock()
	c.s.drop(c)
}

func (s *fakeServer) handle(c *fakeConn, m wire.Command, frame []byte) {
	fail := func(text string) {
		s.send(c, wire.Message{Type: wire.ErrorType, Error: text, Orig: json.RawMessage(frame)})
	}
	s.send(c, wire.Message{Type: wire.Ack, ID: m.ID})
	if c.side == "" && m.Type != wire.Bind && m.Type != wire.Ping && m.Type != wire.SubmitPermissions {
		fail("must bind first")
		return
	}
	switch m.Type {
	case wire.Bind:
		if c.side != "" {
			fail("already bound")
			return
		}
		c.side, c.appID = *m.Side, *m.AppID
	case wire.List:
		var all []wire.Nameplate
		for id := range s.plates {
			all = append(all, wire.Nameplate{ID: id})
		}
		s.send(c, wire.Message{Type: wire.Nameplates, Nameplates: all})
	case wire.Allocate:
		id := fmt.Sprint(s.next)
		s.next++
		s.claim(id, c.side)
		s.send(c, wire.Message{Type: wire.Allocated, Nameplate: id})
	case wire.Claim:
		if c.claimed {
			fail("only one claim per connection")
			return
		}
		c.claimed = true
		box, err := s.claim(*m.Nameplate, c.side)
		if err != "" {
			fail(err)
			return
		}
		s.send(c, wire.Message{Type: wire.Claimed, Mailbox: box})
	case wire.Release:
		if p := s.plates[*m.Nameplate]; p != nil && p.sides[c.side] {
			p.sides[c.side] = false
			if !anyTrue(p.sides) {
				delete(s.plates, *m.Nameplate)
			}
		}
		s.send(c, wire.Message{Type: wire.Released})
	case wire.Open:
		if c.box != "" {
			fail("only one open per connection")
			return
		}
		b, err := s.openBox(*m.Mailbox, c.side)
		if err != "" {
			fail(err)
			return
		}
		c.box = *m.Mailbox
		b.conns[c] = true
		for _, stored := range b.messages {
			s.send(c, stored)
		}
	case wire.Add:
		if c.box == "" {
			fail("must open mailbox before adding")
			return
		}
		s.add(c.box, wire.Message{Type: wire.MessageType, Side: c.side, Phase: *m.Phase, Body: *m.Body})
	case wire.Close:
		if c.closedBox {
			fail("only one close per connection")
			return
		}
		c.closedBox = true
		s.closeBox(c, *m.Mailbox, *m.Mood)
		s.send(c, wire.Message{Type: wire.Closed})
	case wire.Ping:
		s.send(c, wire.Message{Type: wire.Pong, Pong: m.Ping})
	case wire.SubmitPermissions:
	default:
		fail("unknown type")
	}
}

func (s *fakeServer) claim(id, side string) (box, err string) {
	p := s.plates[id]
	if p == nil {
		s.counter++
		p = &fakePlate{box: fmt.Sprintf("box%d", s.counter), sides: make(map[string]bool)}
		s.plates[id] = p
	}
	if held, known := p.sides[side]; known && !held {
		return "", "reclaimed"
	}
	if _, err := s.openBox(p.box, side); err != "" {
		return "", err
	}
	p.sides[side] = true
	return p.box, ""
}

func (s *fakeServer) openBox(id, side string) (*fakeBox, string) {
	b := s.boxes[id]
	if b == nil {
		b = &fakeBox{sides: make(map[string]bool), moods: make(map[string]string), conns: make(map[*fakeConn]bool)}
		s.boxes[id] = b
	}
	if _, known := b.sides[side]; !known && len(b.sides) >= 2 {
		return nil, "crowded"
	}
	b.sides[side] = true
	return b, ""
}

func (s *fakeServer) add(box string, m wire.Message) {
	b := s.boxes[box]
	if b == nil {
		return
	}
	b.messages = append(b.messages, m)
	for c := range b.conns {
		s.send(c, m)
	}
}

func (s *fakeServer) closeBox(c *fakeConn, id, mood string) {
	b := s.boxes[id]
	if b == nil {
		return
	}
	delete(b.conns, c)
	b.sides[c.side] = false
	b.moods[c.side] = mood
	if !anyTrue(b.sides) {
		delete(s.boxes, id)
	}
}

func anyTrue(m map[string]bool) bool {
	for _, v := range m {
		if v {
			return true
		}
	}
	return false
}

// grep returns the logged frames that contain every one of the texts.
func (s *fakeServer) grep(texts ...string) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var found []string
	for _, line := range s.log {
		if !slices.ContainsFunc(texts, func(t string) bool { return !strings.Contains(line, t) }) {
			found = append(found, line)
		}
	}
	return found
}

// client connects to the fake server.
func (s *fakeServer) client(t testing.TB, cfg *Config) *Client {
	t.Helper()
	c, err := s.connect(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

func (s *fakeServer) connect(ctx context.Context, cfg *Config) (*Client, error) {
	if cfg == nil {
		cfg = &Config{URL: "ws://mailbox.test:4000/v1"}
	}
	full, u, err := cfg.withDefaults()
	if err != nil {
		return nil, err
	}
	return connect(ctx, full, u, s.dial, func() {})
}
