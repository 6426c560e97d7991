package session

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"sesame/internal/test/duo"
	"sesame/internal/test/leaks"
	"sesame/internal/varint"
	"sesame/transit"
	"sesame/transit/record"
)

// A rogue is a peer that says what it likes, on one lane.
type rogue struct {
	t    *testing.T
	lane *duo.Lane
	seq  int64
	buf  []byte
	seen chan word // control messages that have come
}

func newRogue(t *testing.T, d *duo.Duo) *rogue {
	r := &rogue{t: t, buf: make([]byte, record.MaxPayload+record.Overhead), seen: make(chan word, 1<<12)}
	msg, _ := (&mail{Hints: nonNil(nil)}).encode(transit.Message{})
	d.BoxS.Send(t.Context(), msg)
	d.S.Start(nil, nil)
	l, err := d.S.Next(t.Context())
	if err != nil {
		t.Error(err)
		return r
	}
	r.lane = l
	go r.read()
	return r
}

func (r *rogue) read() {
	defer close(r.seen)
	for {
		_, p, err := r.lane.Read()
		if err != nil {
			return
		}
		for len(p) > 0 {
			f, rest, err := nextFrame(p)
			if err != nil {
				r.t.Errorf("the honest side sends nonsense: %v", err)
				return
			}
			f.Body = append([]byte(nil), f.Body...)
			if f.Kind == kindControl || f.Kind == kindControlAck {
				r.seen <- f
			}
			if f.typ == msgAbort {
				r.lane.Close()
				return
			}
			p = rest
		}
	}
}

func (r *rogue) frames(b []byte) {
	r.lane.Write(recordPlain, r.buf, copy(r.buf[record.HeaderSize:], b))
}

func (r *rogue) control(typ Message, body []byte) {
	r.frames(appendControl(nil, r.seq, typ, body))
	r.seq++
}

func (r *rogue) open(number int64, kind string) {
	r.control(msgOpen, append(varint.Append(nil, uint64(number)), kind...))
}

func (r *rogue) content(number int64, typ Message) {
	r.control(typ, varint.Append(nil, uint64(number)))
}

func (r *rogue) say(number int64, readers bool, text string) {
	r.control(msgMessage, append(ref{number, readers}.append(nil), text...))
}

func (r *rogue) drop(number int64, readers bool) {
	r.control(msgDrop, AppendReason(ref{number, readers}.append(nil), Reason{}))
}

// Fails if a peer may break a rule of exchanges or texts, if the session isn't ended by
// that with the rule in words, or if what is no breach ends one.
func TestRulesOfExchanges(t *testing.T) {
	leaks.Check(t)
	for _, c := range []struct {
		name string
		rule string // in the error; "" for none
		do   func(r *rogue)
	}{
		{"number used twice", "twice", func(r *rogue) { r.open(0, "echo"); r.open(0, "echo") }},
		{"number of a settled one", "twice", func(r *rogue) { r.open(0, "echo"); r.drop(0, false); r.open(0, "echo") }},
		{"number skipped", "skips", func(r *rogue) { r.open(1, "echo") }},
		{"number of content skipped", "skips", func(r *rogue) { r.content(1, began) }},
		{"the 17th", "more than 16", func(r *rogue) {
			for n := range int64(17) {
				r.open(n, "keep")
			}
		}},
		{"the 17th, of content", "more than 16", func(r *rogue) {
			for n := range int64(17) {
				r.content(n, began)
			}
		}},
		{"a kind without a name", "OPEN makes no sense", func(r *rogue) { r.open(0, "") }},
		{"a kind with a long name", "OPEN makes no sense", func(r *rogue) { r.open(0, strings.Repeat("x", maxKind+1)) }},
		{"a kind with a control in its name", "OPEN makes no sense", func(r *rogue) { r.open(0, "a\x1b") }},
		{"said in what isn't there", "isn't there", func(r *rogue) { r.say(0, false, "x") }},
		{"said in our own that isn't there", "isn't there", func(r *rogue) { r.say(0, true, "x") }},
		{"said in what is settled", "settled", func(r *rogue) { r.open(0, "echo"); r.drop(0, false); r.say(0, false, "x") }},
		{"said after all was said", "after all was said", func(r *rogue) { r.open(0, "keep"); r.say(0, false, ""); r.say(0, false, "x") }},
		{"content's message in another kind", "another kind", func(r *rogue) { r.open(0, "keep"); r.content(0, began) }},
		{"MESSAGE in one of content", "another kind", func(r *rogue) { r.content(0, began); r.say(0, false, "x") }},
		{"message too long", "too large", func(r *rogue) { r.open(0, "keep"); r.say(0, false, strings.Repeat("x", maxControl)) }},
		{"settled by us", "isn't there", func(r *rogue) { r.content(0, Done) }},
		{"a number beyond", "makes no sense", func(r *rogue) { r.control(began, varint.Append(nil, 1<<63)) }},
		{"drop of what isn't there", "isn't there", func(r *rogue) { r.drop(0, false) }},
		{"half a drop", "DROP makes no sense", func(r *rogue) { r.open(0, "keep"); r.control(msgDrop, []byte{0}) }},
		{"drop twice", "", func(r *rogue) { r.open(0, "keep"); r.drop(0, false); r.drop(0, false) }},
		{"data after a drop", "", func(r *rogue) {
			r.content(0, began)
			r.drop(0, false)
			for f := range r.seen { // it has been dealt with
				if f.typ == msgDrop {
					break
				}
			}
			r.frames(append(AppendData(nil, 0, 0, 1), 1))
		}},
		{"data of what isn't there", "before ACCEPT", func(r *rogue) {
			r.frames(append(AppendData(appendNumber(nil, kindFor, 7), 0, 0, 1), 1))
		}},
		{"a kind that nobody knows", "", func(r *rogue) {
			r.open(0, "example.org/new")
			r.say(0, false, "hello?")
			for f := range r.seen {
				if f.typ == msgDrop {
					_, why, err := parseDrop(f.Body)
					if err != nil || why.Code != CodeUnknownKind {
						r.t.Errorf("dropped with %+v, %v", why, err)
					}
					break
				}
			}
			r.drop(0, false)
		}},
		{"opened after LEAVE", "after LEAVE", func(r *rogue) { r.control(msgLeave, nil); r.open(0, "echo") }},
		{"content after LEAVE", "after LEAVE", func(r *rogue) { r.control(msgLeave, nil); r.content(0, began) }},
		{"text after LEAVE", "after LEAVE", func(r *rogue) { r.control(msgLeave, nil); r.control(msgText, []byte("x")) }},
		{"LEAVE twice", "LEAVE twice", func(r *rogue) { r.control(msgLeave, nil); r.control(msgLeave, nil) }},
		{"LEAVE with a body", "LEAVE makes no sense", func(r *rogue) { r.control(msgLeave, []byte{1}) }},
		{"empty text", "TEXT makes no sense", func(r *rogue) { r.control(msgText, nil) }},
		{"text too long", "TEXT makes no sense", func(r *rogue) { r.control(msgText, make([]byte, MaxText+1)) }},
		{"text that is no UTF-8", "TEXT makes no sense", func(r *rogue) { r.control(msgText, []byte("a\xff")) }},
		{"the longest text", "", func(r *rogue) { r.control(msgText, []byte(strings.Repeat("a", MaxText))) }},
		{"escapes in a text", "", func(r *rogue) { r.control(msgText, []byte("\x1b[2J")) }},
		{"unknown message", "message 99", func(r *rogue) { r.control(99, nil) }},
		{"content in a record that isn't counted", "isn't counted", func(r *rogue) {
			r.lane.Write(recordAside, r.buf, copy(r.buf[record.HeaderSize:], append(AppendData(nil, 0, 0, 1), 1)))
		}},
		{"control in a record that isn't counted", "isn't counted", func(r *rogue) {
			r.lane.Write(recordAside, r.buf, copy(r.buf[record.HeaderSize:], appendControl(nil, 0, msgLeave, nil)))
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := duo.New(t)
			d.Redial = -1
			p := newParty()
			p.heard = func(context.Context, string) error { return nil }
			for _, kind := range []string{"", "keep", "echo"} {
				p.kinds[kind] = func(*Exchange) Handler { return silent{} }
			}
			done := make(chan *rogue, 1)
			go func() {
				r := newRogue(t, d)
				c.do(r)
				done <- r
			}()
			if err := p.begin(t.Context(), d.BoxR, d.R); err != nil {
				t.Fatal(err)
			}
			var err error
			if c.rule != "" {
				err = p.s.Await(t.Context(), func() bool { return false })
				<-done
			} else { // everything it said is dealt with
				r := <-done
				err = p.s.Await(t.Context(), func() bool { return dealt(p.s, r.seq) })
			}
			p.s.End()
			d.S.Close()
			var rule *ProtocolError
			if c.rule == "" && err != nil || c.rule != "" && (!errors.As(err, &rule) || !strings.Contains(rule.Rule, c.rule)) {
				t.Errorf("got %v, want something with %q", err, c.rule)
			}
		})
	}
}

// dealt reports whether so many control messages have been dealt with. It is called from
// within Await, which has the state.
func dealt(s *Session, n int64) bool { return s.desk.st.in.dealt >= n }

// Fails if texts without end, that nobody looks at, take more than the window, or if one
// that nobody has looked at is acknowledged.
func TestTextsWithoutEnd(t *testing.T) {
	leaks.Check(t)
	d := duo.New(t)
	d.Redial = -1
	p := newParty()
	seen := make(chan struct{})
	p.heard = func(ctx context.Context, _ string) error {
		select {
		case <-seen:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	var acked atomic.Int64
	go func() {
		r := newRogue(t, d)
		go func() {
			for f := range r.seen {
				if f.Kind == kindControlAck {
					acked.Store(f.N)
				}
			}
		}()
		text := []byte(strings.Repeat("a", 600))
		for range 10_000 {
			r.control(msgText, text)
		}
	}()
	before := heap()
	if err := p.begin(t.Context(), d.BoxR, d.R); err != nil {
		t.Fatal(err)
	}
	err := p.s.Await(t.Context(), func() bool { return false })
	var rule *ProtocolError
	if !errors.As(err, &rule) || !strings.Contains(rule.Rule, "window") {
		t.Errorf("got %v", err)
	}
	if grown := heap() - min(heap(), before); grown > 8<<20 {
		t.Errorf("%d bytes are held", grown)
	}
	if n := acked.Load(); n > 0 {
		t.Errorf("%d texts are said to have been shown", n)
	}
	p.s.End()
	d.S.Close()
}

// Fails if a peer that opens and drops exchanges without end, and deals with nothing of
// what it is told of them, has us keep that without end.
func TestDropsWithoutEnd(t *testing.T) {
	for name, kind := range map[string]string{"of a kind that nobody knows": "new", "of one that is taken": "keep"} {
		t.Run(name, func(t *testing.T) {
			leaks.Check(t)
			d := duo.New(t)
			d.Redial = -1
			p := newParty()
			p.kinds["keep"] = func(*Exchange) Handler { return silent{} }
			const rounds = 1000
			full := make(chan struct{})
			go func() {
				r := newRogue(t, d)
				go func() {
					for range r.seen {
					}
				}()
				<-full
				for n := range int64(rounds) {
					r.open(n, kind)
					r.drop(n, false)
				}
			}()
			if err := p.begin(t.Context(), d.BoxR, d.R); err != nil {
				t.Fatal(err)
			}
			p.s.desk.with(func(st *state) { st.out.bytes = controlWindow - perAbort }) // by all else
			close(full)
			most := 0
			err := p.s.Await(t.Context(), func() bool {
				most = max(most, p.s.desk.st.out.bytes)
				return dealt(p.s, 2*rounds)
			})
			var rule *ProtocolError
			if !errors.As(err, &rule) || !strings.Contains(rule.Rule, "deal") || most > controlWindow {
				t.Errorf("got %v, and %d bytes are held", err, most)
			}
			p.s.End()
			d.S.Close()
		})
	}
}

func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// Fails if a text waits behind a list that fills what large messages may have, or if
// such a list leaves no room for it.
func TestTextPassesALongList(t *testing.T) {
	leaks.Check(t)
	d := duo.New(t)
	a, b := newParty(), newParty()
	hold := make(chan struct{})
	b.kinds[""] = func(*Exchange) Handler { return slow{hold} }
	b.heard = func(context.Context, string) error { return nil }
	meet(t, d, a, b)
	x, err := a.s.OpenContent(t.Context(), silent{}, began, nil)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	n := 0
	for x.Post(ctx, 2, make([]byte, MaxBody)) == nil {
		n++
	}
	if n*MaxBody > controlWindow/2 {
		t.Errorf("%d large messages fill more than half of the window", n)
	}
	said := make(chan error, 1)
	go func() { said <- a.s.Say(t.Context(), "are you there?") }()
	if err := a.s.Await(t.Context(), func() bool { return a.s.desk.st.out.has(msgText) }); err != nil {
		t.Error(err)
	}
	close(hold)
	if err := <-said; err != nil {
		t.Error(err)
	}
	x.Drop(Reason{})
	leave(t, a, b)
}

// A slow one deals with nothing before it may.
type slow struct{ hold chan struct{} }

func (s slow) Deal(Message, []byte) error {
	<-s.hold
	return nil
}
func (slow) Take(*Frame) error { return nil }

// Fails if what is nearly done waits for what is long, or if long ones don't take turns.
func TestTurns(t *testing.T) {
	var q turns
	add := func(n int64) *giver {
		g := &giver{size: n}
		q.add(&Exchange{}, bulk{g})
		return g
	}
	long1, long2, short := add(100<<20), add(100<<20), add(600<<10)
	var order []string
	for range 9 {
		next := q.choose(1, MaxChunk)
		for name, g := range map[string]*giver{"1": long1, "2": long2, "s": short} {
			if next.of.bulk == Bulk(bulk{g}) {
				order = append(order, name)
			}
		}
		q.settle(next, 1)
	}
	if got := fmt.Sprint(order); got != "[s s s 1 2 1 2 1 2]" {
		t.Errorf("the order is %v", got)
	}
	q.limit(4 << 20)
	if l := q.choose(1, MaxChunk); l.cost > 1<<20 {
		t.Errorf("with a limit, %d bytes at once", l.cost)
	}
	q.limit(8 << 20)
	if q.bucket.rate != 4<<20 {
		t.Errorf("a higher limit of the other side's makes it %d", q.bucket.rate)
	}
}

// Fails if the window isn't one of the side, whatever number of exchanges there are.
func TestWindowIsOfTheSide(t *testing.T) {
	st := &state{failed: make(chan struct{})}
	for range 5 {
		st.turns.add(&Exchange{}, bulk{&giver{size: 100 << 20}})
	}
	now, lanes := time.Unix(1000, 0), 0
	var under int64
	for range 5 {
		tr := newTraffic(still{}, now)
		tr.flight.window.note(1<<30, time.Second, now) // a fast lane
		st.laneUp(tr, now)
		lanes++
		for {
			p := st.next(tr, nil, now)
			if p.send && p.cargo == nil && p.typ != recordAside || !p.send {
				break
			}
			if p.cargo != nil {
				under += p.cargo.cost
			}
			if tr.flight.bytes > maxFlight+MaxChunk {
				t.Fatalf("%d bytes on one lane", tr.flight.bytes)
			}
		}
	}
	if under < MaxWindow || under > MaxWindow+MaxChunk {
		t.Errorf("%d bytes under way on %d lanes", under, lanes)
	}
}
