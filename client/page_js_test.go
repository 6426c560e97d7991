package client_test

import (
	"bytes"
	"context"
	_ "embed"
	"errors"
	"os"
	"slices"
	"strings"
	"syscall/js"
	"testing"
	"time"

	"sesame/client"
	"sesame/transfer"
	"sesame/tree"
	"sesame/tree/manifest"
)

//go:embed testdata/servers.js
var servers string

// page returns a client of the servers in memory, and the codes that it makes known.
func page(t *testing.T, policy client.Policy, ask client.Asker, tell func(client.Event)) (*client.Client, chan string) {
	t.Helper()
	codes := make(chan string, 1)
	c, err := client.New(&client.Config{
		Server: "ws://mailbox.test/v1",
		Relays: []string{"ws://relay.test/transit"},
		Policy: policy,
		Ask:    ask,
		Tell: func(e client.Event) {
			if made, ok := e.(client.CodeMade); ok {
				codes <- made.Code
			}
			if tell != nil {
				tell(e)
			}
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	return c, codes
}

// contents returns what files have, by path.
func contents(t *testing.T, store *tree.Memory) map[string]string {
	t.Helper()
	out := map[string]string{}
	for name, item := range store.All() {
		if item.Kind != manifest.File {
			continue
		}
		p := make([]byte, item.Size)
		if n, err := item.Content.ReadAt(p, 0); n < len(p) {
			t.Error(name, err)
		}
		out[name] = string(p)
	}
	return out
}

// Fails if two pages can't send each other a folder over their WebSockets, in either
// protocol, or if it arrives otherwise.
func TestBetweenPages(t *testing.T) {
	js.Global().Call("eval", servers)
	large := bytes.Repeat([]byte("all work and no play "), 100_000)
	m := &manifest.Manifest{Entries: []manifest.Entry{
		{Path: "top", Kind: manifest.Dir},
		{Path: "top/empty", Kind: manifest.File},
		{Path: "top/large", Kind: manifest.File, Size: int64(len(large))},
		{Path: "top/small", Kind: manifest.File, Size: 11},
	}}
	data := tree.Bytes{nil, {}, large, []byte("sun and sea")}
	for name, classic := range map[string]bool{"native": false, "classic": true} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			sender, codes := page(t, client.Policy{Classic: classic}, nil, nil)
			var ways []client.Connected
			receiver, _ := page(t, client.Policy{}, nil, func(e client.Event) {
				if way, ok := e.(client.Connected); ok {
					ways = append(ways, way)
				}
			})
			sent := make(chan error, 1)
			go func() {
				_, err := sender.Send(ctx, transfer.FromTree(m, data), client.Recipient{})
				sent <- err
			}()
			var store tree.Memory
			var code string
			select {
			case code = <-codes:
			case err := <-sent:
				t.Fatal(err)
			}
			report, err := receiver.Receive(ctx, client.Sender{Code: code}, client.Destination{Store: &store})
			if other := <-sent; err != nil || other != nil {
				t.Fatalf("receive: %v; send: %v", err, other)
			}
			got := contents(t, &store)
			if len(got) != 3 || got["top/large"] != string(large) || got["top/small"] != "sun and sea" || report.Bytes != m.Total() {
				t.Errorf("%d files, %d bytes", len(got), report.Bytes)
			}
			if !slices.ContainsFunc(ways, func(way client.Connected) bool { return way.Native == !classic && way.Path.Kind.Relayed() }) {
				t.Errorf("by %+v", ways)
			}
		})
	}
}

// A reading person takes everything, and keeps a text.
type reading struct {
	client.Unattended
	text string
}

func (r *reading) Accept(_ context.Context, offer *transfer.Offer) error {
	r.text = offer.Text
	return nil
}

// Fails if a page can't send what it is still being given, or a text.
func TestStreamAndTextOfAPage(t *testing.T) {
	js.Global().Call("eval", servers)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for name, send := range map[string]func(*client.Client) (*transfer.Report, error){
		"stream": func(c *client.Client) (*transfer.Report, error) {
			return c.Send(ctx, transfer.FromReader("a.txt", strings.NewReader("sun and sea")), client.Recipient{})
		},
		"text": func(c *client.Client) (*transfer.Report, error) {
			return c.SendText(ctx, "sun and sea", client.Recipient{})
		},
	} {
		t.Run(name, func(t *testing.T) {
			sender, codes := page(t, client.Policy{}, nil, nil)
			var reader reading
			receiver, _ := page(t, client.Policy{}, &reader, nil)
			sent := make(chan error, 1)
			go func() {
				_, err := send(sender)
				sent <- err
			}()
			var store tree.Memory
			_, err := receiver.Receive(ctx, client.Sender{Code: <-codes}, client.Destination{Store: &store})
			if other := <-sent; err != nil || other != nil {
				t.Fatalf("receive: %v; send: %v", err, other)
			}
			if got := contents(t, &store)["a.txt"] + reader.text; got != "sun and sea" {
				t.Errorf("got %q", got)
			}
		})
	}
}

// Fails if what a page can't do is done halfway, or said otherwise than elsewhere.
func TestWhatAPageHasNot(t *testing.T) {
	js.Global().Call("eval", servers)
	c, _ := page(t, client.Policy{}, nil, nil)
	_, err := c.SendText(t.Context(), "hello", client.Recipient{Local: true})
	var wrong *client.ConfigError
	if !errors.As(err, &wrong) {
		t.Errorf("a mailbox of its own: %v", err)
	}
	if _, err := c.Receive(t.Context(), client.Sender{Code: "local-7-galveston-goldfish"}, client.Destination{Store: new(tree.Memory)}); !errors.As(err, &wrong) {
		t.Errorf("a sender nearby: %v", err)
	}
	root, err := os.OpenRoot(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	if _, err := c.Receive(t.Context(), client.Sender{Code: "7-galveston-goldfish"}, client.Destination{Dir: root}); !errors.As(err, &wrong) {
		t.Errorf("a directory: %v", err)
	}
	if _, err := client.New(&client.Config{Proxy: "socks5://127.0.0.1:9050"}); !errors.As(err, &wrong) {
		t.Errorf("a proxy: %v", err)
	}
	if _, err := transfer.Open("a.txt"); err == nil {
		t.Error("a file by its path")
	}
}
