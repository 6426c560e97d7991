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
	// Code returns the code of what is to be received, where Sender has none: as it is
	// typed, or pasted with what is around it on the sender's screen. why is nil at
	// first; later it says what became of the code before, and whoever can't ask for
	// another one returns it. complete returns what a beginning can be completed to; it
	// may take a third of a second.
	Code(ctx context.Context, why *Failure, complete func(typed string) []string) (string, error)
	// Mistyped is asked about a code that isn't a number and words of the list, before
	// the server is: a MistypedCode or an OddCode, whether its suggestion is meant, or
	// an UnlistedCode, whether the sender's screen shows exactly that. After false
	// Code is asked again.
	Mistyped(ctx context.Context, odd *Failure) (bool, error)
	// Server reports whether to go to another mailbox server than Config's, which was
	// named by what was pasted. The URL isn't safe to print. After false Code is
	// asked again.
	Server(ctx context.Context, url string) (bool, error)
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
// stand by one that may be mistyped or to compare verifiers. Embed it to answer only some questions.
type Unattended struct{}

// Code fails with why, and with NoAnswer where that is nil.
func (Unattended) Code(_ context.Context, why *Failure, _ func(string) []string) (string, error) {
	if why != nil {
		return "", why
	}
	return "", Fail(NoAnswer)
}

// Mistyped fails with what is odd.
func (Unattended) Mistyped(_ context.Context, odd *Failure) (bool, error) { return false, odd }

// Server fails with OtherServer.
func (Unattended) Server(_ context.Context, url string) (bool, error) {
	return false, Fail(OtherServer, url)
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
