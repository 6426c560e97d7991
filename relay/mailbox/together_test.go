package mailbox

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"sesame/internal/wire"
	"sesame/relay/store"
)

// Fails when of many sides that claim one number at the same moment others than two get it, or
// the two don't hear each other; or when sums are wrong afterwards.
func TestClaimsAtOneMoment(t *testing.T) {
	const rounds, many = 200, 8
	now := time.Unix(1e9, 0)
	s := newStore(t, func() time.Time { return now })
	var mu sync.Mutex
	inbox := map[ID][]wire.Message{}
	b := New(Config{Store: s, Limits: Limits{MailboxesPerSource: 1000}.withDefaults(), Deliver: func(ds []Delivery) {
		mu.Lock()
		defer mu.Unlock()
		for _, d := range ds {
			inbox[d.To] = append(inbox[d.To], d.Message)
		}
	}})
	if err := b.Start(t.Context(), now); err != nil {
		t.Fatal(err)
	}
	got := func(id ID, kind string) (last wire.Message, n int) {
		mu.Lock()
		defer mu.Unlock()
		for _, m := range inbox[id] {
			if m.Type == kind {
				last, n = m, n+1
			}
		}
		return last, n
	}
	for round := range rounds {
		var all sync.WaitGroup
		ids := make([]ID, many)
		for i := range many {
			ids[i] = b.Connect(at("192.0.2.1"), true)
			all.Go(func() {
				say := func(frame string) { b.Handle(context.Background(), ids[i], ParseRequest([]byte(frame)), now) }
				say(fmt.Sprintf(`{"type":"bind","appid":"app","side":"s%d"}`, i))
				say(claimFrame(fmt.Sprint(100 + round)))
				if m, n := got(ids[i], wire.Claimed); n > 0 {
					say(openFrame(m.Mailbox))
					say(addFrame("pake", "00"))
				}
			})
		}
		all.Wait()
		for told := true; told; {
			select {
			case h := <-s.Feed():
				b.Hear(context.Background(), h, now)
			default:
				told = false
			}
		}
		won := 0
		for _, id := range ids {
			if _, n := got(id, wire.Claimed); n == 0 {
				continue
			}
			won++
			if _, n := got(id, wire.MessageType); n != 2 {
				t.Errorf("round %d: one of the two hears %d messages", round, n)
			}
		}
		if won != 2 {
			t.Fatalf("round %d: %d have the number", round, won)
		}
	}
	w := &town{t: t, b: b, store: s, now: now}
	check(t, w)
	if n := len(w.keys(kindBox)); n != rounds {
		t.Errorf("%d mailboxes for %d numbers", n, rounds)
	}
}

// A slow store has something happen while it reads.
type slowStore struct {
	store.Store
	meanwhile func()
}

func (s *slowStore) happen() {
	if f := s.meanwhile; f != nil {
		s.meanwhile = nil
		f()
	}
}

func (s *slowStore) Get(ctx context.Context, k store.Key) (store.Record, error) {
	r, err := s.Store.Get(ctx, k)
	s.happen()
	return r, err
}

func (s *slowStore) Items(ctx context.Context, k store.Key, from int) ([]string, error) {
	items, err := s.Store.Items(ctx, k, from)
	s.happen()
	return items, err
}

// Fails when what somebody says who comes while a hint is being followed is taken for void, and
// reaches nobody.
func TestComesWhileAHintIsFollowed(t *testing.T) {
	w := newTown(t, Limits{})
	s := &slowStore{Store: w.store}
	w.store = s
	w.open(Limits{})
	a, b := w.bound("a"), w.bound("b")
	w.do(a, claimFrame("4"), openFrame("mailbox1"), addFrame("pake", "aa"))
	s.meanwhile = func() {
		for _, frame := range []string{claimFrame("4"), openFrame("mailbox1"), addFrame("pake", "bb")} {
			w.b.Handle(t.Context(), b.id, ParseRequest([]byte(frame)), w.now)
		}
	}
	w.b.Hear(t.Context(), store.Hint{}, w.now)
	w.settle()
	if got := w.got(a); got != "message b:pake=bb" {
		t.Errorf("who was there got %q", got)
	}
	if got, want := w.got(b), "ack, claimed mailbox1, ack, message a:pake=aa, ack, message b:pake=bb"; got != want {
		t.Errorf("who came got %q", got)
	}
}

// Fails when the second of two who claim a number at the same moment is told that there is no room, since the
// first has just taken what there was; or when that one has to go for it.
func TestClaimsAtOneMomentOfAFullServer(t *testing.T) {
	for name, l := range map[string]Limits{"all are taken": {Mailboxes: 1}, "all of a source": {MailboxesPerSource: 1}} {
		t.Run(name, func(t *testing.T) {
			w := newTown(t, Limits{})
			s := &slowStore{Store: w.store}
			w.store = s
			w.open(l)
			a, b := w.bound("a"), w.bound("b")
			s.meanwhile = func() { w.b.Handle(t.Context(), a.id, ParseRequest([]byte(claimFrame("4"))), w.now) }
			w.b.Handle(t.Context(), b.id, ParseRequest([]byte(claimFrame("4"))), w.now)
			w.settle()
			if first, second := w.got(a), w.got(b); first != "ack, claimed mailbox1" || second != first {
				t.Errorf("the first got %q, the second %q", first, second)
			}
		})
	}
}
