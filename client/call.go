package client

import (
	"context"
	"strings"
	"sync"
	"time"

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
	near  []string // those of senders on this network
	look  sync.Once
	begin func() // to look for the latter
}

// call begins to connect.
func (me servers) call(ctx context.Context) *call {
	ctx, cancel := context.WithCancel(ctx)
	c := &call{cancel: cancel, dialed: make(chan struct{})}
	c.begin = func() { go browse(ctx, c.saw) }
	go func() {
		c.client, c.err = rendezvous.Dial(ctx, me.watched(me.mailbox()))
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

// nearby is how long the first Tab waits for senders on this network to answer.
const nearby = 350 * time.Millisecond

// nameplates returns what is known so far of the nameplates that can follow what
// was typed. This network is asked for senders when the first letter says that
// one of them is meant.
func (c *call) nameplates(typed string) []string {
	if c == nil {
		return nil
	}
	near := strings.HasPrefix(typed, rendezvous.LocalPrefix[:1])
	if near {
		c.look.Do(func() {
			c.begin()
			<-time.After(nearby)
		})
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if near {
		return c.near
	}
	return c.used
}

// saw notes a sender on this network.
func (c *call) saw(nameplate string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.near = append(c.near, nameplate)
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

// A calling is at most one call, and to which server it is.
type calling struct {
	call   *call
	server string
}

// begin makes the call, if it hasn't been made.
func (c *calling) begin(ctx context.Context, me servers) {
	if c.call == nil {
		c.call, c.server = me.call(ctx), me.cfg.Server
	}
}

// to returns the call if it is to this server, nil if there is none.
func (c *calling) to(server string) *call {
	if c.call == nil || c.server != server {
		return nil
	}
	return c.call
}

func (c *calling) end() {
	if c.call != nil {
		c.call.end()
	}
}
