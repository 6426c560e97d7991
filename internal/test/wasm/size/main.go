//go:build js

// Command size is the smallest program that sends and receives in a browser. It is
// built to be weighed, not to be run: make wasm-size.
package main

import (
	"context"
	"os"
	"strings"

	"sesame/client"
	"sesame/rendezvous"
	"sesame/transfer"
)

func main() {
	if err := run(context.Background(), os.Args[1]); err != nil {
		panic(err)
	}
}

func run(ctx context.Context, said string) error {
	code, err := rendezvous.ParseCode(said)
	if err != nil {
		return err
	}
	c, err := rendezvous.Dial(ctx, &rendezvous.Config{Native: &rendezvous.Native{Features: client.Features()}})
	if err != nil {
		return err
	}
	ch, err := c.Meet(ctx, code)
	if err != nil {
		return err
	}
	if _, err := client.Deliver(ctx, ch, transfer.FromReader("a", strings.NewReader("b")), nil); err != nil {
		return err
	}
	offer, err := client.Await(ctx, ch, nil)
	if err != nil {
		return err
	}
	if _, err := offer.AcceptStream(ctx, new(strings.Builder)); err != nil {
		return err
	}
	_, err = offer.Accept(ctx, transfer.Target{})
	return err
}
