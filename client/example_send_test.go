package client_test

import (
	"context"
	"fmt"
	"log"
	"net"
	"os"
	"path/filepath"

	"sesame/client"
	"sesame/relay"
	"sesame/transfer"
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

// Two programs: one sends a file, the other one takes it.
func Example() {
	url, stop := serve()
	defer stop()
	temp, err := os.MkdirTemp("", "example")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(temp)
	path := filepath.Join(temp, "holiday.mov")
	os.WriteFile(path, []byte("sun and sea"), 0o644)
	os.Mkdir(filepath.Join(temp, "inbox"), 0o755)
	ctx := context.Background()
	here := client.Policy{Loopback: true} // both programs are on this computer

	// The one that sends:
	codes := make(chan string, 1)
	sent := make(chan error, 1)
	go func() {
		me, err := client.New(&client.Config{Server: url, Policy: here, Tell: func(e client.Event) {
			if made, ok := e.(client.CodeMade); ok {
				codes <- made.Code // say it to the other person
			}
		}})
		if err == nil {
			var source *transfer.Source
			if source, err = transfer.Open(path); err == nil {
				_, err = me.Send(ctx, source, client.Recipient{})
				source.Close()
			}
		}
		sent <- err
	}()

	// The one that receives:
	me, err := client.New(&client.Config{Server: url, Policy: here, Tell: func(e client.Event) {
		if way, ok := e.(client.Connected); ok {
			fmt.Println("native, post-quantum:", way.Native)
		}
	}})
	if err != nil {
		log.Fatal(err)
	}
	inbox, err := os.OpenRoot(filepath.Join(temp, "inbox"))
	if err != nil {
		log.Fatal(err)
	}
	defer inbox.Close()
	report, err := me.Receive(ctx, client.Sender{Code: <-codes}, client.Destination{Dir: inbox})
	if err != nil {
		log.Fatal(err)
	}
	data, _ := inbox.ReadFile(report.Placed[0].Final)
	fmt.Printf("%s: %s\n", report.Placed[0].Final, data)
	fmt.Println("sender:", <-sent)
	// Output:
	// native, post-quantum: true
	// holiday.mov: sun and sea
	// sender: <nil>
}

// A cautious person looks at an offer, and wants nothing that is large.
type cautious struct{ client.Unattended }

func (cautious) Accept(ctx context.Context, offer *transfer.Offer) error {
	fmt.Printf("somebody offers %s, %d bytes\n", offer.Name, offer.Size)
	if offer.Size > 5 {
		return client.Fail(client.Declined)
	}
	return nil
}

// An Asker of one's own decides what is taken.
func ExampleAsker() {
	url, stop := serve()
	defer stop()
	temp, err := os.MkdirTemp("", "example")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(temp)
	inbox, err := os.OpenRoot(temp)
	if err != nil {
		log.Fatal(err)
	}
	defer inbox.Close()
	path := filepath.Join(temp, "holiday.mov")
	os.WriteFile(path, []byte("sun and sea"), 0o644)
	ctx := context.Background()
	cfg := client.Config{Server: url, Policy: client.Policy{Loopback: true}, Ask: cautious{}}
	me, err := client.New(&cfg)
	if err != nil {
		log.Fatal(err)
	}
	sent := make(chan error, 1)
	go func() {
		source, err := transfer.Open(path)
		if err == nil {
			_, err = me.Send(ctx, source, client.Recipient{Code: "7-crossover-clockwork"})
			source.Close()
		}
		sent <- err
	}()
	_, err = me.Receive(ctx, client.Sender{Code: "7-crossover-clockwork"}, client.Destination{Dir: inbox})
	fmt.Println("receiver:", err)
	fmt.Println("sender:", <-sent)
	// Output:
	// somebody offers holiday.mov, 11 bytes
	// receiver: declined
	// sender: peer-declined
}
