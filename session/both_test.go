package session

import (
	"context"
	"errors"
	"fmt"
	"net"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"sesame/internal/test/duo"
	"sesame/internal/test/leaks"
)

// transferBoth sends n bytes each way at once, in so many exchanges of each side, and
// ends the session.
func transferBoth(t testing.TB, d *duo.Duo, n int64, exchanges int) {
	t.Helper()
	a, b := newParty(), newParty()
	a.takes(t.Context(), n)
	b.takes(t.Context(), n)
	meet(t, d, a, b)
	var wg sync.WaitGroup
	for _, p := range []*party{a, b} {
		for range exchanges {
			wg.Go(func() {
				g, err := give(t.Context(), p.s, n)
				if err == nil {
					err = g.run(t.Context())
				}
				if err != nil {
					t.Error(err)
				}
			})
		}
	}
	wg.Wait()
	leave(t, a, b)
}

// Fails if exchanges in both directions hold each other up, or if anything of them is
// lost or changed, over lanes that take nothing unless somebody reads.
func TestBothWaysOverPipes(t *testing.T) {
	leaks.Check(t)
	for lanes := range 3 {
		d := duo.New(t)
		d.Pair, d.Want = net.Pipe, lanes+1
		soon(t, fmt.Sprint(lanes+1, " lanes"), func() { transferBoth(t, d, 3<<20, 3) })
	}
}

// Fails if content of both sides is lost or changed when lanes break again and again.
func TestBothWaysOverLanesThatBreak(t *testing.T) {
	leaks.Check(t)
	d := duo.New(t)
	d.Want, d.Redial = 2, time.Millisecond
	d.Bend = func(n int, c net.Conn) net.Conn {
		if n > 12 {
			return c
		}
		return duo.Breaks(c, duo.Fault(0), -1, 300_000+n*70_000)
	}
	transferBoth(t, d, 6<<20, 2)
	if d.Made() < 6 {
		t.Errorf("%d lanes only", d.Made())
	}
}

// A goroutine's number, as runtime.Stack tells it.
func goroutine() string {
	buf := make([]byte, 64)
	return strings.Fields(string(buf[:runtime.Stack(buf, false)]))[1]
}

// A watchedLane notes which goroutines read, and fails the test if one of them writes.
type watchedLane struct {
	Lane
	t       testing.TB
	readers *sync.Map
}

func (l watchedLane) Read() (byte, []byte, error) {
	l.readers.Store(goroutine(), true)
	return l.Lane.Read()
}

func (l watchedLane) wrote(what string) {
	if _, reads := l.readers.Load(goroutine()); reads {
		l.t.Errorf("a goroutine that reads a lane calls %s", what)
	}
}

func (l watchedLane) Write(typ byte, buf []byte, n int) error {
	l.wrote("Write")
	return l.Lane.Write(typ, buf, n)
}

func (l watchedLane) Close() error {
	l.wrote("Close")
	return l.Lane.Close()
}

type watchedLanes struct {
	Lanes
	t       testing.TB
	readers *sync.Map
}

func (w watchedLanes) Next(ctx context.Context) (Lane, error) {
	l, err := w.Lanes.Next(ctx)
	if err != nil {
		return nil, err
	}
	return watchedLane{l, w.t, w.readers}, nil
}

// Fails if a goroutine that reads a lane writes to one, or closes one, which says a
// last word: whatever happens on lanes.
func TestReadersDontWrite(t *testing.T) {
	leaks.Check(t)
	readers := new(sync.Map)
	d := duo.New(t)
	d.Redial, d.Want = time.Millisecond, 2
	d.Bend = func(n int, c net.Conn) net.Conn {
		if n > 4 {
			return c
		}
		return duo.Breaks(c, duo.Fault(n%2), -1, 400_000)
	}
	a, b := newParty(), newParty()
	a.takes(t.Context(), 2<<20)
	b.takes(t.Context(), 2<<20)
	var wg sync.WaitGroup
	for _, side := range []struct {
		p   *party
		box *duo.Box
		ls  *duo.Lanes
	}{{a, d.BoxS, d.S}, {b, d.BoxR, d.R}} {
		wg.Go(func() {
			_, err := Begin(t.Context(), side.box, func(s *Session) Host {
				side.p.s = s
				return side.p
			}, &Config{Lanes: watchedLanes{ends{side.ls}, t, readers}})
			if err != nil {
				t.Error(err)
				return
			}
			g, err := give(t.Context(), side.p.s, 2<<20)
			if err == nil {
				err = g.run(t.Context())
			}
			if err == nil {
				err = side.p.s.Close(t.Context())
			}
			if err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	n := 0
	readers.Range(func(any, any) bool { n++; return true })
	if n < 4 {
		t.Errorf("%d goroutines were seen to read", n)
	}
}

// Fails if twenty exchanges that both sides open at the same moment aren't all settled,
// each in the same way for both: well, but for one that is refused, one that is
// abandoned, and one of a kind that the other side doesn't know.
func TestTwentyExchangesAtOnce(t *testing.T) {
	leaks.Check(t)
	const n = 20
	d := duo.New(t)
	a, b := newParty(), newParty()
	var mu sync.Mutex
	theirs := map[string]error{} // by side and number, as who didn't open it sees it
	type ending struct {
		kind string
		drop *DropError // nil if it was settled well
	}
	ours := map[string]ending{} // as who opened it does
	seen := func(side string, x *Exchange) {
		err := x.Err()
		mu.Lock()
		defer mu.Unlock()
		theirs[fmt.Sprint(side, x.Number())] = err
	}
	var watching sync.WaitGroup
	for side, p := range map[string]*party{"b": a, "a": b} { // who opens what p sees
		p.kinds["echo"] = func(x *Exchange) Handler {
			watching.Go(func() { seen(side, x) })
			return &echo{x: x, ctx: t.Context()}
		}
		p.kinds["no"] = func(x *Exchange) Handler {
			watching.Go(func() { seen(side, x) })
			x.Drop(Reason{Code: 7, Words: "no room"})
			return &echo{x: x, ctx: t.Context()}
		}
		p.kinds["long"] = func(x *Exchange) Handler {
			watching.Go(func() { seen(side, x) })
			return silent{}
		}
	}
	meet(t, d, a, b)
	var wg sync.WaitGroup
	start := make(chan struct{})
	for side, p := range map[string]*party{"a": a, "b": b} {
		for i := range n {
			kind := map[int]string{3: "no", 7: "long", 11: "unheard-of"}[i]
			if kind == "" {
				kind = "echo"
			}
			wg.Go(func() {
				<-start
				h := &listener{said: make(chan string, 1)}
				x, err := p.s.Open(t.Context(), kind, h)
				if err != nil {
					t.Error(err)
					return
				}
				switch kind {
				case "echo":
					x.Say(t.Context(), []byte("hello"))
					if got := <-h.said; got != "hello" {
						t.Errorf("echo of %q", got)
					}
					x.Close(t.Context())
				case "long":
					x.Say(t.Context(), []byte("wait"))
					x.Drop(Reason{Class: Cancelled, Code: CodeCancelled})
				}
				err = x.Err()
				var drop *DropError
				switch errors.As(err, &drop); {
				case kind == "echo" && err != nil,
					kind == "no" && (drop == nil || drop.Ours || drop.Code != 7 || drop.Words != "no room"),
					kind == "long" && (drop == nil || !drop.Ours || drop.Code != CodeCancelled),
					kind == "unheard-of" && (drop == nil || drop.Ours || drop.Code != CodeUnknownKind):
					t.Errorf("%s: %s ends with %v", side, kind, err)
				}
				if kind == "unheard-of" {
					return
				}
				mu.Lock()
				defer mu.Unlock()
				ours[fmt.Sprint(side, x.Number())] = ending{kind, drop}
			})
		}
	}
	close(start)
	soon(t, "twenty exchanges", wg.Wait)
	soon(t, "the other side of them", watching.Wait)
	for who, our := range ours {
		var other *DropError
		if errors.As(theirs[who], &other) != (our.drop != nil) || our.drop != nil && other.Ours == our.drop.Ours {
			t.Errorf("%s: %s is %v for one side and %v for the other", who, our.kind, our.drop, theirs[who])
		}
	}
	if len(ours) != 2*(n-1) || len(theirs) != len(ours) {
		t.Errorf("%d exchanges have ended for who opened them, %d for the others", len(ours), len(theirs))
	}
	leave(t, a, b)
}

// An echo says what it hears.
type echo struct {
	x   *Exchange
	ctx context.Context
}

func (e *echo) Deal(_ Message, body []byte) error {
	if body == nil {
		go e.x.Close(e.ctx)
	} else {
		go e.x.Say(e.ctx, body)
	}
	return nil
}
func (e *echo) Take(*Frame) error { return nil }

type silent struct{}

func (silent) Deal(Message, []byte) error { return nil }
func (silent) Take(*Frame) error          { return nil }

// A listener keeps the first thing that is said.
type listener struct{ said chan string }

func (l *listener) Deal(_ Message, body []byte) error {
	select {
	case l.said <- string(body):
	default:
	}
	return nil
}
func (l *listener) Take(*Frame) error { return nil }

// Fails if a text isn't shown as it was said, or its author hears of it before it is, or
// if the lanes don't end when both have left.
func TestTextAndLeave(t *testing.T) {
	leaks.Check(t)
	d := duo.New(t)
	a, b := newParty(), newParty()
	shown := make(chan string, 1)
	b.heard = func(_ context.Context, text string) error {
		time.Sleep(20 * time.Millisecond)
		shown <- text
		return nil
	}
	meet(t, d, a, b)
	if err := a.s.Say(t.Context(), "grüß dich\n"); err != nil {
		t.Fatal(err)
	}
	select {
	case text := <-shown:
		if text != "grüß dich\n" {
			t.Errorf("heard %q", text)
		}
	default:
		t.Error("its author heard of it before it was shown")
	}
	a.s.Leave()
	<-b.left
	if err := a.s.Say(t.Context(), "more"); !errors.Is(err, ErrLeft) {
		t.Errorf("a text after LEAVE: %v", err)
	}
	if _, err := a.s.Open(t.Context(), "echo", silent{}); !errors.Is(err, ErrLeft) {
		t.Errorf("an exchange after LEAVE: %v", err)
	}
	leave(t, a, b)
}
