package native

import (
	"context"
	"errors"
	"fmt"

	"sesame/transit"
	"sesame/tree/manifest"
)

// Send offers the tree m to the peer and, if it is accepted, sends what src has
// of it. It returns when both sides know that everything is in place.
//
// What can't be read, or changes meanwhile, is in the Report's Failed; the rest
// arrives. Otherwise the error is ctx's, one that wraps ErrRejected or ErrLost, a
// *PeerError, or a *ProtocolError. The peer is told of a failure on this side.
// src stays open.
//
// The channel must not be used by others meanwhile, nor serve a second transfer.
func Send(ctx context.Context, ch Channel, m *manifest.Manifest, src Sources, cfg *Config) (*Report, error) {
	full := cfg.withDefaults()
	ls, err := openLanes(ctx, transit.Sender, full)
	if err != nil {
		return nil, err
	}
	rep, err := send(ctx, ch, m, src, ls, full)
	return rep, wrap("send", err)
}

// Receive waits for the sender's list of files, and returns it to be looked at.
// The session goes on in the background until the Offer is answered. ctx
// bounds the call only. Errors are Send's, and *manifest.Error for a list that
// must not be believed.
func Receive(ctx context.Context, ch Channel, cfg *Config) (*Offer, error) {
	full := cfg.withDefaults()
	ls, err := openLanes(ctx, transit.Receiver, full)
	if err != nil {
		return nil, err
	}
	o, err := receive(ctx, ch, ls, full)
	return o, wrap("receive", err)
}

// wrap puts the call's name in front of an error that doesn't speak for itself.
func wrap(call string, err error) error {
	var theirs *PeerError
	if err == nil || errors.As(err, &theirs) || errors.Is(err, ErrRejected) {
		return err
	}
	return fmt.Errorf("%s: %w", call, err)
}

// transitLanes makes a transit.Lanes fit the seam.
type transitLanes struct{ *transit.Lanes }

func openLanes(ctx context.Context, role transit.Role, cfg Config) (lanes, error) {
	lc := &transit.LanesConfig{Suite: cfg.Suite}
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

// whyLost adds to ErrLost what was tried, for the person here.
func (t transitLanes) whyLost() error { return fmt.Errorf("%w: %w", ErrLost, t.NoPath()) }
