package transfer

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"runtime"
)

// A Kind says what is offered.
type Kind int

const (
	Text Kind = iota + 1
	File
	Directory
)

func (k Kind) String() string {
	switch k {
	case Text:
		return "text"
	case File:
		return "file"
	case Directory:
		return "directory"
	}
	return fmt.Sprintf("Kind(%d)", int(k))
}

// An Offer is what the peer wants to send. Show it, then call Accept or Reject;
// neither may run twice at a time.
type Offer struct {
	Kind Kind
	// Text is the text itself, as it came: at most 512 KiB, not safe for a
	// terminal.
	Text string
	// Name is what will be written, unless the target says otherwise. It
	// stands for what the peer said even where that can't be a name.
	Name SafeName
	// Size is how many bytes will be written at most: of a file exactly, of a
	// directory the sum of all files.
	Size int64
	// Files is how many files will be written at most.
	Files int

	ch       Channel
	cfg      *Config
	wire     int64           // bytes to cross
	transit  json.RawMessage // the peer's transit message, nil if it has not come
	answered bool
}

// Receive waits for the peer's offer on ch, at most ten minutes. Until it is
// accepted the peer learns nothing, in particular not this side's addresses.
func Receive(ctx context.Context, ch Channel, cfg *Config) (o *Offer, err error) {
	bye := farewell{ch: ch, us: "the receiver"}
	defer func() { bye.say(ctx, err) }()
	wait, cancel := within(ctx, offerWait, "an offer")
	defer cancel()
	var transit json.RawMessage
	for range maxForeign {
		m, err := next(wait, ch)
		switch {
		case err != nil:
			return nil, err
		case m.transit != nil && transit == nil:
			transit = m.transit
		case m.offer != nil:
			return newOffer(m.offer, transit, ch, cfg.withDefaults()), nil
		}
	}
	return nil, errors.New("the other side talks and offers nothing")
}

func newOffer(m *offer, transit json.RawMessage, ch Channel, cfg *Config) *Offer {
	o := &Offer{Kind: m.kind, Text: m.text, Size: m.size, Files: m.files, wire: m.wire, transit: transit, ch: ch, cfg: cfg}
	if m.kind != Text {
		o.Name = offeredName(m.name, runtime.GOOS == "windows")
	}
	return o
}

// Reject tells the peer that nobody wants the offer. The reason may be empty.
func (o *Offer) Reject(ctx context.Context, reason string) error {
	if o.answered {
		return errAnswered
	}
	o.answered = true
	text := rejection
	if reason != "" {
		text += ": " + reason
	}
	return o.ch.Send(ctx, errorMessage(text))
}

var errAnswered = errors.New("transfer: the offer has been answered already")

// A Target says where an accepted offer goes.
type Target struct {
	// Dir is the directory to write in. It stays open and is the caller's.
	Dir *os.Root
	// Name is the name to write under, one path element; default "", the
	// offered one.
	Name string
	// Replace lets a file take the place of a file or of a symbolic link
	// (never of what the link leads to). Directories replace nothing and are
	// not replaced. Default false.
	Replace bool
	// AnyRatio accepts directories that unpack to more than 200 times what is
	// sent; default false, which refuses those above 64 MiB with ErrRatio.
	AnyRatio bool
}

// name returns the name to write under.
func (t *Target) name(offered SafeName) (SafeName, error) {
	if t.Dir == nil {
		return SafeName{}, errors.New("transfer: Target without Dir")
	}
	if t.Name == "" {
		return offered, nil
	}
	return ParseName(t.Name)
}
