//go:build !js

package client

import (
	"errors"
	"os"

	"sesame/tree"
	"sesame/tree/staging"
)

const directories = true

// takesName reports whether the disk of dir can have that name.
func takesName(dir *os.Root, name string) bool { return staging.Takes(dir, name) }

// writable returns a *tree.DiskError with the directory's name if nothing can be made in
// it.
func writable(dir *os.Root) error {
	err := staging.Writable(dir)
	if disk, ok := errors.AsType[*tree.DiskError](err); ok {
		disk.Path = dir.Name()
	}
	return err
}

// disk is a directory as a Store, with what is known from earlier runs.
func (m *history) disk(dir *os.Root) (tree.Store, *leftovers) {
	l := &leftovers{told: m.told}
	d := &staging.Disk{Dir: dir}
	d.Options.Left = l.saw
	if !m.forget {
		d.Options.Marks = marks{m}
	}
	return d, l
}

// marks are those of this user's staging directories.
type marks struct{ *history }

func (m marks) Add(mark string) error {
	err := m.keep(m.receiving(), mark, "")
	if err != nil {
		m.complain(err)
	}
	return err
}

func (m marks) Has(mark string) bool {
	_, ok := m.receiving().Get(mark)
	return ok
}

func (m marks) Remove(mark string) { m.receiving().Remove(mark) }

// leftovers tells of what stays hidden in the folder that is received into.
type leftovers struct {
	told *teller
	kept bool // of this run, for the next one
	n    int
}

// maxLeftovers is how many are told of.
const maxLeftovers = 3

func (l *leftovers) saw(left staging.Leftover) {
	if left.Why == staging.Kept {
		l.kept = true
		return
	}
	l.n++
	switch {
	case l.n > maxLeftovers+1:
	case l.n > maxLeftovers:
		l.told.note(NoteLeftMore)
	case left.Why == staging.Other:
		l.told.note(NoteLeftOther, left.Name)
	default:
		l.told.note(NoteLeftUnknown, left.Name)
	}
}
