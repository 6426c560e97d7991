//go:build js

// Command size is the smallest program that sends and receives in a browser. It is
// built to be weighed, not to be run: make wasm-size.
package main

import (
	"context"
	"os"
	"strings"

	"sesame/client"
	"sesame/transfer"
	"sesame/tree"
)

func main() {
	if err := run(context.Background(), os.Args[1]); err != nil {
		panic(err)
	}
}

func run(ctx context.Context, code string) error {
	c, err := client.New(nil)
	if err != nil {
		return err
	}
	_, err = c.Receive(ctx, client.Sender{Code: code}, client.Destination{Store: new(tree.Memory)})
	if err != nil {
		return err
	}
	_, err = c.Send(ctx, transfer.FromReader("a.txt", strings.NewReader("sun and sea")), client.Recipient{})
	return err
}
