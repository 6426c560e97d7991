package native

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"sesame/internal/test/duo"
	left "sesame/internal/test/leaks"
	"sesame/session"
	"sesame/transfer"
	"sesame/tree"
	"sesame/tree/manifest"
)

// A world is a sender and a receiver in one process, and what they put where.
type world struct {
	*duo.Duo
	t    testing.TB
	s, r *ends
}

func newWorld(t testing.TB) *world { return around(t, duo.New(t)) }

// quietWorld is a world for synctest: lanes over pipes in memory.
func quietWorld(t testing.TB) *world { return around(t, duo.NewQuiet(t)) }

func around(t testing.TB, d *duo.Duo) *world { return &world{d, t, &ends{d.S}, &ends{d.R}} }

// ends is one side's lanes, as a session wants them.
type ends struct{ *duo.Lanes }

func (e *ends) Next(ctx context.Context) (session.Lane, error) {
	l, err := e.Lanes.Next(ctx)
	if err != nil {
		return nil, err
	}
	return l, nil
}

// An outcome is what both sides made of a transfer.
type outcome struct {
	sent, got       *transfer.Report
	sendErr, getErr error
}

// run sends m from src and receives it into dir.
func (w *world) run(ctx context.Context, m *manifest.Manifest, src tree.Source, dir landing, sendCfg, getCfg config) outcome {
	w.t.Helper()
	into, done := storeOf(w.t, dir)
	defer done()
	return w.runWith(ctx, m, src, sendCfg, getCfg, func(o *treeOffer) (*transfer.Report, error) {
		return o.accept(ctx, into, nil)
	})
}

func (w *world) runWith(ctx context.Context, m *manifest.Manifest, src tree.Source, sendCfg, getCfg config, answer func(*treeOffer) (*transfer.Report, error)) outcome {
	var out outcome
	var wg sync.WaitGroup
	wg.Go(func() {
		out.sent, out.sendErr = send(ctx, w.BoxS, m, src, w.s, sendCfg.withDefaults())
	})
	wg.Go(func() {
		o, err := receive(ctx, w.BoxR, w.r, getCfg.withDefaults())
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

func (o outcome) ok(t testing.TB) {
	t.Helper()
	if o.sendErr != nil || o.getErr != nil {
		t.Fatalf("send: %v; receive: %v", o.sendErr, o.getErr)
	}
}

// leaks fails the test if goroutines are left after it.
func leaks(t testing.TB) {
	t.Helper()
	left.Check(t)
}

func openTree(t testing.TB, into tree.Store, o *treeOffer) tree.Writer {
	t.Helper()
	w, err := into.Begin(t.Context(), o.Manifest, nil)
	if err != nil {
		t.Fatal(err)
	}
	return w
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
