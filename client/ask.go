package client

import (
	"context"
	"strings"

	"sesame/transfer"
)

// An Asker answers what only a person can know. Its methods may take as long as they
// like, and must return when the context ends; one call of Send or Receive asks one
// question at a time. An error ends the call with that error.
type Asker interface {
	// Code returns the code of what is to be received, where Sender has none. It is
	// taken as it is: ParseCode tells what looks mistyped. complete returns what
	// a beginning can be completed to; it may take a third of a second.
	Code(ctx context.Context, complete func(typed string) []string) (string, error)
	// Verify reports whether the other side shows the same 32 bytes. NotCompared,
	// as a Failure, says that nobody looked.
	Verify(ctx context.Context, verifier []byte) (bool, error)
	// Accept returns nil if somebody wants what is offered; a Failure that says
	// Declined if not. A text is shown here: the sender is told of it when
	// Accept returns.
	Accept(ctx context.Context, offer *transfer.Offer) error
	// Conflict says what to do with a name that is taken; free is one that isn't.
	// Neither is safe to print.
	Conflict(ctx context.Context, name, free string) (Choice, error)
	// Unpack reports whether to go on although a classic sender's archive unpacks to
	// more than 200 times what is sent.
	Unpack(ctx context.Context) (bool, error)
}

// A Choice is what becomes of something whose name is taken.
type Choice int

const (
	Ask       Choice = iota // Asker.Conflict; where nobody can be asked any more, Rename
	Rename                  // to a name that is free
	Overwrite               // a file; a folder is merged, and its files overwritten
	Skip                    // what is there stays; a folder is merged
)

// Unattended answers where there is nobody to ask: it takes everything but names
// that are hidden, renames what is taken, and has neither a code nor anybody to
// compare verifiers. Embed it to answer only some questions.
type Unattended struct{}

// Code fails with NoAnswer.
func (Unattended) Code(context.Context, func(string) []string) (string, error) {
	return "", Fail(NoAnswer)
}

// Verify fails with NotCompared.
func (Unattended) Verify(context.Context, []byte) (bool, error) { return false, Fail(NotCompared) }

// Accept fails with HiddenName for an offer with a name at the top level that begins
// with a dot.
func (Unattended) Accept(_ context.Context, offer *transfer.Offer) error {
	for _, top := range offer.Tops() {
		if strings.HasPrefix(top.Name, ".") {
			return Fail(HiddenName, top.Name)
		}
	}
	return nil
}

// Conflict returns Rename.
func (Unattended) Conflict(context.Context, string, string) (Choice, error) { return Rename, nil }

// Unpack returns false.
func (Unattended) Unpack(context.Context) (bool, error) { return false, nil }
