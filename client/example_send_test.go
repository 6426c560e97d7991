//go:build !js

package client_test

import (
	"context"
	"fmt"
	"log"
	"math"
	"net"
	"os"
	"path/filepath"

	"sesame/client"
	"sesame/relay"
	"sesame/transfer"
	"sesame/tree"
	"sesame/tree/manifest"
)

// serve runs a mailbox server with pipes, and returns its URL.
func serve() (url string, stop func()) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	server := relay.New(nil)
	go server.Serve(l)
	return "ws://" + l.Addr().String(), func() { server.Shutdown(context.Background()) }
}

// workIn makes an empty directory the current one.
func workIn() (inbox *os.Root, leave func()) {
	before, err := os.Getwd()
	if err != nil {
		log.Fatal(err)
	}
	temp, err := os.MkdirTemp("", "example")
	if err != nil {
		log.Fatal(err)
	}
	os.Chdir(temp)
	os.WriteFile("holiday.mov", []byte("sun and sea"), 0o644)
	os.Mkdir("inbox", 0o755)
	if inbox, err = os.OpenRoot(filepath.Join(temp, "inbox")); err != nil {
		log.Fatal(err)
	}
	return inbox, func() {
		inbox.Close()
		os.Chdir(before)
		os.RemoveAll(temp)
	}
}

// Two programs: one sends a file, the other one takes it. The server is one of our
// own here, and both are on this computer.
func Example() {
	inbox, leave := workIn()
	defer leave()
	url, stop := serve()
	defer stop()
	here := client.Policy{Loopback: true}
	ctx := context.Background()
	codes := make(chan string, 1)

	send := func() error {
		tell := func(e client.Event) {
			if made, ok := e.(client.CodeMade); ok {
				codes <- made.Code // say it to the other person
			}
		}
		cfg := client.Config{Tell: tell}
		cfg.Server, cfg.Policy = url, here
		me, err := client.New(&cfg)
		if err != nil {
			return err
		}
		source, err := transfer.Open("holiday.mov")
		if err != nil {
			return err
		}
		defer source.Close()
		report, err := me.Send(ctx, source, client.Recipient{})
		if err == nil {
			fmt.Println("sent", report.Bytes, "bytes")
		}
		return err
	}
	receive := func(code string) error {
		tell := func(e client.Event) {
			if way, ok := e.(client.Connected); ok {
				fmt.Println("native, post-quantum:", way.Native)
			}
		}
		cfg := client.Config{Tell: tell}
		cfg.Server, cfg.Policy = url, here
		me, err := client.New(&cfg)
		if err != nil {
			return err
		}
		report, err := me.Receive(ctx, client.Sender{Code: code}, client.Destination{Dir: inbox})
		if err == nil {
			fmt.Println("received", report.Placed[0].Final)
		}
		return err
	}

	sent := make(chan error, 1)
	go func() { sent <- send() }()
	if err := receive(<-codes); err != nil {
		log.Fatal(err)
	}
	if err := <-sent; err != nil {
		log.Fatal(err)
	}
	// Unordered output:
	// native, post-quantum: true
	// received holiday.mov
	// sent 11 bytes
}

// A cautious person looks at an offer, and wants nothing that is large.
type cautious struct{ client.Unattended }

func (cautious) Accept(_ context.Context, offer *transfer.Offer) error {
	fmt.Printf("somebody offers %s, %d bytes\n", offer.Name, offer.Size)
	if offer.Size > 1<<20 {
		return client.Fail(client.Declined)
	}
	return nil
}

// A shelf keeps what comes in memory, and has room for a megabyte. A Store that isn't
// made of another one has the same five methods, and is tested as the two of package
// tree are.
type shelf struct{ tree.Memory }

func (s *shelf) Fits(_ context.Context, m *manifest.Manifest, _ *tree.Options) error {
	if m.Total() > 1<<20 {
		return tree.ErrFull
	}
	return nil
}

func (s *shelf) Free() (tree.Space, bool) {
	return tree.Space{Bytes: 1 << 20, Files: math.MaxUint64}, true
}

// An Asker of one's own decides what is taken, and a Store of one's own where it goes.
func ExampleClient_Receive() {
	_, leave := workIn()
	defer leave()
	url, stop := serve()
	defer stop()
	ctx := context.Background()
	me, err := client.New(&client.Config{Server: url, Policy: client.Policy{Loopback: true}, Ask: cautious{}})
	if err != nil {
		log.Fatal(err)
	}
	const code = "7-crossover-clockwork"
	sent := make(chan error, 1)
	go func() {
		source, err := transfer.Open("holiday.mov")
		if err == nil {
			_, err = me.Send(ctx, source, client.Recipient{Code: code})
			source.Close()
		}
		sent <- err
	}()
	var store shelf
	if _, err := me.Receive(ctx, client.Sender{Code: code}, client.Destination{Store: &store}); err != nil {
		log.Fatal(err)
	}
	for name, item := range store.All() {
		content := make([]byte, item.Size)
		item.Content.ReadAt(content, 0)
		fmt.Printf("%s: %s\n", name, content)
	}
	fmt.Println("sender:", <-sent)
	// Output:
	// somebody offers holiday.mov, 11 bytes
	// holiday.mov: sun and sea
	// sender: <nil>
}
