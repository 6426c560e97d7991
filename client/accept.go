package client

import (
	"context"
	"errors"

	"sesame/transfer"
	"sesame/tree"
)

// A taking answers an offer.
type taking struct {
	*core
	into *Destination
}

// take accepts or rejects an offer.
func (c taking) take(ctx context.Context, offer *transfer.Offer) (*transfer.Report, error) {
	if offer.Kind == transfer.Text {
		return c.takeText(ctx, offer)
	}
	target, err := c.answer(ctx, offer)
	if err != nil {
		return nil, err
	}
	report, err := c.accept(ctx, offer, target)
	if err != nil && report == nil {
		reject(ctx, offer, ending(err)) // says nothing if the offer was answered, and ends a wait otherwise
	}
	if report != nil { // with an error, too: all is in place, but the sender wasn't told
		listed := make(map[string]string) // what isn't called as it was offered
		for _, r := range offer.Renamed {
			listed[r.As] = r.Path
		}
		for _, p := range report.Placed {
			if name, ok := listed[p.Name]; ok {
				p.Name = name
			}
			c.told.event(Received{p})
		}
	}
	if err != nil {
		return report, err
	}
	return report, c.told.total(report, false)
}

// takeText has a text shown. The sender is told when it has been shown.
func (c taking) takeText(ctx context.Context, offer *transfer.Offer) (*transfer.Report, error) {
	if err := c.cfg.Ask.Accept(ctx, offer); err != nil {
		reject(ctx, offer, transfer.Because(transfer.ReasonNotShown))
		return nil, err
	}
	report, err := offer.Accept(ctx, transfer.Target{})
	if err != nil {
		return nil, err
	}
	return report, c.told.total(report, false)
}

// answer decides about an offer as long as there is somebody to answer, and
// rejects it where that is the decision.
func (c taking) answer(ctx context.Context, offer *transfer.Offer) (transfer.Target, error) {
	asking, stop := context.WithCancel(ctx)
	defer stop()
	go func() {
		select {
		case <-offer.Ended():
			stop()
		case <-asking.Done():
		}
	}()
	target, err := c.decide(asking, offer)
	if err == nil {
		return target, nil
	}
	if gone := reject(ctx, offer, refusal(err)); gone != nil && ctx.Err() == nil && asking.Err() != nil {
		err = gone
	}
	return target, err
}

// decide asks whether and where to write what is offered.
func (c taking) decide(ctx context.Context, offer *transfer.Offer) (target transfer.Target, err error) {
	tops := offer.Tops()
	switch {
	case c.into.Name != "" && len(tops) != 1:
		return target, Fail(OneName, len(tops))
	case c.into.Store == nil && (len(tops) != 1 || tops[0].Dir):
		return target, Fail(OneFile, offer)
	}
	c.told.event(Offered{Offer: offer})
	if c.into.Dir != nil { // better now than when somebody has said yes
		if err := writable(c.into.Dir); err != nil {
			return target, err
		}
	}
	if c.into.Store != nil {
		if err := offer.CheckSpace(ctx, c.into.Store); err != nil {
			return target, err
		}
	}
	if err := c.cfg.Ask.Accept(ctx, offer); err != nil {
		return target, err
	}
	target.Into = c.into.Store
	if target.Plan, err = c.plan(ctx, tops); err == nil {
		c.told.event(Offered{Offer: offer, Accepted: true})
	}
	return target, err
}

// accept takes an offer, to a stream if there is no directory. An archive that grows
// without measure is accepted only if somebody says so.
func (c taking) accept(ctx context.Context, offer *transfer.Offer, target transfer.Target) (*transfer.Report, error) {
	if target.Into == nil {
		out := newStoppable(ctx, c.into.Stream)
		defer out.close()
		return offer.AcceptStream(ctx, out)
	}
	report, err := offer.Accept(ctx, target)
	if !errors.Is(err, transfer.ErrRatio) {
		return report, err
	}
	if target.AnyRatio, err = c.cfg.Ask.Unpack(ctx); err != nil {
		return nil, err
	}
	if target.AnyRatio {
		return offer.Accept(ctx, target)
	}
	reject(ctx, offer, transfer.Reason{})
	return nil, Fail(DeclinedGrowth)
}

// reject says no to an offer, also when ctx has ended. It returns why nobody
// hears it.
func reject(ctx context.Context, offer *transfer.Offer, why transfer.Reason) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), giveBack)
	defer cancel()
	return offer.Reject(ctx, why)
}

// ending is what the sender is told where somebody had said yes.
func ending(err error) transfer.Reason {
	var own *Failure
	why := refusal(err)
	switch {
	case why.Code != transfer.ReasonUnsaid, errors.As(err, &own) && own.Class == ClassRefused:
		return why
	case errors.Is(err, context.Canceled):
		return transfer.Because(transfer.ReasonCancelled)
	}
	return transfer.Because(transfer.ReasonStuck)
}

// refusal is what the sender is told.
func refusal(err error) transfer.Reason {
	var (
		disk *tree.DiskError
		own  *Failure
	)
	switch {
	case errors.As(err, &own) && (own.Code == OneName || own.Code == OneFile):
		return transfer.Because(transfer.ReasonWantsOne)
	case errors.As(err, &own) && own.Code == HiddenName:
		return transfer.Because(transfer.ReasonNoHidden)
	case errors.As(err, &own) && (own.Code == AlreadyThere || own.Code == Unlike || own.Code == Mounted || own.Code == ReadOnly || own.Code == InUse):
		return transfer.Because(transfer.ReasonHasIt)
	case errors.As(err, &disk) && disk.Full():
		return transfer.Because(transfer.ReasonNoRoom)
	case errors.As(err, &disk):
		return transfer.Because(transfer.ReasonNoDisk)
	}
	return transfer.Reason{}
}

// plan decides where each top-level name goes and what happens where a name is
// taken.
func (c taking) plan(ctx context.Context, tops []transfer.Top) (tree.Plan, error) {
	plan := tree.Plan{}
	if c.into.Store == nil {
		return plan, nil
	}
	for _, top := range tops {
		name := top.Name
		if c.into.Name != "" {
			name = c.into.Name
		}
		target, err := c.target(ctx, name, top.Dir, len(tops) == 1)
		if err != nil {
			return nil, err
		}
		plan[top.Name] = target
	}
	return plan, nil
}

// target decides for one name. To skip the only file there is rejects the offer,
// so that it need not cross.
func (c taking) target(ctx context.Context, name string, isDir, only bool) (target tree.Target, err error) {
	there, err := c.into.Store.Look(name)
	if err != nil {
		return c.into.later(name), nil
	}
	free := tree.FreeName(name, func(name string) error {
		_, err := c.into.Store.Look(name)
		return err
	})
	choice := c.into.Taken
	if choice == Ask {
		if choice, err = c.cfg.Ask.Conflict(ctx, name, free); err != nil {
			return target, err
		}
	}
	if choice == Overwrite {
		return overwrite(there, name, isDir)
	}
	switch {
	case choice != Skip:
		return tree.Target{Name: free, Same: name, Yield: true}, nil
	case only && !isDir:
		return target, Fail(AlreadyThere, name)
	}
	return tree.Target{Name: name, Exists: tree.MergeSkip, Yield: true}, nil
}

// overwrite decides for a name whose owner may be replaced. Who agrees to that doesn't
// think of a whole folder.
func overwrite(there tree.Found, name string, isDir bool) (target tree.Target, err error) {
	switch {
	case isDir != there.Dir:
		return target, Fail(Unlike, name)
	case !isDir && there.Fixed != nil:
		return target, Fail(fixed(there.Fixed), name)
	}
	return tree.Target{Name: name, Exists: tree.MergeReplace, Yield: true}, nil
}

// fixed says why a file can't be replaced.
func fixed(why error) Code {
	switch {
	case errors.Is(why, tree.ErrReadOnly):
		return ReadOnly
	case errors.Is(why, tree.ErrInUse):
		return InUse
	}
	return Mounted
}

// later decides for a name that is free, and may not be any more when all has
// crossed. Then it is too late to fail, and nobody is asked.
func (into *Destination) later(name string) tree.Target {
	target := tree.Target{Name: name, Same: name, Yield: true}
	switch into.Taken {
	case Overwrite:
		target.Exists = tree.MergeReplace
	case Skip:
		target.Exists = tree.MergeSkip
	}
	return target
}
