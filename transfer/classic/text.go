package classic

import (
	"context"
	"errors"
	"fmt"
	"io"
	"unicode/utf8"

	"sesame/transfer"
	"sesame/tree"
)

// SendText sends text to the peer on ch and returns when the peer has confirmed
// it. A text that isn't UTF-8, or whose message would be longer than MaxText
// bytes, is refused at once. Errors are as Send's.
func SendText(ctx context.Context, ch transfer.Channel, text string) (err error) {
	if err := CheckText(text); err != nil {
		return err
	}
	o := offer{kind: transfer.Text, text: text}
	msg := o.message()
	bye := farewell{ch: ch, us: "the sender"}
	defer func() { bye.say(ctx, err) }()
	if err := ch.Send(ctx, msg); err != nil {
		return fmt.Errorf("sending the text: %w", err)
	}
	wait, cancel := within(ctx, textWait, transfer.AwaitReceipt)
	defer cancel()
	for range maxForeign {
		m, err := next(wait, ch)
		switch {
		case err != nil:
			return err
		case m.offer != nil:
			return transfer.ErrBothSend
		case m.answer != nil && m.answer.messageAck == "ok":
			return nil
		case m.answer != nil:
			return nonsense("it did not confirm the text")
		}
		// Some receivers send their transit message before they know what
		// comes.
	}
	return nonsense("it talks and does not answer")
}

// CheckText returns why SendText would refuse a text, or nil, so that a user
// learns of it before a code is made.
func CheckText(text string) error {
	if !utf8.ValidString(text) {
		return errors.New("the text is not valid UTF-8: send it as a file")
	}
	o := offer{kind: transfer.Text, text: text}
	if n := len(o.message()); n > MaxText {
		return fmt.Errorf("the text makes a message of %d bytes, more than the %d that fit: send it as a file", n, MaxText)
	}
	return nil
}

// A textOffer is a text, whatever protocol its sender speaks otherwise.
type textOffer struct {
	ch   transfer.Channel
	size int
}

func (t *textOffer) Ended() <-chan struct{} { return nil }

func (t *textOffer) CheckSpace(context.Context, tree.Store) error { return nil }

func (t *textOffer) Prepare(*transfer.Target) error { return nil }

func (t *textOffer) Accept(ctx context.Context, _ *transfer.Target) (*transfer.Report, error) {
	if err := t.ch.Send(ctx, answerMessage("message_ack")); err != nil {
		return nil, err
	}
	return &transfer.Report{Bytes: int64(t.size)}, nil
}

func (t *textOffer) Pass(context.Context, io.Writer) (*transfer.Report, error) { panic("unreachable") }

func (t *textOffer) Reject(ctx context.Context, why transfer.Reason) error {
	return t.ch.Send(ctx, rejectMessage(t.ch, why))
}

// rejectMessage says no in the classic way.
func rejectMessage(ch transfer.Channel, why transfer.Reason) []byte {
	words := rejection
	if text := why.Text(); text != "" {
		words += ": " + text
	}
	return errorMessage(ch.Suite() != "", why.Saying(words))
}
