package client

import (
	"context"
	"errors"
	"net/netip"
	"os"

	"sesame/rendezvous"
	"sesame/tree"
)

// A page can serve nobody, hear nothing of its network, and has no directories.

const directories = false

var errPage = errors.New("a page in a browser hasn't got that")

type localMailbox struct{ server Mailbox }

func (*localMailbox) close() {}

func (c *opening) openLocal(context.Context) (*venue, error) {
	return nil, &ConfigError{"Local", "true", errPage}
}

func (c seeking) dialSender(context.Context, rendezvous.Code) (*rendezvous.Client, *ownPath, error) {
	return nil, nil, &ConfigError{"Code", rendezvous.LocalPrefix, errPage}
}

func takesName(*os.Root, string) bool        { return true }
func writable(*os.Root) error                { return nil }
func fromSender(_ *ownPath, err error) error { return err }
func unreachable(error) bool                 { return false }
func ownAddresses() []netip.Addr             { return nil }
func browse(context.Context, func(string))   {}

// A history knows nothing of earlier runs: a page has no place to keep that.
type history struct{}

func newHistory(*Config, *teller) *history { return new(history) }

func (*history) identify([]string) tree.ID { return tree.NewID() }

func (*history) disk(*os.Root) (tree.Store, *leftovers) { return nil, new(leftovers) }

type leftovers struct{ kept bool }
