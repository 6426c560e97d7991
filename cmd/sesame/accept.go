package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"sesame/client"
	"sesame/internal/safetext"
	"sesame/transfer"
	"sesame/tree/manifest"
	"sesame/tree/staging"
)

var (
	errRefused = client.Fail(client.Declined)
	errSkipped = client.Fail(client.AlreadyThere)
	errUnlike  = client.Fail(client.Unlike)
	errHidden  = client.Fail(client.HiddenName)
	errMounted = client.Fail(client.Mounted)
)

// refusal is what the sender is told.
func refusal(err error) transfer.Reason {
	var disk *staging.DiskError
	var usage *usageError
	switch {
	case errors.As(err, &usage):
		return transfer.Because(transfer.ReasonWantsOne)
	case errors.Is(err, errHidden):
		return transfer.Because(transfer.ReasonNoHidden)
	case errors.Is(err, errSkipped), errors.Is(err, errUnlike), errors.Is(err, errMounted):
		return transfer.Because(transfer.ReasonHasIt)
	case errors.As(err, &disk) && disk.Full():
		return transfer.Because(transfer.ReasonNoRoom)
	case errors.As(err, &disk):
		return transfer.Because(transfer.ReasonNoDisk)
	}
	return transfer.Reason{}
}

// decide shows an offer and asks whether and where to write it.
func (o *receiveOptions) decide(ctx context.Context, ui *terminal, offer *transfer.Offer, into *destination) (transfer.Target, error) {
	tops := offer.Tops()
	if into.name != "" && len(tops) != 1 {
		return transfer.Target{}, &usageError{
			text: fmt.Sprintf("%d things can't be written as one file", len(tops)),
			hint: "--output takes a folder for them; end its name with / to make it",
		}
	}
	if into.dir == nil && (len(tops) != 1 || tops[0].Dir) {
		return transfer.Target{}, &usageError{
			text: describe(offer) + " can't be written to standard output",
			hint: "only a single file or a stream can; --output takes a folder for the rest",
		}
	}
	events := []event{describeOffer(offer)}
	if offer.Manifest != nil {
		events = append(events, leftOutEvents(offer.Manifest.Skipped)...)
	}
	ui.reportAll(overviewOf(offer, ui.most()), events...)
	if hidden := hiddenTop(tops); o.yes && hidden != "" && into.name == "" && into.dir != nil {
		return transfer.Target{}, client.Fail(client.HiddenName, hidden)
	}
	if into.dir != nil {
		if err := offer.CheckSpace(ctx, into.store()); err != nil {
			return transfer.Target{}, err
		}
	}
	if !o.yes {
		yes, err := ui.confirm(ctx, ask(client.AskAccept, describe(offer), into.spoken))
		if err != nil {
			return transfer.Target{}, err
		}
		if !yes {
			return transfer.Target{}, errRefused
		}
	}
	plan, err := o.plan(ctx, ui, tops, into)
	if err == nil && o.yes {
		ui.write(fmt.Sprintf("Receiving %s\n", describe(offer)))
	}
	if into.dir == nil {
		return transfer.Target{Plan: plan}, err
	}
	return transfer.Target{Into: into.store(), Plan: plan}, err
}

// treeLines is how much of a tree is shown before it is accepted.
const treeLines = 20

// overviewOf shows what will be written, what of it is unusual, and what is left
// out, in at most so many lines of a sort.
func overviewOf(offer *transfer.Offer, most int) string {
	m := offer.Manifest
	if m == nil || len(m.Entries) == 1 && len(m.Skipped) == 0 {
		return unusual(m)
	}
	var b strings.Builder
	for _, line := range m.Tree(treeLines) {
		b.WriteString("  " + line + "\n")
	}
	b.WriteString(leftOut(m.Skipped, most))
	return b.String() + unusual(m)
}

// unusual warns of what a person may not expect among files.
func unusual(m *manifest.Manifest) string {
	if m == nil {
		return ""
	}
	s := m.Summary()
	var b strings.Builder
	for _, w := range []struct {
		what string
		u    manifest.Unusual
	}{
		{"hidden", s.Hidden},
		{"programs", s.Programs},
		{"may start by themselves", s.Autorun},
	} {
		if w.u.Count == 0 {
			continue
		}
		first := strings.Join(w.u.First, ", ")
		if n := w.u.Count - len(w.u.First); n > 0 {
			first += fmt.Sprintf(" and %d more", n)
		}
		fmt.Fprintf(&b, "Note, %s: %s\n", w.what, first)
	}
	return b.String()
}

func hiddenTop(tops []transfer.Top) string {
	for _, t := range tops {
		if strings.HasPrefix(t.Name, ".") {
			return t.Name
		}
	}
	return ""
}

// describe tells what is offered: the name and how much.
func describe(offer *transfer.Offer) string {
	tops := offer.Tops()
	amount := size(offer.Size)
	switch {
	case offer.Size < 0:
		amount = "of unknown size"
	case offer.Manifest != nil && offer.Manifest.Holes > offer.Size/10:
		amount += ", but " + size(offer.Size-offer.Manifest.Holes) + " on disk"
	}
	switch {
	case len(tops) > 1:
		return fmt.Sprintf("%d files and folders (%s, %s)", len(tops), count(offer.Files, "file"), amount)
	case offer.Kind == transfer.Directory:
		return fmt.Sprintf("the folder %s (%s, %s)", safetext.Line(tops[0].Name, 200), count(offer.Files, "file"), amount)
	}
	return fmt.Sprintf("%s (%s)", safetext.Line(tops[0].Name, 200), amount)
}

// plan decides where each top-level name goes and what happens where a name is
// taken.
func (o *receiveOptions) plan(ctx context.Context, ui *terminal, tops []transfer.Top, into *destination) (staging.Plan, error) {
	plan := staging.Plan{}
	if into.dir == nil {
		return plan, nil
	}
	for _, top := range tops {
		name := top.Name
		if into.name != "" {
			name = into.name
		}
		target, err := o.place(ctx, ui, into.dir, name, top.Dir, len(tops) == 1)
		if err != nil {
			return nil, err
		}
		plan[top.Name] = target
	}
	return plan, nil
}

// place decides for one name. To skip the only file there is rejects the offer,
// so that it need not cross.
func (o *receiveOptions) place(ctx context.Context, ui *terminal, dir *os.Root, name string, isDir, only bool) (staging.Target, error) {
	info, err := dir.Lstat(name)
	if err != nil {
		return o.later(name), nil
	}
	free := staging.FreeName(dir, name)
	choice, err := o.conflict(ctx, ui, name, free)
	if err != nil {
		return staging.Target{}, err
	}
	switch {
	case choice == "rename":
		return staging.Target{Name: free, Same: name, Yield: true}, nil
	case choice == "overwrite" && isDir != info.IsDir():
		// Who agrees to overwrite a name doesn't think of a whole folder.
		return staging.Target{}, client.Fail(client.Unlike, name)
	case choice == "overwrite" && isDir:
		return staging.Target{Name: name, Exists: staging.MergeReplace, Yield: true}, nil
	case choice == "overwrite" && staging.Mounted(dir, name):
		return staging.Target{}, client.Fail(client.Mounted, name)
	case choice == "overwrite": // not a folder, should there be one by then
		return staging.Target{Name: name, Exists: staging.MergeReplace, Yield: true}, nil
	case only && !isDir:
		return staging.Target{}, client.Fail(client.AlreadyThere, name)
	}
	return staging.Target{Name: name, Exists: staging.MergeSkip, Yield: true}, nil
}

// later decides for a name that is free, and may not be any more when all has
// crossed. Then it is too late to fail, and nobody is asked.
func (o *receiveOptions) later(name string) staging.Target {
	target := staging.Target{Name: name, Same: name, Yield: true}
	switch o.onConflict {
	case "overwrite":
		target.Exists = staging.MergeReplace
	case "skip":
		target.Exists = staging.MergeSkip
	}
	return target
}

// conflict returns what to do about a name that is taken.
func (o *receiveOptions) conflict(ctx context.Context, ui *terminal, name, free string) (string, error) {
	if o.onConflict != "ask" {
		return o.onConflict, nil
	}
	if o.yes {
		return "rename", nil
	}
	for {
		text, err := ui.ask(ctx, ask(client.AskConflict, name, free))
		if err != nil {
			return "", err
		}
		switch strings.ToLower(text) {
		case "", "r", "rename":
			return "rename", nil
		case "o", "overwrite":
			return "overwrite", nil
		case "s", "skip":
			return "skip", nil
		}
	}
}
