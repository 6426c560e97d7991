package native

import (
	"context"
	"errors"
	"fmt"

	"sesame/transfer"
	"sesame/transit"
	"sesame/transit/record"
)

// Suites returns the names of the AEADs that this machine is to announce, best first.
// Which one a Channel has is agreed on with the channel.
func Suites() (names []string) {
	for _, suite := range record.Fast() {
		names = append(names, suite.String())
	}
	return names
}

// Send lists what there is now, offers that to the peer on ch and, if it is accepted,
// sends it. It returns when both sides know that everything is in place. Nothing is
// added to the list any more.
//
// What can't be read, or changes meanwhile, is in the Report's Failed; the rest
// arrives, and of a file that only grows, as a log does, what the list says. Otherwise
// the error is ctx's, a *transfer.ListError or *transfer.DiskError when it couldn't be
// read, one that wraps transfer.ErrRejected or transfer.ErrLost, a
// *transfer.PeerError, or a *transfer.ProtocolError. The peer is told of a failure on
// this side, but for those from before its first message has come: a peer that
// doesn't know yet what is spoken would not understand it. If that message belongs to
// another protocol, the error is a *Foreign. The source stays open.
//
// The channel must not be used by others meanwhile, nor serve a second transfer.
func Send(ctx context.Context, ch transfer.Channel, what Load, how *Settings) (*transfer.Report, error) {
	suite, err := record.Named(ch.Suite())
	if err != nil {
		return nil, err
	}
	l, err := what.Fix(ctx)
	if err != nil {
		return nil, err
	}
	defer l.Close()
	cfg := configFor(how)
	cfg.ID, cfg.NoCompress, cfg.stream = what.ID, what.NoCompress, l.Stream
	ls, err := openLanes(ctx, ch.First(), suite, cfg)
	if err != nil {
		return nil, err
	}
	rep, err := send(ctx, ch, l.Manifest, l.Files, ls, cfg)
	if err != nil {
		return nil, wrap("send", err)
	}
	rep.Skipped, rep.Grown = l.Manifest.Skipped, l.Grown(rep.Failed)
	return rep, nil
}

// Receive waits for the sender's list of files, and returns it to be looked at. The
// peer is connected at once, as what it offers may be too long for the channel, and
// the session goes on in the background until the Offer is answered. ctx bounds the
// call only. Errors are Send's, and *manifest.Error for a list that must not be
// believed.
func Receive(ctx context.Context, ch transfer.Channel, how *Settings) (*transfer.Offer, error) {
	suite, err := record.Named(ch.Suite())
	if err != nil {
		return nil, err
	}
	cfg := configFor(how)
	ls, err := openLanes(ctx, ch.First(), suite, cfg)
	if err != nil {
		return nil, err
	}
	p, err := receive(ctx, ch, ls, cfg)
	if err != nil {
		return nil, wrap("receive", err)
	}
	return transfer.NewListed(p.Manifest, p), nil
}

// wrap puts the call's name in front of an error that doesn't speak for itself.
func wrap(call string, err error) error {
	var theirs *transfer.PeerError
	if err == nil || errors.As(err, &theirs) || errors.Is(err, transfer.ErrRejected) {
		return err
	}
	return blame(fmt.Errorf("%s: %w", call, err))
}

// transitLanes makes a transit.Lanes fit the seam.
type transitLanes struct{ *transit.Lanes }

func openLanes(ctx context.Context, first bool, suite record.Suite, cfg config) (lanes, error) {
	role := transit.Follower
	if first {
		role = transit.Leader
	}
	lc := &transit.LanesConfig{Suite: suite}
	if cfg.Transit != nil {
		lc.Config = *cfg.Transit
	}
	if lc.Logger == nil {
		lc.Logger = cfg.Logger
	}
	ls, err := transit.OpenLanes(ctx, role, lc)
	if err != nil {
		return nil, err
	}
	return transitLanes{ls}, nil
}

func (t transitLanes) Next(ctx context.Context) (lane, error) {
	l, err := t.Lanes.Next(ctx)
	if err != nil {
		return nil, err // not a nil *transit.Lane in a lane
	}
	return l, nil
}
