package client

import (
	"context"
	"errors"

	"sesame/client/deliver"
	"sesame/rendezvous"
	"sesame/transfer"
)

// A Recipient says who can come for what is sent: who has the code. The zero value
// makes a new one, of two words, or three where somebody is guessing codes.
type Recipient struct {
	// Code is used instead of a new one, as it is. It must not have been used before.
	Code string
	// Words is how many a new code has, at most 10; each makes it 256 times harder to guess.
	Words int
	// Local serves the mailbox here, for one code that begins with "local-" and for
	// computers on this network. Anywhere lets others connect, too.
	Local, Anywhere bool
	// Watched says that somebody sees the codes that CodeMade tells, so that a wrong one,
	// typed or guessed, isn't the end: the code is worthless then, and a new one with a
	// word more is made instead, at most three times. It does nothing where Code is set.
	Watched bool
	// NoLocal fails if no server can be reached. Otherwise that is done as with Local
	// where it can be.
	NoLocal bool
}

const maxWords = 10

var (
	errWords    = errors.New("it is 1 to 10, or 0 for the usual number")
	errNotLocal = errors.New("the code of a sender that needs no server begins with local-")
)

// check reads the code, and finds out whether it is a local one.
func (to *Recipient) check() error {
	if to.Words < 0 || to.Words > maxWords {
		return &ConfigError{"Words", "", errWords}
	}
	if to.Code == "" {
		return nil
	}
	code, err := asTyped(to.Code)
	if err != nil {
		return err
	}
	if to.Local && !code.Local {
		return &ConfigError{"Code", "", errNotLocal}
	}
	to.Local = code.Local
	return nil
}

// send hands a load to who has the code, or one of those that are made after it.
func (what *load) send(ctx context.Context, to Recipient) (report *transfer.Report, err error) {
	if err := to.check(); err != nil {
		return nil, err
	}
	what.warn(to.Code)
	where, again := &opening{servers: servers{what.core, sends}, to: to}, true
	for again {
		report, again, err = what.try(ctx, where)
	}
	return report, err
}

// warn tells of a code that a receiver may take for a mistyped one.
func (what *load) warn(code string) {
	if code == "" {
		return
	}
	if _, err := rendezvous.ParseCode(code); err != nil {
		why := Explain(err)
		what.told.note(NoteOwnCode, why.Args[0])
	}
}

// try is one try, with one code. again is set if another one is to be made.
func (what *load) try(ctx context.Context, where *opening) (report *transfer.Report, again bool, err error) {
	at, err := where.open(ctx)
	if err != nil {
		return nil, false, err
	}
	defer at.leave()
	defer func() { what.endScan() }()
	made := CodeMade{Code: at.code.String(), Local: at.code.Local, Addresses: at.addresses, Instead: where.instead, Left: maxWrong - where.dead}
	if !made.Local && what.cfg.Server != rendezvous.DefaultURL {
		made.Server = what.cfg.Server
	}
	what.told.event(made)
	met := false
	m := meeting{core: what.core, role: sends, at: at.client, own: at.own, prompt: true, meet: func(ctx context.Context) (*rendezvous.Channel, error) {
		channel, err := what.await(ctx, at)
		if err == nil {
			met = true
			at.met()
		}
		return channel, err
	}}
	err = m.hold(ctx, func(ctx context.Context, channel *rendezvous.Channel, how *deliver.Settings) error {
		report, err = what.deliver(ctx, channel, how, &m.kin)
		if err == nil {
			err = what.told.total(report, true)
		}
		return err
	})
	if !met {
		again, err = where.again(ctx, at.code, err)
	}
	return report, again, err
}
