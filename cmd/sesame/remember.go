package main

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"path/filepath"
	"slices"
	"time"

	"sesame/client"
	"sesame/internal/userstate"
	"sesame/tree/staging"
)

// A memory is what is known from earlier runs: which transfers were begun, so that an
// interrupted one can be gone on with. A transfer needs none of it.
type memory struct {
	dir   string
	where error // why there is no dir

	said bool // that nothing can be remembered
}

// recall finds out where that is kept.
func (m *memory) recall(env environment) { m.dir, m.where = userstate.Place(env) }

// sent holds the ID of what was sent, by what that is.
func (m *memory) sent() *userstate.Shelf {
	return &userstate.Shelf{Dir: m.dir, Kind: "sent", Format: 1, Most: 1000, Age: 90 * 24 * time.Hour}
}

// receiving holds the marks of what is being received.
func (m *memory) receiving() *userstate.Shelf {
	return &userstate.Shelf{Dir: m.dir, Kind: "receiving", Format: 1, Most: 2000, Age: 180 * 24 * time.Hour}
}

// complain says once that nothing can be remembered.
func (m *memory) complain(ui *terminal, err error) {
	if !m.said {
		m.said = true
		ui.note(client.NoteNoMemory, err)
	}
}

// identify returns the ID of a transfer of what paths name: the same as at the last
// time, whatever has become of it since. What was sent can't be read from what is
// remembered.
func (m *memory) identify(ui *terminal, paths []string) staging.ID {
	id := staging.NewID()
	h := sha256.New()
	absolute := make([]string, len(paths))
	for i, path := range paths {
		abs, err := filepath.Abs(path)
		if err != nil {
			m.complain(ui, err)
			return id
		}
		absolute[i] = abs
	}
	slices.Sort(absolute)
	for _, path := range absolute {
		h.Write(binary.BigEndian.AppendUint64(nil, uint64(len(path))))
		h.Write([]byte(path))
	}
	key := hex.EncodeToString(h.Sum(nil))
	if text, ok := m.sent().Get(key); ok {
		if known, err := hex.DecodeString(string(text)); err == nil && len(known) == len(id) {
			return staging.ID(known)
		}
	}
	if err := m.keep(m.sent(), key, hex.EncodeToString(id[:])); err != nil {
		m.complain(ui, err)
	}
	return id
}

func (m *memory) keep(shelf *userstate.Shelf, key, value string) error {
	if m.where != nil {
		return m.where
	}
	return shelf.Put(key, []byte(value))
}

// marks are those of this user's staging directories.
type marks struct {
	*memory
	ui *terminal
}

func (m marks) Add(mark string) error {
	err := m.keep(m.receiving(), mark, "")
	if err != nil {
		m.complain(m.ui, err)
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
	ui   *terminal
	kept bool // of this run, for the next one
	told int
}

// maxLeftovers is how many are told of.
const maxLeftovers = 3

func (l *leftovers) saw(left staging.Leftover) {
	if left.Why == staging.Kept {
		l.kept = true
		return
	}
	l.told++
	switch {
	case l.told > maxLeftovers+1:
	case l.told > maxLeftovers:
		l.ui.note(client.NoteLeftMore)
	case left.Why == staging.Other:
		l.ui.note(client.NoteLeftOther, left.Name)
	default:
		l.ui.note(client.NoteLeftUnknown, left.Name)
	}
}

// remember adds to where things are written what is known from earlier runs.
func (o *receiveOptions) remember(ui *terminal, into *destination) *leftovers {
	l := &leftovers{ui: ui}
	into.disk.Marks, into.disk.Left = marks{&o.memory, ui}, l.saw
	return l
}
