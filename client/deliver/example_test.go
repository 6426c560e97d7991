package deliver_test

import (
	"context"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"strings"

	"sesame/client/deliver"
	"sesame/transfer"
	"sesame/transit"
	"sesame/tree/staging"
)

// A channel stands in for a *rendezvous.Channel.
type channel struct {
	out chan<- []byte
	in  <-chan []byte

	suite string
	first bool
}

func (c channel) Send(ctx context.Context, msg []byte) error {
	select {
	case c.out <- msg:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (c channel) Receive(ctx context.Context) ([]byte, error) {
	select {
	case msg := <-c.in:
		return msg, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (c channel) Key(purpose string, size int) []byte { return make([]byte, size) }
func (c channel) Suite() string                       { return c.suite }
func (c channel) First() bool                         { return c.first }
func (c channel) Check()                              {}

// meet joins two sesames, or two that speak the classic protocol only if suite
// is "".
func meet(suite string) (alice, bob channel) {
	a, b := make(chan []byte, 10), make(chan []byte, 10)
	return channel{a, b, suite, true}, channel{b, a, suite, false}
}

func ExampleSend() {
	temp, err := os.MkdirTemp("", "example")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(temp)
	path := filepath.Join(temp, "holiday.txt")
	os.WriteFile(path, []byte("sun and sea"), 0o644)
	os.Mkdir(filepath.Join(temp, "inbox"), 0o755)

	ctx := context.Background()
	alice, bob := meet("aes-256-gcm") // as rendezvous.Client.Meet does
	cfg := new(deliver.Settings)
	cfg.Transit = &transit.Config{AllowLoopback: true, NoRelay: true} // both live on this machine, without a relay

	sent := make(chan error)
	go func() {
		src, err := transfer.Open(path)
		if err == nil {
			var what deliver.Load
			what.Source = src
			_, err = deliver.Send(ctx, alice, what, cfg)
			src.Close()
		}
		sent <- err
	}()

	offer, err := deliver.Receive(ctx, bob, cfg)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("a %v: %s, %d bytes\n", offer.Kind, offer.Name, offer.Size)
	inbox, err := os.OpenRoot(filepath.Join(temp, "inbox"))
	if err != nil {
		log.Fatal(err)
	}
	defer inbox.Close()
	report, err := offer.Accept(ctx, transfer.Target{Into: &staging.Disk{Dir: inbox}})
	if err != nil {
		log.Fatal(err)
	}
	name := report.Placed[0].Final
	data, _ := inbox.ReadFile(name)
	fmt.Printf("%s: %s\n", name, data)
	fmt.Println("sender:", <-sent)
	// Output:
	// a file: holiday.txt, 11 bytes
	// holiday.txt: sun and sea
	// sender: <nil>
}

func ExampleSendText() {
	ctx := context.Background()
	alice, bob := meet("")
	sent := make(chan error)
	go func() { sent <- deliver.SendText(ctx, alice, "the door is open", nil) }()

	offer, err := deliver.Receive(ctx, bob, nil)
	if err != nil {
		log.Fatal(err)
	}
	offer.Accept(ctx, transfer.Target{}) // tells the sender that it arrived
	fmt.Println(offer.Text)
	fmt.Println("sender:", <-sent)
	// Output:
	// the door is open
	// sender: <nil>
}

func ExampleSend_stream() {
	ctx := context.Background()
	alice, bob := meet("chacha20-poly1305")
	cfg := new(deliver.Settings)
	cfg.Transit = &transit.Config{AllowLoopback: true, NoRelay: true}
	sent := make(chan error)
	go func() {
		src := transfer.FromReader("report.txt", strings.NewReader("all is well\n"))
		defer src.Close()
		var what deliver.Load
		what.Source = src
		_, err := deliver.Send(ctx, alice, what, cfg)
		sent <- err
	}()

	offer, err := deliver.Receive(ctx, bob, cfg)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%s, size %d\n", offer.Name, offer.Size)
	if _, err := offer.AcceptStream(ctx, os.Stdout); err != nil {
		log.Fatal(err)
	}
	fmt.Println("sender:", <-sent)
	// Output:
	// report.txt, size -1
	// all is well
	// sender: <nil>
}
