package native

import (
	"context"
	"errors"
	"io"

	"sesame/transfer"
	"sesame/tree"
)

// A textOffer is a text until it is answered.
type textOffer struct {
	c      *Conversation
	text   string
	answer chan error // of capacity 1
	alone  bool       // the conversation is about nothing else
}

var _ transfer.Answerer = (*textOffer)(nil)

func (t *textOffer) Ended() <-chan struct{} { return t.c.session.Failed() }

func (t *textOffer) CheckSpace(context.Context, tree.Store) error { return nil }

func (t *textOffer) Prepare(*transfer.Target) error { return nil }

// Accept tells the other side that the text has been shown.
func (t *textOffer) Accept(ctx context.Context, _ *transfer.Target) (*transfer.Report, error) {
	t.answer <- nil
	if t.alone {
		if err := t.c.Close(ctx); err != nil {
			return nil, err
		}
	}
	return &transfer.Report{Bytes: int64(len(t.text)), Path: t.c.session.Path()}, nil
}

func (t *textOffer) Pass(context.Context, io.Writer) (*transfer.Report, error) { panic("unreachable") }

// Reject ends the conversation: who doesn't want to read has nothing else to say.
func (t *textOffer) Reject(_ context.Context, why transfer.Reason) error {
	refusal := &transfer.Rejection{Reason: why}
	t.answer <- refusal
	t.c.session.Fail(refusal)
	err := t.c.session.End()
	t.c.packer.close()
	if errors.Is(err, refusal) {
		return nil
	}
	return blame(err)
}

// refused makes the peer's reason for ending a conversation that was about one text a
// rejection, if it is one.
func refused(err error) error {
	var peer *transfer.PeerError
	if errors.As(err, &peer) && peer.Class == transfer.Other {
		switch peer.Code {
		case transfer.ReasonUnsaid, transfer.ReasonWantsOne, transfer.ReasonNotShown:
			return &transfer.Rejection{Reason: peer.Reason}
		}
	}
	return err
}
