package client

import (
	"context"
	"testing"
)

// obliging goes to any server.
type obliging struct{ Unattended }

func (obliging) Server(context.Context, string) (bool, error) { return true, nil }

// A token is for the server that it was given for: one that a pasted text names doesn't
// get it, however much it asks.
func TestTokenStaysWithItsServer(t *testing.T) {
	before := &core{cfg: Config{Server: "wss://ours.example/v1", Token: "correct-horse-battery", Ask: obliging{}}}
	c := &typing{servers: servers{core: before}}
	if err := c.follow(t.Context(), "wss://ours.example/v1"); err != nil || c.cfg.Token == "" {
		t.Errorf("our own server: %v, token %q", err, c.cfg.Token)
	}
	if err := c.follow(t.Context(), "ws://theirs.example/v1"); err != nil {
		t.Fatal(err)
	}
	if c.cfg.Server != "ws://theirs.example/v1" || c.cfg.Token != "" {
		t.Errorf("it goes to %s with the token %q", c.cfg.Server, c.cfg.Token)
	}
	if before.cfg.Token == "" {
		t.Error("the next call has none")
	}
}
