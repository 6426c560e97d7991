package client

import (
	"slices"
	"strings"
	"sync/atomic"

	"sesame/rendezvous"
	"sesame/transfer"
	"sesame/tree/manifest"
)

// A Program says what sort of program the other computer has, seen from this one.
type Program = rendezvous.Program

// The sorts with which this one speaks the classic protocol.
const (
	ForeignProgram = rendezvous.Foreign // no sesame
	OlderSesame    = rendezvous.Older
	NewerSesame    = rendezvous.Newer
)

// Costs is what a transfer has to do without because the two sesames are of
// different ages. That it has no post-quantum key is so in any case.
type Costs struct {
	// Again says that it starts from the beginning if it was interrupted.
	Again bool
	// Folder is the one in which several things come, "" if there is one thing.
	Folder string
}

// A kinship is what the two programs of a meeting are to each other.
type kinship struct {
	other Program
	told  atomic.Bool // people know what it costs
}

// costs tells people what it costs that the other sesame is older or newer, if it is:
// all of it by itself, and not because this side wants the classic protocol.
func (c *core) costs(k *kinship, what Costs) {
	note := map[Program]Code{OlderSesame: NoteOlder, NewerSesame: NoteNewer}[k.other]
	if note != "" && !c.cfg.Policy.Classic && k.told.CompareAndSwap(false, true) {
		c.told.note(note, what)
	}
}

// costsOf returns what a classic offer does without. Several things have the name
// that only a sesame gives them.
func costsOf(o *transfer.Offer) Costs {
	switch {
	case o.Kind == transfer.Text:
		return Costs{}
	case o.Kind == transfer.Directory && o.Name.String() == transfer.BundleName:
		return Costs{true, transfer.BundleName}
	}
	return Costs{Again: true}
}

// costsOfList is the same before it is offered. name is that of several things.
func costsOfList(m *manifest.Manifest, name string) Costs {
	if len(m.Entries) > 0 && slices.ContainsFunc(m.Entries[1:], func(e manifest.Entry) bool { return !strings.Contains(e.Path, "/") }) {
		return Costs{true, name}
	}
	return Costs{Again: true}
}

// explain returns what err means between the two: where it is about what one of
// them can't do, it says which it is. So it does where nothing has crossed and the
// other one says why, since that is what an older one has words for alone.
func (k *kinship) explain(err error) error {
	if err == nil {
		return nil
	}
	f := *Explain(err)
	switch {
	case f.Code == NotPostQuantum, f.Code == NeedsNative:
		f.Args = []any{k.other, k.other}
	case f.Code == PeerOther && !k.told.Load():
		f.Args = []any{f.Args[0], k.other, k.other}
	default:
		return err
	}
	return &f
}
