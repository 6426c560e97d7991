package classic

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"sesame/transfer"
	"sesame/transit"
	"sesame/tree/staging"
)

// A memoryChannel is one end of a Channel in memory.
type memoryChannel struct {
	out   chan<- []byte
	in    <-chan []byte
	first bool
}

func channelPair() (a, b *memoryChannel) {
	x, y := make(chan []byte, 100), make(chan []byte, 100)
	return &memoryChannel{out: x, in: y, first: true}, &memoryChannel{out: y, in: x}
}

func (c *memoryChannel) Send(ctx context.Context, msg []byte) error {
	select {
	case c.out <- msg:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (c *memoryChannel) Receive(ctx context.Context) ([]byte, error) {
	select {
	case m, ok := <-c.in:
		if !ok {
			return nil, errors.New("the channel is gone")
		}
		return m, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (c *memoryChannel) Suite() string { return "" }

func (c *memoryChannel) First() bool { return c.first }

func (c *memoryChannel) Check() {}

func (c *memoryChannel) Key(purpose string, size int) []byte {
	sum := sha256.Sum256([]byte(purpose))
	return sum[:size]
}

// say sends a message as a peer would.
func (c *memoryChannel) say(msg string) { c.out <- []byte(msg) }

// A memoryConn is a conn over net.Pipe, with a length before each record.
type memoryConn struct {
	net.Conn
	mu   sync.Mutex
	idle time.Duration
	buf  []byte
}

func connPair() (a, b *memoryConn) {
	x, y := net.Pipe()
	return &memoryConn{Conn: x, idle: time.Hour}, &memoryConn{Conn: y, idle: time.Hour}
}

func (c *memoryConn) SetIdle(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.idle = d
}

func (c *memoryConn) Path() transit.Path { return transit.Path{Kind: transit.SameMachine} }

func (c *memoryConn) deadline() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return time.Now().Add(c.idle)
}

func (c *memoryConn) WriteRecord(p []byte) error {
	c.SetWriteDeadline(c.deadline())
	_, err := c.Write(append(binary.BigEndian.AppendUint32(nil, uint32(len(p))), p...))
	return err
}

func (c *memoryConn) ReadRecord() ([]byte, error) {
	c.SetReadDeadline(c.deadline())
	var n [4]byte
	if _, err := io.ReadFull(c.Conn, n[:]); err != nil {
		return nil, err
	}
	if k := int(binary.BigEndian.Uint32(n[:])); cap(c.buf) < k {
		c.buf = make([]byte, k)
	} else {
		c.buf = c.buf[:k]
	}
	_, err := io.ReadFull(c.Conn, c.buf)
	return c.buf, err
}

// memoryEndpoints makes endpoints whose connections are given.
type memoryEndpoint struct{ c conn }

func (e memoryEndpoint) hints() (json.RawMessage, error) {
	return json.RawMessage(`{"abilities-v1":[],"hints-v1":[]}`), nil
}
func (e memoryEndpoint) Close() error { return nil }
func (e memoryEndpoint) connect(ctx context.Context, peer json.RawMessage) (conn, error) {
	if !json.Valid(peer) {
		return nil, errors.New("no transit message")
	}
	return e.c, ctx.Err()
}

// over returns a Config whose connection is c.
func over(c conn) *settings {
	return &settings{listen: func(context.Context, bool, []byte) (endpoint, error) { return memoryEndpoint{c}, nil }}
}

// openRoot opens a new directory, inside of another one that is its alone.
func openRoot(t testing.TB) *os.Root {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "target")
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { root.Close() })
	return root
}

func write(t testing.TB, path string, data []byte, mode os.FileMode) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, data, mode); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, mode); err != nil {
		t.Fatal(err)
	}
}

// bytesOf returns n bytes that are the same every time and don't compress.
func bytesOf(n int) []byte {
	b := make([]byte, n)
	x := uint64(n) + 88172645463325252
	for i := range b {
		x ^= x << 13
		x ^= x >> 7
		x ^= x << 17
		b[i] = byte(x)
	}
	return b
}

// A result is what both sides of a transfer say.
type result struct {
	sent     error
	told     *transfer.Report // of the sender
	offer    *transfer.Offer
	received error
	report   *transfer.Report // of the receiver
}

// ok fails the test unless both sides are content.
func (r result) ok(t testing.TB) {
	t.Helper()
	if r.sent != nil || r.received != nil || r.told == nil || r.report == nil {
		t.Fatalf("sender: %v; receiver: %v", r.sent, r.received)
	}
}

// final returns the names that were written.
func (r result) final() []string { return finals(r.report) }

func finals(r *transfer.Report) (out []string) {
	if r != nil {
		for _, p := range r.Placed {
			out = append(out, p.Final)
		}
	}
	return out
}

// run transfers src into target in memory.
func run(t testing.TB, src *transfer.Source, target transfer.Target, tune ...func(s, r *settings)) result {
	t.Helper()
	return runWith(t.Context(), src, func(ctx context.Context, o *transfer.Offer) (*transfer.Report, error) { return o.Accept(ctx, target) }, tune...)
}

// runWith sends src to a receiver that answers.
func runWith(ctx context.Context, src *transfer.Source, answer func(context.Context, *transfer.Offer) (*transfer.Report, error), tune ...func(s, r *settings)) (res result) {
	sc, rc := channelPair()
	a, b := connPair()
	scfg, rcfg := over(a), over(b)
	for _, f := range tune {
		f(scfg, rcfg)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		res.told, res.sent = sendSource(ctx, sc, transfer.Sending{Source: src}, scfg)
	}()
	res.offer, res.received = receiveOffer(ctx, rc, rcfg)
	if res.received == nil {
		res.report, res.received = answer(ctx, res.offer)
	}
	<-done
	return res
}

// disk is a directory as a Store.
func disk(dir *os.Root) *staging.Disk { return &staging.Disk{Dir: dir} }

// names lists what is in dir, hidden or not.
func names(t testing.TB, dir *os.Root) []string {
	t.Helper()
	entries, err := os.ReadDir(dir.Name())
	if err != nil {
		t.Fatal(err)
	}
	out := []string{}
	for _, e := range entries {
		out = append(out, e.Name())
	}
	return out
}
