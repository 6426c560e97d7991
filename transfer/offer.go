package transfer

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"sesame/tree"
	"sesame/tree/manifest"
)

// A Kind says what is offered.
type Kind int

const (
	Text      Kind = iota + 1
	File           // or a stream
	Directory      // a classic peer's may hold several things that were named
	Several        // files and directories
)

func (k Kind) String() string {
	switch k {
	case Text:
		return "text"
	case File:
		return "file"
	case Directory:
		return "directory"
	case Several:
		return "several"
	}
	return fmt.Sprintf("Kind(%d)", int(k))
}

// OfferWait is how long a receiver waits for an offer: a sender may list or pack a
// large directory first.
const OfferWait = 10 * time.Minute

// An Offer is what the peer wants to send. Show it, then call Accept,
// AcceptStream or Reject: one of them must have answered it in the end, or the channel is
// listened to for ever, and none may run twice at a time.
type Offer struct {
	Kind Kind
	// Text is the text itself, as it came: at most 512 KiB, not safe for a
	// terminal.
	Text string
	// Name is what a File or Directory will be called, unless the target says
	// otherwise. It stands for what the peer said even where that can't be a
	// name.
	Name SafeName
	// Size is how many bytes will be written at most, -1 for a stream: of a file
	// exactly, otherwise the sum of all files.
	Size int64
	// Files is how many files will be written at most.
	Files int
	// Manifest lists everything that will be written, and what the sender left
	// out. It must not be changed. A classic peer doesn't tell: it is nil.
	Manifest *manifest.Manifest
	// Renamed and Left are what will be called otherwise than the sender calls it, and
	// what can't be written, because of Config.Names. A classic peer's directory may have
	// more: see Report.Renamed.
	Renamed []manifest.Renaming
	Left    []manifest.Left

	tops     []Top
	by       Answerer
	answered bool
}

// An Answerer answers an offer in one of the protocols; an [Offer] calls it, after
// it has checked what is the same for all of them.
type Answerer interface {
	// CheckSpace is Offer.CheckSpace.
	CheckSpace(ctx context.Context, into tree.Store) error
	// Prepare does what can be done before the peer is answered. If it returns
	// nil, Accept follows.
	Prepare(to *Target) error
	// Accept is the rest of Offer.Accept. It is called once, as Pass and Reject
	// are, and only one of the three.
	Accept(ctx context.Context, to *Target) (*Report, error)
	// Pass is Offer.AcceptStream of an offer whose Kind is File.
	Pass(ctx context.Context, w io.Writer) (*Report, error)
	// Reject is Offer.Reject.
	Reject(ctx context.Context, why Reason) error
	// Ended is Offer.Ended; nil stands for never.
	Ended() <-chan struct{}
}

// NewText returns the offer of a text, for a protocol that answers with by.
func NewText(text string, by Answerer) *Offer {
	return &Offer{Kind: Text, Text: text, Size: int64(len(text)), by: by}
}

// NewUnlisted returns an offer of which only this much is known, as a protocol does
// that tells the list with the contents. kind is File or Directory, size and files
// are as in Offer.
func NewUnlisted(kind Kind, name SafeName, size int64, files int, by Answerer) *Offer {
	return &Offer{Kind: kind, Name: name, Size: size, Files: files, tops: []Top{{name.s, kind == Directory}}, by: by}
}

// NewListed returns the offer of a list, which was checked, as it will be written.
func NewListed(f *manifest.Fitted, by Answerer) *Offer {
	m := f.List
	o := &Offer{Kind: Several, Size: m.Total(), Manifest: m, Renamed: f.Renamed, Left: f.Left, by: by}
	for i := range m.Entries {
		e := &m.Entries[i]
		if e.Kind == manifest.File {
			o.Files++
		}
		if e.Size == manifest.StreamSize {
			o.Size = -1
		}
		if !strings.Contains(e.Path, "/") {
			o.tops = append(o.tops, Top{e.Path, e.Kind == manifest.Dir})
		}
	}
	if len(o.tops) == 1 {
		o.Name, o.Kind = SafeName{o.tops[0].Name}, File
		if o.tops[0].Dir {
			o.Kind = Directory
		}
	}
	return o
}

// A Top is a name at the top level of what will be written.
type Top struct {
	Name string // safe as a file's name, but not for a terminal
	Dir  bool
}

// Tops returns the top-level names that will be written: one of a file or
// directory, none of a text. Target.Plan says what becomes of them.
func (o *Offer) Tops() []Top { return o.tops }

// Ended is closed when there is no use in answering any more: the sender has
// given up, or is gone. What answers the offer then returns why. That a classic
// sender is gone can't be known before it is answered.
func (o *Offer) Ended() <-chan struct{} { return o.by.Ended() }

// CheckSpace returns a *DiskError if what is offered can't fit in into. What an
// earlier try left there is taken into account, and what is only holes. What the
// system doesn't tell is no reason to refuse.
func (o *Offer) CheckSpace(ctx context.Context, into tree.Store) error {
	return o.by.CheckSpace(ctx, into)
}

// Accept receives what is offered and returns when it has its final names in
// to.Into and the sender knows. For a text it confirms only, and to isn't used.
//
// Everything is written in a hidden directory beside its final names, synced, and
// put in place as to.Plan says. When Accept fails, nothing has its final name;
// what a native peer has sent so far stays hidden for the next try, and what a
// classic one has sent is removed. There is one exception: if Accept returns a
// Report and an error, everything is in place, but the sender could not be told.
//
// Errors that come before the peer was answered leave the offer open, for
// another Accept or a Reject: *ExistsError, a name in to.Plan that can't be one,
// and of a classic offer ErrRatio and a *DiskError when there is no space or the
// directory can't be written. After that the offer is used up: a *PeerError when
// the sender gave up, ErrIntegrity or an error that says what is wrong with an
// archive, *ProtocolError, a *DiskError, an *ExistsError if a name was taken
// meanwhile, ErrLost or transit's own errors. The peer is told why, if that is
// still possible.
func (o *Offer) Accept(ctx context.Context, to Target) (*Report, error) {
	if o.answered {
		return nil, errAnswered
	}
	if o.Kind != Text {
		if err := to.check(o.tops); err != nil {
			return nil, err
		}
		if err := o.by.Prepare(&to); err != nil {
			return nil, err
		}
	}
	o.answered = true
	return o.by.Accept(ctx, &to)
}

// AcceptStream receives the one file that is offered and writes its contents to
// w in their order, as they come: they may turn out to be wrong. For anything
// else it returns an error, and the offer stays open. Nothing is written to disk,
// and nothing kept for another try. When it returns, no Write is under way.
// Errors are Accept's and w's.
func (o *Offer) AcceptStream(ctx context.Context, w io.Writer) (*Report, error) {
	switch {
	case o.answered:
		return nil, errAnswered
	case o.Kind != File:
		return nil, errors.New("only a single file can be passed on as a stream")
	}
	o.answered = true
	return o.by.Pass(ctx, w)
}

// Reject tells the peer that nobody wants the offer. The reason, a sentence for
// the person there, may be empty.
func (o *Offer) Reject(ctx context.Context, why Reason) error {
	if o.answered {
		return errAnswered
	}
	o.answered = true
	return o.by.Reject(ctx, why)
}

var errAnswered = errors.New("transfer: the offer has been answered already")
