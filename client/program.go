package client

import (
	"slices"
	"strings"

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

// costs tells what it costs that the other sesame is older or newer, if it is: all of
// it by itself, and not because this side wants the classic protocol.
func (c *core) costs(other Program, what Costs) {
	switch {
	case c.cfg.Policy.Classic:
	case other == OlderSesame:
		c.told.note(NoteOlder, what)
	case other == NewerSesame:
		c.told.note(NoteNewer, what)
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

// between returns what err means between this program and another one: where it is
// about what one of them can't do, or is what that has to say, it says which it is.
func between(other Program, err error) error {
	if err == nil {
		return nil
	}
	f := *Explain(err)
	switch f.Code {
	case NotPostQuantum, NeedsNative:
		f.Args = []any{other, other}
	case PeerOther:
		f.Args = []any{f.Args[0], other, other}
	default:
		return err
	}
	return &f
}
