//go:build !js

package native

import (
	"io"
	"log/slog"
	"sync"
	"testing"

	"sesame/transfer"
	"sesame/transit"
)

// Fails if a transfer over package transit's own lanes doesn't work, from the
// first message to the last.
func TestRealLanes(t *testing.T) {
	leaks(t)
	top, _, _ := makeTree(t, files())
	src, err := transfer.Open(top)
	if err != nil {
		t.Fatal(err)
	}
	defer src.Close()
	w := newWorld(t)
	dir := t.TempDir()
	root := openRoot(t, dir)
	defer root.Close()
	cfg := func() *Settings {
		return &Settings{Config: transfer.Config{
			Transit: &transit.Config{AllowLoopback: true, NoRelay: true},
			Logger:  slog.New(slog.NewTextHandler(io.Discard, nil)),
		}}
	}
	what := Load{Sending: transfer.Sending{Source: src}}
	var o outcome
	var wg sync.WaitGroup
	wg.Go(func() { o.sent, o.sendErr = Send(t.Context(), w.BoxS, what, cfg()) })
	wg.Go(func() {
		offer, err := Receive(t.Context(), w.BoxR, cfg())
		if o.getErr = err; err == nil {
			o.got, o.getErr = offer.Accept(t.Context(), transfer.Target{Into: disk(root)})
		}
	})
	wg.Wait()
	o.ok(t)
	sameTree(t, dir, top)
	if o.sent.Path.Kind != transit.SameMachine {
		t.Errorf("sent by %v", o.sent.Path)
	}
}
