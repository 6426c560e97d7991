package transfer

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"sesame/transfer/native"
	"sesame/tree/manifest"
	"sesame/tree/staging"
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

	tops     []Top
	source   answerer
	answered bool
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
func (o *Offer) Ended() <-chan struct{} { return o.source.ended() }

// CheckSpace returns a *DiskError if what is offered can't fit in dir. What an
// earlier try left there is taken into account, and what is only holes. What the
// system doesn't tell is no reason to refuse.
func (o *Offer) CheckSpace(ctx context.Context, dir *os.Root) error {
	if o.Manifest != nil {
		return staging.CheckSpace(ctx, dir, o.Manifest, o.source.(*nativeOffer).options())
	}
	if free, _, ok := staging.Space(dir); ok && uint64(o.Size) > free {
		return noSpace(o.Name, free)
	}
	return nil
}

// An answerer answers an offer in one of the protocols.
type answerer interface {
	// prepare does what can be done before the peer is answered. If it returns
	// nil, accept follows.
	prepare(to *Target) error
	accept(ctx context.Context, to *Target) (*Report, error)
	pass(ctx context.Context, w io.Writer) (*Report, error)
	reject(ctx context.Context, reason string) error
	// ended is Offer.Ended; nil stands for never.
	ended() <-chan struct{}
}

// Receive waits for the peer's offer on ch, at most ten minutes. Until it is
// accepted a classic peer learns nothing, in particular not this side's
// addresses. A native one is connected at once, as what it offers may be too long
// for the channel, and the connection is kept until the offer is answered. ctx
// bounds this call only.
//
// Errors are Send's, and *manifest.Error for an offer that must not be believed.
func Receive(ctx context.Context, ch Channel, cfg *Config) (*Offer, error) {
	if ch.Suite() == "" {
		return receiveClassic(ctx, ch, cfg.withDefaults())
	}
	return receiveNative(ctx, ch, cfg)
}

// Accept receives what is offered and returns when it has its final names in
// to.Dir and the sender knows. For a text it confirms only, and to isn't used.
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
		if err := o.source.prepare(&to); err != nil {
			return nil, err
		}
	}
	o.answered = true
	return o.source.accept(ctx, &to)
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
	return o.source.pass(ctx, w)
}

// Reject tells the peer that nobody wants the offer. The reason, a sentence for
// the person there, may be empty.
func (o *Offer) Reject(ctx context.Context, reason string) error {
	if o.answered {
		return errAnswered
	}
	o.answered = true
	return o.source.reject(ctx, reason)
}

var errAnswered = errors.New("transfer: the offer has been answered already")

// A textOffer is a text, in either protocol.
type textOffer struct {
	ch   Channel
	size int
}

func (t *textOffer) ended() <-chan struct{} { return nil }

func (t *textOffer) prepare(*Target) error { return nil }

func (t *textOffer) accept(ctx context.Context, _ *Target) (*Report, error) {
	if err := t.ch.Send(ctx, answerMessage("message_ack")); err != nil {
		return nil, err
	}
	return &Report{Bytes: int64(t.size)}, nil
}

func (t *textOffer) pass(context.Context, io.Writer) (*Report, error) { panic("unreachable") }

func (t *textOffer) reject(ctx context.Context, reason string) error {
	return t.ch.Send(ctx, rejectMessage(reason))
}

// rejectMessage says no in the classic way.
func rejectMessage(reason string) []byte {
	if reason == "" {
		return errorMessage(rejection)
	}
	return errorMessage(rejection + ": " + reason)
}

// receiveNative is Receive from a native peer. A text comes as a classic message
// in the place of the first native one.
func receiveNative(ctx context.Context, ch Channel, cfg *Config) (o *Offer, err error) {
	first := &firstMessage{Channel: ch, bounded: true}
	bye := farewell{ch: ch, us: "the receiver"}
	defer func() { first.farewell(ctx, &bye, err) }()
	c, err := nativeConfig(ch, cfg)
	if err != nil {
		return nil, err
	}
	n, err := native.Receive(ctx, first, c)
	if err == nil {
		return newNativeOffer(n, cfg), nil
	}
	var foreign *native.Foreign
	if errors.As(err, &foreign) {
		if m, perr := parseMessage(foreign.Message); perr == nil && m.offer != nil && m.offer.kind == Text {
			text := m.offer.text
			return &Offer{Kind: Text, Text: text, Size: int64(len(text)), source: &textOffer{ch, len(text)}}, nil
		}
	}
	return nil, fromForeign(err)
}

// A nativeOffer is an offer of a native peer.
type nativeOffer struct {
	*native.Offer
	cfg *Config
}

func newNativeOffer(n *native.Offer, cfg *Config) *Offer {
	m := n.Manifest
	o := &Offer{Kind: Several, Size: m.Total(), Manifest: m, source: &nativeOffer{n, cfg}}
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

func (n *nativeOffer) ended() <-chan struct{} { return n.Offer.Ended() }

func (n *nativeOffer) prepare(*Target) error { return nil }

func (n *nativeOffer) accept(ctx context.Context, to *Target) (*Report, error) {
	r, err := n.Offer.Accept(ctx, to.Dir, to.Plan, n.options())
	if err != nil {
		return nil, fromNative(err)
	}
	return nativeReport(r, n.Manifest), nil
}

// options are how what is offered gets written.
func (n *nativeOffer) options() *staging.Options {
	opts := &staging.Options{ID: n.ID}
	if n.cfg != nil {
		opts.Marks, opts.Left, opts.Logger = n.cfg.Marks, n.cfg.Left, n.cfg.Logger
	}
	return opts
}

func (n *nativeOffer) pass(ctx context.Context, w io.Writer) (*Report, error) {
	r, err := n.Offer.AcceptStream(ctx, w)
	if err != nil {
		return nil, fromNative(err)
	}
	return nativeReport(r, n.Manifest), nil
}

func (n *nativeOffer) reject(ctx context.Context, reason string) error {
	return fromNative(n.Offer.Reject(ctx, reason))
}

func nativeReport(r *native.Report, m *manifest.Manifest) *Report {
	out := &Report{Placed: r.Placed, Skipped: m.Skipped, Resumed: r.Resumed, Bytes: r.Bytes, Path: r.Path, Unkept: r.Unkept}
	out.Declined, out.DeclinedBytes = r.Declined, r.DeclinedBytes
	for _, f := range r.Failed {
		out.Failed = append(out.Failed, Failure(f))
	}
	return out
}
