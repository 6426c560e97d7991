//go:build !js

package client_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"sesame/client"
	"sesame/internal/test/leaks"
	"sesame/transfer"
)

// endsWithin is how long a call may take whose context has ended, with what a busy
// machine takes added.
const endsWithin = 5*time.Second + 10*time.Second

// A pondering person is asked, and never answers.
type pondering struct {
	client.Unattended
	asked func()
}

func (p pondering) Accept(ctx context.Context, _ *transfer.Offer) error {
	p.asked()
	<-ctx.Done()
	return ctx.Err()
}

// Fails if a call doesn't end soon when its context does, whatever it is waiting for, if
// the other side's then doesn't end by itself, or if anything of them goes on.
func TestContextEndsACall(t *testing.T) {
	for name, test := range map[string]struct {
		sender, receiver bool                                // who takes part
		ends             string                              // whose context ends,
		at               func(ask bool, e client.Event) bool // at an event, or when the receiver is asked
	}{
		"sender waits for somebody":   {true, false, "sender", func(_ bool, e client.Event) bool { _, ok := e.(client.CodeMade); return ok }},
		"receiver waits for somebody": {false, true, "receiver", func(_ bool, e client.Event) bool { _, ok := e.(client.Waiting); return ok }},
		"receiver is asked":           {true, true, "receiver", func(ask bool, _ client.Event) bool { return ask }},
		"sender while one is asked":   {true, true, "sender", func(ask bool, _ client.Event) bool { return ask }},
		"sender in the middle":        {true, true, "sender", moved},
		"receiver in the middle":      {true, true, "receiver", moved},
	} {
		t.Run(name, func(t *testing.T) {
			leaks.Check(t)
			url, stop := serve()
			defer stop()
			dir := t.TempDir()
			if err := os.WriteFile(filepath.Join(dir, "data.bin"), make([]byte, 8<<20), 0o600); err != nil {
				t.Fatal(err)
			}
			os.Mkdir(filepath.Join(dir, "inbox"), 0o700)
			inbox, err := os.OpenRoot(filepath.Join(dir, "inbox"))
			if err != nil {
				t.Fatal(err)
			}
			defer inbox.Close()

			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			var mu sync.Mutex
			var ended time.Time
			end := func(ask bool, e client.Event) {
				if !test.at(ask, e) {
					return
				}
				mu.Lock()
				defer mu.Unlock()
				if ended.IsZero() {
					ended = time.Now()
				}
				cancel()
			}
			type result struct {
				who string
				err error
				at  time.Time
			}
			results := make(chan result, 2)
			run := func(who string, call func(ctx context.Context, me *client.Client) error) {
				own := t.Context()
				cfg := client.Config{Server: url, Policy: client.Policy{Loopback: true, Limit: 1 << 20}}
				if who == test.ends {
					own = ctx
				}
				if who == test.ends || who == "receiver" {
					cfg.Tell = func(e client.Event) { end(false, e) }
				}
				if who == "receiver" && test.at(true, nil) {
					cfg.Ask = pondering{asked: func() { end(true, nil) }}
				}
				me, err := client.New(&cfg)
				if err != nil {
					t.Fatal(err)
				}
				go func() {
					err := call(own, me)
					results <- result{who, err, time.Now()}
				}()
			}
			const code = "7-crossover-clockwork"
			calls := 0
			if test.sender {
				calls++
				run("sender", func(ctx context.Context, me *client.Client) error {
					source, err := transfer.Open(filepath.Join(dir, "data.bin"))
					if err != nil {
						return err
					}
					defer source.Close()
					_, err = me.Send(ctx, source, client.Recipient{Code: code})
					return err
				})
			}
			if test.receiver {
				calls++
				run("receiver", func(ctx context.Context, me *client.Client) error {
					_, err := me.Receive(ctx, client.Sender{Code: code}, client.Destination{Dir: inbox})
					return err
				})
			}
			for range calls {
				r := <-results
				mu.Lock()
				took := r.at.Sub(ended)
				if ended.IsZero() || took > endsWithin {
					t.Errorf("the %s ended %v after the context (%v)", r.who, took, r.err)
				}
				mu.Unlock()
				if r.err == nil || errors.Is(r.err, context.Canceled) != (r.who == test.ends) {
					t.Errorf("the %s ended with %v", r.who, r.err)
				}
			}
		})
	}
}

// moved reports whether content has crossed.
func moved(_ bool, e client.Event) bool {
	p, ok := e.(client.Progressed)
	return ok && p.Done > 0
}
