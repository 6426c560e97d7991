package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"sesame/client"
	"sesame/internal/safetext"
	"sesame/transfer"
	"sesame/tree/manifest"
)

// comparing answers what a sender is asked.
type comparing struct {
	client.Unattended
	ui *terminal
}

// Verify lets two people compare the verifier.
func (c comparing) Verify(ctx context.Context, verifier []byte) (bool, error) {
	c.ui.report(verifierIs{fmt.Sprintf("%x", verifier)})
	same, err := c.ui.compare(ctx, ask(client.AskVerify))
	if errors.Is(err, errNoAnswer) {
		err = client.Fail(client.NotCompared)
	}
	return same, err
}

// answering answers what a receiver is asked.
type answering struct {
	comparing
	*receiveOptions
	into *destination
}

// show shows what is offered.
func (a *answering) show(offer *transfer.Offer) {
	events := []event{describeOffer(offer)}
	if offer.Manifest != nil {
		events = append(events, leftOutEvents(offer.Manifest.Skipped)...)
	}
	events = append(events, nameEvents(offer.Renamed, offer.Left, false)...)
	a.ui.reportAll(overviewOf(offer, a.ui.most()), events...)
}

// Accept shows a text, or asks whether something else is wanted.
func (a *answering) Accept(ctx context.Context, offer *transfer.Offer) error {
	if offer.Kind == transfer.Text {
		if a.output != "" && a.into.dir != nil {
			a.ui.reportAll("It is a text, not a file, so it goes to standard output:\n")
		}
		return a.showText(a.ui, offer)
	}
	if a.yes {
		if a.into.name != "" || a.into.dir == nil {
			return nil
		}
		return a.Unattended.Accept(ctx, offer)
	}
	yes, err := a.ui.confirm(ctx, ask(client.AskAccept, describe(offer), a.into.spoken))
	if err == nil && !yes {
		err = client.Fail(client.Declined)
	}
	return err
}

// Conflict asks what to do about a name that is taken.
func (a *answering) Conflict(ctx context.Context, name, free string) (client.Choice, error) {
	if a.yes {
		return client.Rename, nil
	}
	for {
		text, err := a.ui.ask(ctx, ask(client.AskConflict, name, free))
		if err != nil {
			return 0, err
		}
		switch strings.ToLower(text) {
		case "", "r", "rename":
			return client.Rename, nil
		case "o", "overwrite":
			return client.Overwrite, nil
		case "s", "skip":
			return client.Skip, nil
		}
	}
}

// Unpack asks about an archive that grows without measure.
func (a *answering) Unpack(ctx context.Context) (bool, error) {
	if a.yes {
		return false, nil
	}
	return a.ui.confirm(ctx, ask(client.AskGrowth))
}

// treeLines is how much of a tree is shown before it is accepted.
const treeLines = 20

// overviewOf shows what will be written, what of it is unusual, and what is left
// out, in at most so many lines of a sort.
func overviewOf(offer *transfer.Offer, most int) string {
	m := offer.Manifest
	odd := names(offer.Renamed, offer.Left, "", most)
	if m == nil || len(m.Entries) == 1 && len(m.Skipped) == 0 {
		return odd + unusual(m)
	}
	var b strings.Builder
	for _, line := range m.Tree(treeLines) {
		b.WriteString("  " + line + "\n")
	}
	b.WriteString(leftOut(m.Skipped, most))
	return b.String() + odd + unusual(m)
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
