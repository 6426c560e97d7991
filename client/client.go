package client

import (
	"context"

	"sesame/client/deliver"

	"sesame/transfer"
	"sesame/transit"
)

// A Client sends and receives. Its methods may be called at the same time.
type Client struct{ *core }

// A core is what all that a client does goes by. It doesn't change.
type core struct {
	cfg     Config
	relays  []transit.Relay // nil: those that the server names
	routes  routes
	told    *teller
	history *history
}

// New checks cfg, which isn't changed, and connects to nothing. Errors are
// *ConfigError.
func New(cfg *Config) (*Client, error) {
	c := &core{}
	if cfg != nil {
		c.cfg = *cfg
	}
	c.fill()
	if err := c.check(); err != nil {
		return nil, err
	}
	return &Client{c}, nil
}

// Send makes a code known (CodeMade), waits for who has it, as long as it takes, offers
// what there is then, and sends it if somebody there wants it. What stays the
// caller's, who closes it. The Report says what became of everything.
//
// The error is a *Failure; where that is Incomplete the Report is there, too. The same
// files sent again, by the same user, are gone on with where an earlier call was
// interrupted.
func (c *Client) Send(ctx context.Context, what *transfer.Source, to Recipient) (*transfer.Report, error) {
	report, err := (&load{core: c.core, source: what, endScan: func() {}}).send(ctx, to)
	return report, ended(err)
}

// SendText is Send for a text, which is valid UTF-8 and takes at most 16,000 bytes as
// JSON; the Failure is Usage otherwise.
func (c *Client) SendText(ctx context.Context, text string, to Recipient) (*transfer.Report, error) {
	if err := deliver.CheckText(text); err != nil {
		return nil, ended(&ConfigError{"Text", "", err})
	}
	report, err := (&load{core: c.core, text: text, endScan: func() {}}).send(ctx, to)
	return report, ended(err)
}

// Receive meets who has made the code, asks whether what is offered is wanted
// (Offered, Asker.Accept), and takes it. Nothing that exists is replaced unless
// into or the Asker says so.
//
// The error is a *Failure. The Report is there, too, where that is Incomplete, and
// where all is in place but the sender couldn't be told. What has arrived when a
// native transfer is interrupted is kept, hidden, in Dir, for another call by the
// same user: the Failure says so (Kept).
func (c *Client) Receive(ctx context.Context, from Sender, into Destination) (*transfer.Report, error) {
	report, err := servers{core: c.core}.receive(ctx, from, into)
	return report, ended(err)
}
