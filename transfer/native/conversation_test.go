package native

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"testing"
	"time"

	"sesame/session"
	"sesame/transfer"
	"sesame/tree"
	"sesame/tree/manifest"
)

// talk begins a conversation over w's lanes.
func (w *world) talk(t testing.TB, left, right config) (a, b *Conversation) {
	t.Helper()
	var wg sync.WaitGroup
	begins := func(c **Conversation, box transfer.Channel, ls session.Lanes, cfg config) {
		wg.Go(func() {
			var err error
			if *c, err = begin(t.Context(), box, ls, true, cfg.withDefaults()); err != nil {
				t.Error(err)
			}
		})
	}
	begins(&a, w.BoxS, w.s, left)
	begins(&b, w.BoxR, w.r, right)
	wg.Wait()
	if t.Failed() {
		t.FailNow()
	}
	return a, b
}

// offer offers a tree in c, as Offer does.
func (c *Conversation) offer(ctx context.Context, m *manifest.Manifest, src tree.Source) (*Outgoing, error) {
	return c.send(ctx, &transfer.Listing{Manifest: m, Files: listed2{src}}, c.cfg)
}

// listed2 is a Source as transfer.Files.
type listed2 struct{ tree.Source }

func (listed2) Mark(context.Context) error { return nil }
func (listed2) Grown() []int               { return nil }
func (listed2) Close() error               { return nil }

// takeNext accepts what is offered next.
func takeNext(ctx context.Context, c *Conversation, into tree.Store) (*transfer.Report, error) {
	o, err := c.Next(ctx)
	if err != nil {
		return nil, err
	}
	return o.Accept(ctx, transfer.Target{Into: into})
}

// bye ends both sides.
func bye(t testing.TB, a, b *Conversation) {
	t.Helper()
	var wg sync.WaitGroup
	for _, c := range []*Conversation{a, b} {
		wg.Go(func() {
			if err := c.Close(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
}

// Fails if two trees that cross one session in opposite directions at once, with all
// lanes cut each second, don't arrive both, as they were.
func TestBothDirectionsWithLanesCut(t *testing.T) {
	leaks(t)
	w := newWorld(t)
	w.Want = 2
	var mu sync.Mutex
	var conns []net.Conn
	w.Bend = func(_ int, c net.Conn) net.Conn {
		mu.Lock()
		defer mu.Unlock()
		conns = append(conns, c)
		return c
	}
	cuts, stop := 0, make(chan struct{})
	var cutting sync.WaitGroup
	cutting.Go(func() {
		for {
			select {
			case <-stop:
				return
			case <-time.After(time.Second):
			}
			mu.Lock()
			for _, c := range conns {
				c.Close()
			}
			conns = nil
			cuts++
			mu.Unlock()
		}
	})
	limited := config{Config: transfer.Config{Limit: 8 << 20}}
	a, b := w.talk(t, limited, limited)
	var moving sync.WaitGroup
	for name, dir := range map[string]struct{ from, to *Conversation }{"there": {a, b}, "back": {b, a}} {
		files := files()
		files["large "+name] = noise(byte(len(name)), 24<<20)
		top, m, src := makeTree(t, files)
		into := newLanding(t)
		store, done := storeOf(t, into)
		moving.Go(func() {
			out, err := dir.from.offer(t.Context(), m, src)
			if err == nil {
				_, err = out.Wait(t.Context())
			}
			if err != nil {
				t.Errorf("%s: %v", name, err)
			}
		})
		moving.Go(func() {
			defer done()
			if _, err := takeNext(t.Context(), dir.to, store); err != nil {
				t.Errorf("%s: %v", name, err)
				return
			}
			sameTree(t, into, top)
		})
	}
	moving.Wait()
	close(stop)
	cutting.Wait()
	if cuts < 3 {
		t.Errorf("only %d cuts while it lasted", cuts)
	}
	bye(t, a, b)
}

// Fails if trees and texts don't arrive in the order in which they were offered, if one
// that is refused, taken back or dropped ends more than itself, or if leaving isn't told.
func TestConversation(t *testing.T) {
	leaks(t)
	w := newWorld(t)
	a, b := w.talk(t, config{}, config{})
	_, m, src := makeTree(t, map[string][]byte{"small": noise(1, 100)})
	ended := make(chan string, 4)
	try := func(what string, want func(error) bool, drop bool) {
		out, err := a.offer(t.Context(), m, src)
		if err != nil {
			t.Error(err)
			return
		}
		if drop {
			out.Drop(transfer.Because(transfer.ReasonCancelled))
		}
		if _, err := out.Wait(t.Context()); !want(err) {
			t.Errorf("%s: %v", what, err)
		}
		ended <- what
	}
	go func() {
		try("refused", func(err error) bool { return errors.Is(err, transfer.ErrRejected) }, false)
		if err := a.Say(t.Context(), "never mind"); err != nil {
			t.Error(err)
		}
		try("taken", func(err error) bool { return err == nil }, false)
		if err := a.Close(t.Context()); err != nil {
			t.Error(err)
		}
	}()
	o, err := b.Next(t.Context())
	if err != nil || o.Kind != transfer.Directory {
		t.Fatal(o, err)
	}
	if err := o.Reject(t.Context(), transfer.Because(transfer.ReasonNoRoom)); err != nil {
		t.Error(err)
	}
	if o, err = b.Next(t.Context()); err != nil || o.Kind != transfer.Text || o.Text != "never mind" {
		t.Fatal(o, err)
	}
	if _, err := o.Accept(t.Context(), transfer.Target{}); err != nil {
		t.Error(err)
	}
	into := newLanding(t)
	store, done := storeOf(t, into)
	defer done()
	if _, err := takeNext(t.Context(), b, store); err != nil {
		t.Error(err)
	}
	if o, err := b.Next(t.Context()); err != io.EOF {
		t.Errorf("after the other side has left: %v, %v", o, err)
	}
	if err := b.Close(t.Context()); err != nil {
		t.Error(err)
	}
	if got := fmt.Sprint(<-ended, <-ended); got != "refusedtaken" && got != "refused taken" {
		t.Errorf("ended: %s", got)
	}
}

// Fails if an offer that its sender takes back isn't over for the receiver, or if the
// conversation is.
func TestOfferTakenBack(t *testing.T) {
	leaks(t)
	w := newWorld(t)
	a, b := w.talk(t, config{}, config{})
	_, m, src := makeTree(t, map[string][]byte{"small": noise(1, 100)})
	out, err := a.offer(t.Context(), m, src)
	if err != nil {
		t.Fatal(err)
	}
	o, err := b.Next(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	out.Drop(transfer.Because(transfer.ReasonCancelled))
	<-o.Ended()
	store, done := storeOf(t, newLanding(t))
	defer done()
	var theirs *transfer.PeerError
	if _, err := o.Accept(t.Context(), transfer.Target{Into: store}); !errors.As(err, &theirs) || theirs.Code != transfer.ReasonCancelled {
		t.Errorf("accepted: %v", err)
	}
	if _, err := out.Wait(t.Context()); err == nil {
		t.Error("taken back, and it went well")
	}
	heard := make(chan error, 1)
	go func() {
		o, err := a.Next(t.Context())
		if err == nil {
			_, err = o.Accept(t.Context(), transfer.Target{})
		}
		heard <- err
	}()
	if err := b.Say(t.Context(), "why?"); err != nil {
		t.Error(err)
	}
	if err := <-heard; err != nil {
		t.Error(err)
	}
	bye(t, a, b)
}

// Fails if a side that only sends hangs when the other one sends, too.
func TestTwoSenders(t *testing.T) {
	leaks(t)
	_, m, src := makeTree(t, map[string][]byte{"small": noise(1, 100)})
	w := newWorld(t)
	errs := make(chan error, 2)
	go func() {
		_, err := send(t.Context(), w.BoxS, m, src, w.s, config{}.ready())
		errs <- err
	}()
	go func() {
		_, err := send(t.Context(), w.BoxR, m, src, w.r, config{}.ready())
		errs <- err
	}()
	for range 2 {
		var theirs *transfer.PeerError
		if err := <-errs; !errors.As(err, &theirs) || theirs.Code != transfer.ReasonLeaving {
			t.Errorf("got %v", err)
		}
	}
}
