package client

import (
	"context"
	"errors"
	"io"
	"os"
	"runtime"
	"strings"
	"sync"

	"sesame/client/deliver"
	"sesame/internal/addr"
	"sesame/rendezvous"
	"sesame/transfer"
	"sesame/tree"
	"sesame/tree/manifest"
)

// A Sender says from whom to receive: who has made the code. The zero value asks for
// the code (Asker.Code), and connects to the server meanwhile.
type Sender struct {
	// Code is what the sender's screen shows, with or without what is around it there.
	// Asker.Mistyped is asked where it may be mistyped, and Asker.Code for another one
	// where it is no good, or was wrong.
	Code string
	// Raw takes codes as they are, even if they look mistyped.
	Raw bool
	// At is where the sender of a local code is, "host:port" as its CodeMade had it.
	// Default: this network is asked.
	At string
}

// Check returns a *ConfigError if At can't be an address.
func (from Sender) Check() error {
	host, _, err := addr.Split(from.At)
	if from.At != "" && (err != nil || strings.ContainsAny(host, "/@?# \t")) {
		return &ConfigError{"At", from.At, errNotSender}
	}
	return nil
}

// A Destination says where what is received goes: into Dir, into a Store of the
// caller's, or to Stream.
type Destination struct {
	// Dir is the directory below which everything stays. It stays open and is the caller's.
	Dir *os.Root
	// Store is used where there is no Dir.
	Store tree.Store
	// Name is what the one thing that is offered will be called. Default: as it is offered.
	Name string
	// Taken says what becomes of something whose name is taken.
	Taken Choice
	// Stream takes the contents of the one file that is offered, in their order, where
	// there is neither Dir nor Store. A write may take as long as it likes: it is left
	// behind when the context ends.
	Stream io.Writer
}

var (
	errNoDir     = errors.New("a page in a browser has no directories")
	errNoTarget  = errors.New("none of Dir, Store and Stream is set")
	errNotSender = errors.New("it is not the address of a sender, such as 192.168.1.20:41234")
	errNoServer  = errors.New("it goes with a code that begins with local-")
)

// check finds what can be found wrong before the code is used.
func (into *Destination) check() error {
	if into.Dir == nil && into.Store == nil && into.Stream == nil {
		return &ConfigError{"Destination", "", errNoTarget}
	}
	if into.Dir != nil && !directories {
		return &ConfigError{"Destination", "Dir", errNoDir}
	}
	if into.Name == "" {
		return nil
	}
	// Who types a backslash means something else by it, whatever the system.
	rules := manifest.SystemRules(runtime.GOOS).And(manifest.Rules{Lacks: manifest.LacksBackslash})
	if err := manifest.CheckElement(into.Name, rules); err != nil {
		return Fail(BadName, into.Name, err)
	}
	if into.Dir != nil && !takesName(into.Dir, into.Name) {
		return Fail(ImpossibleName, into.Name)
	}
	return nil
}

// receive takes what who has made the code offers.
func (c servers) receive(ctx context.Context, from Sender, into Destination) (report *transfer.Report, err error) {
	if err := into.check(); err != nil {
		return nil, err
	}
	if err := from.Check(); err != nil {
		return nil, err
	}
	c.role = receives
	for typed, again := (&typing{servers: c, from: from}), true; again; {
		report, again, err = typed.receive(ctx, into)
	}
	return report, err
}

// receive is one try, with one code. again is set if another one can be typed.
func (c *typing) receive(ctx context.Context, into Destination) (report *transfer.Report, again bool, err error) {
	var asked calling
	defer asked.end()
	code, err := c.next(ctx, &asked)
	if err != nil {
		return nil, false, err
	}
	at, own, err := (seeking{c.servers, c.from}).find(ctx, code, asked.to(c.cfg.Server))
	if err != nil {
		return nil, false, err
	}
	met := false
	m := meeting{core: c.core, role: receives, at: at, own: own, meet: func(ctx context.Context) (*rendezvous.Channel, error) {
		defer newVigil(c.core, at, WaitSender, code).end()
		channel, err := at.Meet(ctx, code)
		met = err == nil
		return channel, fromSender(own, err)
	}}
	err = m.hold(ctx, func(ctx context.Context, channel *rendezvous.Channel, how *deliver.Settings) error {
		left := new(leftovers)
		if into.Dir != nil {
			into.Store, left = c.history.disk(into.Dir)
		}
		if into.Store != nil {
			how.Names = sync.OnceValue(into.Store.Names)
		}
		offer, err := deliver.Receive(ctx, channel, how)
		m.offer.end()
		if err != nil {
			return err
		}
		c.costs(&m.kin, costsOf(offer))
		if report, err = (taking{c.core, &into}).take(ctx, offer); err != nil && left.kept {
			why := *Explain(err)
			why.Kept = true
			err = &why
		}
		return err
	})
	return report, !met && c.again(ctx, err), err
}
