//go:build !js

package native

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"sesame/transfer"
	"sesame/transit"
	"sesame/transit/record"
	"sesame/tree"
	"sesame/tree/manifest"
	"sesame/tree/staging"
)

// A world is a sender and a receiver in one process: a mailbox between them, and
// lanes that come up, break and come up again as the test says.
type world struct {
	t      testing.TB
	key    string
	pair   func() (net.Conn, net.Conn)      // a new connection; TCP by default
	bend   func(n int, c net.Conn) net.Conn // what lane n's connection does to what the sender writes
	want   int                              // lanes that are held
	redial time.Duration                    // until lost lanes are replaced; < 0: never
	deaf   func() time.Duration             // how much longer a side answers nobody; nil: not at all
	kind   func(n int) transit.Kind
	suite  record.Suite

	s, r    *ends
	boxS    *box
	boxR    *box
	mu      sync.Mutex
	made    int
	closed  bool
	pending bool
	lanes   sync.WaitGroup
	wire    atomic.Int64 // bytes that the sender has written on all lanes
	rehints atomic.Int64 // AddHints calls
	refused atomic.Bool
}

func newWorld(t testing.TB) *world {
	w := &world{t: t, key: "k", want: 1, suite: record.AES256GCM, redial: 10 * time.Millisecond}
	w.pair = func() (net.Conn, net.Conn) { return tcpPair(t) }
	w.kind = func(int) transit.Kind { return transit.SameMachine }
	w.boxS, w.boxR = newBoxes(w)
	w.s = &ends{w: w, in: make(chan lane, 64), gone: make(chan struct{})}
	w.r = &ends{w: w, in: make(chan lane, 64), gone: make(chan struct{})}
	return w
}

type (
	netConn   = net.Conn
	syncGroup = sync.WaitGroup
)

// A box is one end of the mailbox.
type box struct {
	w    *world
	in   chan []byte
	out  *box
	fail atomic.Bool
}

func newBoxes(w *world) (*box, *box) {
	a, b := &box{w: w, in: make(chan []byte, 64)}, &box{w: w, in: make(chan []byte, 64)}
	a.out, b.out = b, a
	return a, b
}

func (b *box) Send(ctx context.Context, msg []byte) error {
	if b.fail.Load() {
		return errors.New("mailbox gone")
	}
	select {
	case b.out.in <- append([]byte(nil), msg...):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (b *box) Receive(ctx context.Context) ([]byte, error) {
	select {
	case m := <-b.in:
		return m, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (b *box) Key(purpose string, size int) []byte {
	sum := sha256.Sum256([]byte(b.w.key + purpose))
	return sum[:size]
}

func (b *box) Suite() string { return b.w.suite.String() }
func (b *box) First() bool   { return b == b.w.boxS }
func (b *box) Check()        {}

// ends is one side's lanes.
type ends struct {
	w       *world
	in      chan lane
	gone    chan struct{}
	once    sync.Once
	started atomic.Bool
	mu      sync.Mutex
	held    []*testLane
}

func (e *ends) Hints() []transit.Hint        { return nil }
func (e *ends) Refresh() []transit.Hint      { return nil }
func (e *ends) Changed() <-chan struct{}     { return nil }
func (e *ends) Moved() <-chan struct{}       { return nil }
func (e *ends) Refused() bool                { return e.w.refused.Load() }
func (e *ends) NoPath() *transit.NoPathError { return &transit.NoPathError{} }
func (e *ends) AddHints([]transit.Hint)      { e.w.rehints.Add(1) }
func (e *ends) Start(func(string, int) []byte, []transit.Hint) {
	e.started.Store(true)
	e.w.dialMissing()
}

func (e *ends) Next(ctx context.Context) (lane, error) {
	select {
	case l := <-e.in:
		return l, nil
	case <-e.gone:
		return nil, net.ErrClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (e *ends) Close() error {
	e.once.Do(func() { close(e.gone) })
	e.w.mu.Lock()
	e.w.closed = true
	e.w.mu.Unlock()
	e.mu.Lock()
	held := append([]*testLane(nil), e.held...)
	e.mu.Unlock()
	for _, l := range held {
		l.Close()
	}
	return nil
}

// dialMissing makes lanes until there are as many as wanted.
func (w *world) dialMissing() {
	if !w.s.started.Load() || !w.r.started.Load() {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.pending = false
	if w.closed {
		return
	}
	if w.deaf != nil {
		if d := w.deaf(); d > 0 {
			w.pending = true
			time.AfterFunc(d, w.dialMissing)
			return
		}
	}
	for w.living() < w.want {
		w.connect()
	}
}

func (w *world) living() int {
	n := 0
	w.s.mu.Lock()
	defer w.s.mu.Unlock()
	for _, l := range w.s.held {
		if !l.closed.Load() && !l.twin.closed.Load() {
			n++
		}
	}
	return n
}

// connect makes a lane. mu is held.
func (w *world) connect() {
	w.made++
	n := w.made
	a, b := w.pair()
	kind := transit.SameMachine
	if w.kind != nil {
		kind = w.kind(n)
	}
	a = &countConn{Conn: a, n: &w.wire}
	if w.bend != nil {
		a = w.bend(n, a)
	}
	toR, toS := sha256.Sum256([]byte(fmt.Sprint("r", n))), sha256.Sum256([]byte(fmt.Sprint("s", n)))
	ls := newTestLane(w, a, w.suite, toR[:], toS[:], kind)
	lr := newTestLane(w, b, w.suite, toS[:], toR[:], kind)
	ls.twin, lr.twin = lr, ls
	w.s.hold(ls)
	w.r.hold(lr)
}

func (e *ends) hold(l *testLane) {
	e.mu.Lock()
	e.held = append(e.held, l)
	e.mu.Unlock()
	e.in <- l
}

// down notes that an end of a lane is closed.
func (w *world) down() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed || w.pending || w.redial < 0 {
		return
	}
	w.pending = true
	time.AfterFunc(w.redial, w.dialMissing)
}

type testLane struct {
	w      *world
	conn   net.Conn
	kind   transit.Kind
	twin   *testLane
	mu     chan struct{} // not a mutex: synctest lets time pass while it is waited for
	seal   *record.Sealer
	open   *record.Opener
	last   atomic.Int64
	closed atomic.Bool
	final  []byte
	onRead func(typ byte, p []byte)
}

func newTestLane(w *world, c net.Conn, suite record.Suite, out, in []byte, kind transit.Kind) *testLane {
	l := &testLane{w: w, conn: c, kind: kind, seal: record.NewSealer(suite, out), final: make([]byte, record.Overhead), mu: make(chan struct{}, 1)}
	l.open = record.NewOpener(lastConn{c, &l.last}, suite, in)
	l.last.Store(time.Now().UnixNano())
	return l
}

// lastConn notes when something arrived.
type lastConn struct {
	net.Conn
	last *atomic.Int64
}

func (c lastConn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if n > 0 {
		c.last.Store(time.Now().UnixNano())
	}
	return n, err
}

type countConn struct {
	net.Conn
	n *atomic.Int64
}

func (c *countConn) Write(p []byte) (int, error) {
	n, err := c.Conn.Write(p)
	c.n.Add(int64(n))
	return n, err
}

func (l *testLane) Write(typ byte, buf []byte, n int) error {
	l.mu <- struct{}{}
	defer func() { <-l.mu }()
	if l.closed.Load() {
		return net.ErrClosed
	}
	rec := l.seal.Seal(buf, typ, n)
	l.conn.SetWriteDeadline(time.Now().Add(15 * time.Second))
	_, err := l.conn.Write(rec)
	return err
}

func (l *testLane) Read() (byte, []byte, error) {
	typ, p, err := l.open.Next()
	if err == nil && typ == record.Final {
		return 0, nil, io.EOF
	}
	return typ, p, err
}

func (l *testLane) Idle() time.Duration { return time.Since(time.Unix(0, l.last.Load())) }
func (l *testLane) Path() transit.Path  { return transit.Path{Kind: l.kind} }

func (l *testLane) Carried() {}

func (l *testLane) Drop() { l.Close() }

func (l *testLane) Close() error {
	if l.closed.Swap(true) {
		return nil
	}
	l.conn.SetDeadline(time.Now().Add(time.Second))
	l.mu <- struct{}{}
	l.conn.Write(l.seal.Seal(l.final, record.Final, 0))
	<-l.mu
	err := l.conn.Close()
	l.w.down()
	return err
}

func tcpPair(t testing.TB) (net.Conn, net.Conn) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	a, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	b, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	return a, b
}

// An outcome is what both sides made of a transfer.
type outcome struct {
	sent, got       *transfer.Report
	sendErr, getErr error
}

// run sends m from src and receives it into dir.
func (w *world) run(ctx context.Context, m *manifest.Manifest, src tree.Source, dir string, sendCfg, getCfg config) outcome {
	w.t.Helper()
	root, err := os.OpenRoot(dir)
	if err != nil {
		w.t.Fatal(err)
	}
	defer root.Close()
	return w.runWith(ctx, m, src, sendCfg, getCfg, func(o *proposal) (*transfer.Report, error) {
		return o.accept(ctx, disk(root), nil)
	})
}

func (w *world) runWith(ctx context.Context, m *manifest.Manifest, src tree.Source, sendCfg, getCfg config, answer func(*proposal) (*transfer.Report, error)) outcome {
	var out outcome
	var wg sync.WaitGroup
	wg.Go(func() {
		out.sent, out.sendErr = send(ctx, w.boxS, m, src, w.s, sendCfg.withDefaults())
	})
	wg.Go(func() {
		o, err := receive(ctx, w.boxR, w.r, getCfg.withDefaults())
		if err != nil {
			out.getErr = err
			return
		}
		out.got, out.getErr = answer(o)
	})
	wg.Wait()
	return out
}

// today is a configuration for one transfer.
var today = config{ID: tree.ID{7}}

// kept are options with which a later run goes on with what this one leaves.
func kept() *staging.Options { return &staging.Options{NoSync: true, Marks: &remembered} }

// disk is a directory as a Store, with what is kept.
func disk(root *os.Root) *staging.Disk { return &staging.Disk{Dir: root, Options: *kept()} }

// memory remembers marks until the test program ends.
type memory struct{ sync.Map }

var remembered memory

func (m *memory) Add(mark string) error { m.Store(mark, true); return nil }
func (m *memory) Remove(mark string)    { m.Delete(mark) }
func (m *memory) Has(mark string) bool  { _, ok := m.Load(mark); return ok }

// tree makes files below a new directory and lists them. A name that ends in
// a slash is a directory.
func makeTree(t testing.TB, files map[string][]byte) (dir string, m *manifest.Manifest, src tree.Source) {
	t.Helper()
	dir = filepath.Join(t.TempDir(), "top")
	os.Mkdir(dir, 0o755)
	for name, content := range files {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if strings.HasSuffix(name, "/") {
			os.MkdirAll(path, 0o755)
			continue
		}
		os.MkdirAll(filepath.Dir(path), 0o755)
		if err := os.WriteFile(path, content, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	m, src = walk(t, dir)
	return dir, m, src
}

func walk(t testing.TB, dir string) (*manifest.Manifest, tree.Source) {
	t.Helper()
	m, src, err := manifest.Walk(context.Background(), []string{dir}, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { src.Close() })
	return m, tree.Files(src)
}

// snapshot returns what is below dir: contents by path, with a slash for
// directories and an arrow for links.
func snapshot(t testing.TB, dir string) map[string]string {
	t.Helper()
	out := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || path == dir {
			return err
		}
		name := filepath.ToSlash(strings.TrimPrefix(path, dir+string(filepath.Separator)))
		switch {
		case d.IsDir():
			out[name+"/"] = ""
		case d.Type()&os.ModeSymlink != 0:
			out[name], err = os.Readlink(path)
			out[name] = "-> " + out[name]
		default:
			var b []byte
			b, err = os.ReadFile(path)
			sum := sha256.Sum256(b)
			out[name] = fmt.Sprintf("%d %x", len(b), sum[:8])
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// sameTree compares what arrived below dir with the tree top.
func sameTree(t testing.TB, dir, top string) {
	t.Helper()
	got, want := snapshot(t, filepath.Join(dir, filepath.Base(top))), snapshot(t, top)
	for name, s := range want {
		if got[name] != s {
			t.Errorf("%s: got %q, want %q", name, got[name], s)
		}
	}
	for name := range got {
		if _, ok := want[name]; !ok {
			t.Errorf("%s: shouldn't be there", name)
		}
	}
	for name := range snapshot(t, dir) {
		if strings.HasPrefix(name, ".") {
			t.Errorf("%s: left behind", name)
		}
	}
}

func (o outcome) ok(t testing.TB) {
	t.Helper()
	if o.sendErr != nil || o.getErr != nil {
		t.Fatalf("send: %v; receive: %v", o.sendErr, o.getErr)
	}
}

// leaks fails the test if goroutines are left after it.
func leaks(t testing.TB) {
	before := runtime.NumGoroutine()
	t.Cleanup(func() {
		deadline := time.Now().Add(5 * time.Second)
		for runtime.NumGoroutine() > before && time.Now().Before(deadline) {
			runtime.Gosched()
		}
		if n := runtime.NumGoroutine(); n > before {
			buf := make([]byte, 1<<20)
			t.Errorf("%d goroutines left:\n%s", n-before, buf[:runtime.Stack(buf, true)])
		}
	})
}

func openRoot(t testing.TB, dir string) *os.Root {
	t.Helper()
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	return root
}

func openTree(t testing.TB, root *os.Root, o *proposal) tree.Writer {
	t.Helper()
	st, err := staging.Open(root, o.Manifest, kept())
	if err != nil {
		t.Fatal(err)
	}
	return st
}

// A slowTree hangs with the first write, and all that come meanwhile too.
type slowTree struct {
	tree.Writer
	hang  time.Duration
	begun atomic.Bool
	ended chan struct{}
}

func (s *slowTree) WriteAt(i int, off int64, p []byte) error {
	if !s.begun.Swap(true) {
		time.Sleep(s.hang)
		close(s.ended)
	}
	<-s.ended
	return s.Writer.WriteAt(i, off, p)
}
