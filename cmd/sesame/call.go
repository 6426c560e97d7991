package main

import (
	"context"
	"strings"
	"sync"

	"sesame/rendezvous"
)

// A call is a connection to the mailbox server that is made while the user types
// the code: perhaps it is a code that needs no server.
type call struct {
	cancel context.CancelFunc
	dialed chan struct{} // closed when client and err are there
	client *rendezvous.Client
	err    error

	mu    sync.Mutex
	taken bool
	used  []string // nameplates, as the server tells them
}

// call begins to connect.
func (o *receiveOptions) call(ctx context.Context) *call {
	ctx, cancel := context.WithCancel(ctx)
	c := &call{cancel: cancel, dialed: make(chan struct{})}
	go func() {
		c.client, c.err = rendezvous.Dial(ctx, o.mailbox(o.announcement()))
		close(c.dialed)
		if c.err != nil {
			return
		}
		used, err := c.client.Nameplates(ctx)
		if err != nil {
			return // servers may hide them; words complete all the same
		}
		c.mu.Lock()
		defer c.mu.Unlock()
		c.used = used
	}()
	return c
}

// nameplates returns what is known so far of the nameplates that can follow what
// was typed.
func (c *call) nameplates(typed string) []string {
	if c == nil || strings.HasPrefix(typed, rendezvous.LocalPrefix) {
		return nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.used
}

// take waits for the connection and hands it over.
func (c *call) take(ctx context.Context) (*rendezvous.Client, error) {
	select {
	case <-c.dialed:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	c.taken = c.err == nil
	return c.client, c.err
}

// end gives the connection up, unless it was taken.
func (c *call) end() {
	c.cancel()
	<-c.dialed
	if c.err == nil && !c.taken {
		c.client.Close()
	}
}
