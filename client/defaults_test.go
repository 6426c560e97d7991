//go:build !js

package client_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sesame/client"
	"sesame/transfer"
)

// Fails if a client whose caller says nothing else speaks the classic protocol, goes
// through another relay than the one that its server announces, or can't go on with
// what another call had begun.
func TestDefaults(t *testing.T) {
	url, stop := serve()
	defer stop()
	file := filepath.Join(t.TempDir(), "data.bin")
	content := []byte(strings.Repeat("0123456789abcdef", 6<<16))
	if err := os.WriteFile(file, content, 0o600); err != nil {
		t.Fatal(err)
	}
	inbox, err := os.OpenRoot(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer inbox.Close()
	both := func(limit int64, enough int64) (*transfer.Report, error) {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		policy := client.Policy{RelayOnly: true, Limit: limit}
		codes := make(chan string, 1)
		sender, err := client.New(&client.Config{Server: url, Policy: policy, Tell: func(e client.Event) {
			if made, ok := e.(client.CodeMade); ok {
				codes <- made.Code
			}
		}})
		if err != nil {
			t.Fatal(err)
		}
		receiver, err := client.New(&client.Config{Server: url, Policy: policy, Tell: func(e client.Event) {
			switch e := e.(type) {
			case client.Connected:
				if !e.Native || !e.Path.Kind.Relayed() || "ws://"+e.Path.Remote != url {
					t.Errorf("native %v, by %s", e.Native, e.Path.Remote)
				}
			case client.Progressed:
				if enough > 0 && e.Done > enough {
					cancel()
				}
			}
		}})
		if err != nil {
			t.Fatal(err)
		}
		sent := make(chan error, 1)
		go func() {
			source, err := transfer.Open(file)
			if err == nil {
				_, err = sender.Send(ctx, source, client.Recipient{})
				source.Close()
			}
			sent <- err
		}()
		report, err := receiver.Receive(ctx, client.Sender{Code: <-codes}, client.Destination{Dir: inbox})
		if other := <-sent; err == nil && other != nil {
			err = other
		}
		return report, err
	}
	_, err = both(4<<20, 3<<20)
	var why *client.Failure
	if !errors.As(err, &why) || !why.Kept || !errors.Is(err, context.Canceled) {
		t.Fatalf("a call that was ended: %v", err)
	}
	report, err := both(0, 0)
	if err != nil {
		t.Fatal(err)
	}
	if report.Resumed < 1<<20 {
		t.Errorf("%d bytes were there from the call before", report.Resumed)
	}
	if got, err := inbox.ReadFile("data.bin"); err != nil || string(got) != string(content) {
		t.Errorf("%d bytes, %v", len(got), err)
	}
}
