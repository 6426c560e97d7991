package session

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"sesame/internal/ranges"
	"sesame/internal/test/duo"
)

// ends is one side's lanes of a Duo.
type ends struct{ *duo.Lanes }

func (e ends) Next(ctx context.Context) (Lane, error) {
	l, err := e.Lanes.Next(ctx)
	if err != nil {
		return nil, err
	}
	return l, nil
}

// A party is a side of a session in a test, and its Host.
type party struct {
	s      *Session
	kinds  map[string]func(*Exchange) Handler // "" for content
	heard  func(ctx context.Context, text string) error
	left   chan struct{}
	config Config
}

func newParty() *party {
	return &party{kinds: map[string]func(*Exchange) Handler{}, left: make(chan struct{})}
}

func (p *party) Opened(x *Exchange, kind string) Handler {
	if open := p.kinds[kind]; open != nil {
		return open(x)
	}
	return nil
}

func (p *party) Heard(ctx context.Context, text string) error {
	if p.heard == nil {
		return errors.New("nobody listens")
	}
	return p.heard(ctx, text)
}

func (p *party) Left() { close(p.left) }
func (p *party) Tick() {}

// begin begins p's side over one end of d.
func (p *party) begin(ctx context.Context, box *duo.Box, ls *duo.Lanes) (err error) {
	cfg := p.config
	cfg.Lanes = ends{ls}
	_, err = Begin(ctx, box, func(s *Session) Host {
		p.s = s
		return p
	}, &cfg)
	return err
}

// meet begins both sides of a session over d.
func meet(t testing.TB, d *duo.Duo, a, b *party) {
	t.Helper()
	var wg sync.WaitGroup
	for _, side := range []func() error{
		func() error { return a.begin(t.Context(), d.BoxS, d.S) },
		func() error { return b.begin(t.Context(), d.BoxR, d.R) },
	} {
		wg.Go(func() {
			if err := side(); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if t.Failed() {
		t.FailNow()
	}
}

// leave ends both sides, which have said all.
func leave(t testing.TB, a, b *party) {
	t.Helper()
	var wg sync.WaitGroup
	for name, p := range map[string]*party{"first": a, "second": b} {
		wg.Go(func() {
			if err := p.s.Close(t.Context()); err != nil {
				t.Errorf("the %s side ends with %v", name, err)
			}
		})
	}
	wg.Wait()
}

const (
	began Message = 1 // an exchange of content begins with this here
	all   Message = 6 // everything has been acknowledged
	go_   Message = 17
)

// pattern is what givers send, again and again; its length is prime, so that what is
// moved shows.
var pattern = func() []byte {
	b := make([]byte, 1_000_003)
	rand.NewChaCha8([32]byte{1}).Read(b)
	return b
}()

// parts calls do with what stands at an offset of what is sent in an exchange, piece by
// piece.
func parts(number, off, n int64, do func([]byte)) {
	for at := (off + 1009*number) % int64(len(pattern)); n > 0; at = 0 {
		part := pattern[at:min(at+n, int64(len(pattern)))]
		do(part)
		n -= int64(len(part))
	}
}

// A giver is an exchange that sends so many bytes: a Bulk, and its Handler.
type giver struct {
	size int64
	x    *Exchange
	gone chan struct{} // closed when it may send

	mu    sync.Mutex
	next  int64
	lost  []Piece
	there ranges.Set
}

// give opens an exchange that sends n bytes when the other side wants them.
func give(ctx context.Context, s *Session, n int64) (*giver, error) {
	g := &giver{size: n, gone: make(chan struct{})}
	var err error
	g.x, err = s.OpenContent(ctx, g, began, nil)
	return g, err
}

// run takes it to its end.
func (g *giver) run(ctx context.Context) error {
	select {
	case <-g.gone:
	case <-g.x.Ended():
		return g.x.Err()
	}
	g.x.Carry(bulk{g})
	err := g.x.s.Await(ctx, func() bool { return g.x.Over() || g.complete() })
	if err != nil || g.x.Over() {
		return errors.Join(err, g.x.Err())
	}
	if err := g.x.Post(ctx, all, nil); err != nil {
		return err
	}
	return g.x.Err()
}

func (g *giver) Deal(typ Message, _ []byte) error {
	if typ == go_ {
		close(g.gone)
	}
	return nil
}

func (g *giver) Take(*Frame) error { return broken("content for who gives") }

func (g *giver) Waiting() int64 {
	g.mu.Lock()
	defer g.mu.Unlock()
	n := g.size - g.next
	for _, p := range g.lost {
		n += p.N
	}
	return n
}

func (g *giver) Take_(most int64) (p Piece, ok bool) {
	if k := len(g.lost); k > 0 {
		p, g.lost = g.lost[k-1], g.lost[:k-1]
		return p, true
	}
	p = Piece{Off: g.next, N: min(most, g.size-g.next)}
	g.next += p.N
	return p, p.N > 0
}

func (g *giver) Prospect() (int64, bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	left := int64(0)
	for _, r := range g.there.Gaps(0, g.size) {
		left += r.End - r.Off
	}
	return left, false
}

func (g *giver) Fill(f *Filling, b []byte) []byte {
	for _, p := range f.Pieces {
		b = AppendData(b, int(p.Index), p.Off, int(p.N))
		parts(g.x.number, p.Off, p.N, func(part []byte) { b = append(b, part...) })
	}
	return b
}

func (g *giver) Settle(pieces []Piece) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, p := range pieces {
		g.there.Add(p.Off, p.Off+p.N)
	}
	return g.there.Covers(0, g.size)
}

func (g *giver) Lose(pieces []Piece) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.lost = append(g.lost, pieces...)
}

func (g *giver) complete() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.there.Covers(0, g.size)
}

// bulk is a giver as a Bulk: Take of a Handler is another one.
type bulk struct{ *giver }

func (g bulk) Take(dst []Piece, most int64) []Piece {
	g.mu.Lock()
	defer g.mu.Unlock()
	if p, ok := g.Take_(most); ok {
		dst = append(dst, p)
	}
	return dst
}

// A taker is the other end of a giver.
type taker struct {
	x    *Exchange
	size int64
	ctx  context.Context
	deal func(typ Message) error // nil: says that it has all in the end

	mu   sync.Mutex
	came ranges.Set
	bad  int
}

// takes has p take so many bytes of whatever the other side gives.
func (p *party) takes(ctx context.Context, size int64) {
	p.kinds[""] = func(x *Exchange) Handler {
		k := &taker{x: x, size: size, ctx: ctx}
		go x.Post(ctx, go_, nil)
		return k
	}
}

func (k *taker) Deal(typ Message, _ []byte) error {
	if k.deal != nil {
		return k.deal(typ)
	}
	if typ == all {
		k.mu.Lock()
		defer k.mu.Unlock()
		if !k.came.Covers(0, k.size) || k.bad > 0 {
			return fmt.Errorf("%d bytes are others, or not all are there", k.bad)
		}
		go k.x.Finish(k.ctx, Done, nil, nil)
	}
	return nil
}

func (k *taker) Take(f *Frame) error {
	bad, rest := 0, f.Body
	parts(k.x.number, f.Off, f.N, func(part []byte) {
		if !bytes.Equal(part, rest[:len(part)]) {
			bad += len(part)
		}
		rest = rest[len(part):]
	})
	k.mu.Lock()
	defer k.mu.Unlock()
	k.came.Add(f.Off, f.Off+f.N)
	k.bad += bad
	return nil
}

// soon fails the test if f takes longer than a minute.
func soon(t testing.TB, what string, f func()) {
	t.Helper()
	done := make(chan struct{})
	go func() {
		defer close(done)
		f()
	}()
	select {
	case <-done:
	case <-time.After(time.Minute):
		t.Fatalf("%s: nothing happens any more", what)
	}
}
