package staging

import (
	"encoding/hex"
	"strings"

	"sesame/tree"
)

// Marks remembers the marks of staging directories where nobody but this user can
// write, which what lies in them isn't. Its methods may be called by several
// processes at once.
type Marks interface {
	// Add remembers a mark, of at most 64 small letters and digits.
	Add(mark string) error
	Has(mark string) bool
	// Remove forgets it.
	Remove(mark string)
}

// A Leftover is a staging directory that stays where it lies.
type Leftover struct {
	Name string
	Why  Why
}

// Why says why a staging directory stays.
type Why uint8

const (
	// Kept is one that this run leaves for the next run of the same transfer.
	Kept Why = iota + 1
	// Other is what another transfer left, whose next run may go on with it.
	Other
	// Unproven is one of which nothing shows that it is this user's own work: an
	// older sesame may have made it, or somebody who wants it to be emptied.
	Unproven
	// gone is one that a run was killed before it had begun, or after its end.
	gone
)

// A claim proves that a staging directory is this user's own work. Its marker is an
// empty file in the directory, whose name says all: so it is there or it isn't,
// whenever its author is killed. Marks has the random mark in it, and the random part
// of the directory's name for the time in which there is no marker yet, or no more.
type claim struct {
	mark string // "" for no claim
	id   string // of the transfer
	name string // random part of the directory's name
}

// markerPrefix begins a marker's name; the number is that of the format.
const markerPrefix = "marker-1."

func (c claim) marker() string { return markerPrefix + c.mark + "." + c.id }

// isMarker reports whether name could be one that marker returned.
func isMarker(name string) bool { return strings.HasPrefix(name, markerPrefix) }

// stake makes a claim for a new staging directory. What can't be known again is to
// be discarded, and has none.
func (o *Options) stake(name string) claim {
	if o.ID == (tree.ID{}) || o.Marks == nil || o.Discard {
		o.Discard = true
		return claim{}
	}
	mark := tree.NewID()
	c := claim{hex.EncodeToString(mark[:]), hex.EncodeToString(o.ID[:]), randomPart(name)}
	err := o.Marks.Add(c.mark)
	if err == nil {
		err = o.Marks.Add(c.name)
	}
	if err != nil {
		o.Logger.Debug("what arrives can't be gone on with after an interruption", "err", err)
		o.forget(c)
		o.Discard = true
		return claim{}
	}
	return c
}

// put leaves the marker in the fresh staging directory d.
func (c claim) put(d *folder) error {
	if c.mark == "" {
		return nil
	}
	f, err := d.create(c.marker(), 0o600)
	if err != nil {
		return err
	}
	return f.Close()
}

// readClaim finds the marker in d, which is called name: the zero claim if there
// isn't exactly one. empty says that there is nothing at all.
func readClaim(d *folder, name string) (c claim, empty bool) {
	names, err := d.names()
	if err != nil {
		return claim{}, false
	}
	for _, marker := range names {
		rest, ok := strings.CutPrefix(marker, markerPrefix)
		mark, id, two := strings.Cut(rest, ".")
		if !ok || !two || len(mark) != 2*len(tree.ID{}) {
			continue
		}
		if st, err := d.lstat(marker); err != nil || st.kind != regular || st.links != 1 || c.mark != "" {
			return claim{}, false
		}
		c = claim{mark, id, randomPart(name)}
	}
	return c, len(names) == 0
}

// weigh says what the directory d, which is called name as a staging directory would
// be, is to a tree with these options: 0 if it is an earlier run of the same transfer,
// and gone if there is nothing in it and it is ours. Nothing in it is touched.
func (o *Options) weigh(d *folder, name string) (claim, Why) {
	c, empty := readClaim(d, name)
	switch {
	case o.Marks != nil && empty && o.Marks.Has(randomPart(name)):
		return claim{name: randomPart(name)}, gone
	case o.Marks == nil || c.mark == "" || !o.Marks.Has(c.mark):
		return claim{}, Unproven
	case o.ID == (tree.ID{}) || c.id != hex.EncodeToString(o.ID[:]):
		return c, Other
	}
	return c, 0
}

// leftover tells the user of a directory that stays, unless somebody works in it, or
// it is somebody else's.
func (o *Options) leftover(d *folder, name string, why Why) {
	if o.Left == nil {
		return
	}
	if st, err := d.stat(); err != nil || !st.mine {
		return
	}
	if st, err := d.lstat(lockName); err == nil && st.kind == regular {
		lock, err := d.tryLock(lockName)
		if err != nil && isBusy(err) {
			return
		}
		if err == nil {
			lock.Close()
		}
	}
	o.Left(Leftover{name, why})
}

// forget takes a claim back: its directory is gone.
func (o *Options) forget(c claim) {
	if o.Marks == nil {
		return
	}
	for _, mark := range []string{c.mark, c.name} {
		if mark != "" {
			o.Marks.Remove(mark)
		}
	}
}
