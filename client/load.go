package client

import (
	"context"

	"sesame/client/deliver"
	"sesame/rendezvous"
	"sesame/transfer"
	"sesame/transit"
	"sesame/tree/manifest"
)

// A load is what will be sent: a text, or files, directories or a stream.
type load struct {
	*core
	text   string
	source *transfer.Source // nil for a text

	endScan func() // ends the listing that scan began
}

// await waits for the other computer, and lists meanwhile what will be sent. If
// that can't be, nobody needs to come.
func (what *load) await(ctx context.Context, at *venue) (*rendezvous.Channel, error) {
	defer newVigil(what.core, at.client, WaitPeer, at.code).end()
	waiting, hopeless := context.WithCancelCause(ctx)
	defer hopeless(nil)
	what.scan(ctx, hopeless)
	channel, err := at.client.Meet(waiting, at.code)
	if err != nil && ctx.Err() == nil && waiting.Err() != nil {
		err = context.Cause(waiting)
	}
	return channel, err
}

// scan begins to list what will be sent, while nobody has to wait for it: people
// learn soon what can't be. If nothing can, it calls failed. What is sent in the
// end is listed again when somebody has come for it.
func (what *load) scan(ctx context.Context, failed func(error)) {
	if what.source == nil {
		return
	}
	ctx, cancel := context.WithCancel(ctx)
	ended := make(chan struct{})
	what.endScan = func() {
		cancel()
		<-ended
	}
	go func() {
		defer close(ended)
		if err := what.source.Scan(ctx, what.listing); err != nil && ctx.Err() == nil {
			failed(err)
		} else if ctx.Err() == nil {
			what.told.event(Listing{Done: true})
		}
	}()
}

func (what *load) listing(entries int, bytes int64) {
	what.told.event(Listing{Entries: entries, Bytes: bytes})
}

// deliver sends a load to who has come for it.
func (what *load) deliver(ctx context.Context, channel *rendezvous.Channel, how *deliver.Settings, kin *kinship) (*transfer.Report, error) {
	what.endScan()
	if what.source == nil {
		what.told.event(Listing{Final: true})
		what.costs(kin, Fail(CostsKey))
		if err := deliver.SendText(ctx, channel, what.text, how); err != nil {
			return nil, err
		}
		return &transfer.Report{Bytes: int64(len(what.text))}, nil
	}
	out := deliver.Load{NoCompress: what.cfg.Policy.NoCompress}
	if paths := what.source.Paths(); channel.Suite() != "" && len(paths) > 0 && !what.cfg.Forget {
		out.ID = what.history.identify(paths)
	}
	out.Source, out.Listing = what.source, what.listing
	var asked *wait
	out.Offered = func() { asked = what.told.waiting(WaitDecision) }
	out.Answered = func() { asked.end() }
	defer func() {
		if asked != nil {
			asked.end()
		}
	}()
	var costs *Failure
	out.Listed = func(m *manifest.Manifest) {
		what.told.event(Listing{Final: true, Manifest: m, Renamed: what.source.Renamed()})
		costs = costsOfList(m, what.source.Name())
	}
	out.Named = func(f *manifest.Fitted) {
		what.told.event(Named{f.Renamed, f.Left, channel.Suite() != ""})
	}
	connected := how.Connected
	how.Connected = func(p transit.Path) { // it is wanted there
		what.costs(kin, costs)
		connected(p)
	}
	return deliver.Send(ctx, channel, out, how)
}
