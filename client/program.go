package client

import (
	"slices"
	"strings"
	"sync/atomic"

	"sesame/rendezvous"
	"sesame/transfer"
	"sesame/tree/manifest"
)

// programOf is the part of a failure that says what sort of program the other computer
// has, seen from this one.
func programOf(p rendezvous.Program) *Failure {
	switch p {
	case rendezvous.Older:
		return Fail(OlderSesame)
	case rendezvous.Newer:
		return Fail(NewerSesame)
	}
	return Fail(ForeignProgram)
}

// A kinship is what the two programs of a meeting are to each other, as far as that is
// why they speak the classic protocol.
type kinship struct {
	other rendezvous.Program
	told  atomic.Bool // people know what it costs
}

// costs tells people what it costs that the other sesame is older or newer, if it is.
func (c *core) costs(k *kinship, what *Failure) {
	note := map[rendezvous.Program]Code{rendezvous.Older: NoteOlder, rendezvous.Newer: NoteNewer}[k.other]
	if note != "" && k.told.CompareAndSwap(false, true) {
		c.told.note(note, what)
	}
}

// costsOf returns what a classic offer does without, because the two sesames are of
// different ages. Several things have the name that only a sesame gives them.
func costsOf(o *transfer.Offer) *Failure {
	switch {
	case o.Kind == transfer.Text:
		return Fail(CostsKey)
	case o.Kind == transfer.Directory && o.Name.String() == transfer.BundleName:
		return Fail(CostsFolder, transfer.BundleName)
	}
	return Fail(CostsAgain)
}

// costsOfList is the same before it is offered. name is that of several things.
func costsOfList(m *manifest.Manifest, name string) *Failure {
	if len(m.Entries) > 0 && slices.ContainsFunc(m.Entries[1:], func(e manifest.Entry) bool { return !strings.Contains(e.Path, "/") }) {
		return Fail(CostsFolder, name)
	}
	return Fail(CostsAgain)
}

// explain returns what err means between the two: where it is about what one of
// them can't do, it says which it is. So it does where nothing has crossed and the
// other one says why, since that is what an older one has words for alone.
func (k *kinship) explain(err error) error {
	if err == nil {
		return nil
	}
	f := *Explain(err)
	other := programOf(k.other)
	switch {
	case f.Code == NotPostQuantum, f.Code == NeedsNative:
		f.Args = []any{other, other}
	case f.Code == PeerOther && !k.told.Load():
		f.Args = []any{f.Args[0], other, other}
	default:
		return err
	}
	return &f
}
