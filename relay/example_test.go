package relay_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"

	"sesame/relay"
)

// A server on a port of the system's choice, with tighter limits than usual.
func Example() {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fmt.Println(err)
		return
	}
	s := relay.New(&relay.Config{Limits: relay.Limits{Mailboxes: 100}})
	served := make(chan error)
	go func() { served <- s.Serve(l) }()

	resp, err := http.Get("http://" + l.Addr().String() + "/v1")
	if err != nil {
		fmt.Println(err)
		return
	}
	page, _ := io.ReadAll(resp.Body)
	resp.Body.Close()
	fmt.Printf("%s", page)

	fmt.Println(s.Shutdown(context.Background()), <-served)
	// Output:
	// This is the mailbox server of a sesame relay. It speaks WebSocket: give its
	// address to sesame or to another Magic Wormhole client, not to a browser.
	// <nil> <nil>
}
