package staging

import (
	"errors"
	"io/fs"

	"sesame/tree/manifest"
)

// errLost is what comes of making an entry that is a Loss now.
var errLost = errors.New("left out")

// A maker creates entries in staging. What the disk can't have becomes a Loss,
// and the rest goes on.
type maker struct{ *Tree }

// make has create make entry i in its directory. The error is errLost if that is
// a Loss now.
func (t maker) make(i int32, create func(d *folder, name string) error) error {
	h, name, err := t.at(i)
	if err != nil {
		return err
	}
	defer t.release(h)
	err = create(h.folder, name)
	reason := whyNot(h.folder, err)
	if reason == "" || reason == oneName && t.twice(int(i)) {
		return err
	}
	if e := &t.entries[i]; e.parent < 0 && t.shelf.move(e.top) {
		// Whether it can be had is a matter of its final name, which may be
		// another one.
		return create(h.folder, t.shelf.name(e.top, name))
	}
	t.lose(int(i), reason)
	return errLost
}

// twice reports whether entry i stands in the manifest twice, which is nothing
// that a disk could help.
func (t maker) twice(i int) bool {
	path := t.m.Entries[i].Path
	return i > 0 && t.m.Entries[i-1].Path == path || i+1 < len(t.entries) && t.m.Entries[i+1].Path == path
}

// lose makes entry i a Loss.
func (t maker) lose(i int, reason string) {
	t.losses.Add(len(t.entries), i, t.m.Entries[i].Path, reason)
}

const (
	badName = "this disk can't have such a name"
	oneName = "to this disk its name is another one's, too"
	bigFile = "this disk can't have so large a file"
	noLinks = "this disk can't have links"
	badLink = "the link leads out of its directory"
)

// whyNot says why the disk can't have what gave err when it was made in d, "" if
// err isn't about this one thing.
func whyNot(d *folder, err error) string {
	switch {
	case err == nil:
		return ""
	case errors.Is(err, fs.ErrExist):
		return oneName
	case d.takesOthers(err):
		return badName
	}
	return ""
}

// makeFolders makes the directories that aren't there yet. What is in one that
// can't be made is lost with it.
func (t maker) makeFolders() error {
	for i := range t.entries {
		if err := interrupted(t.opening, i); err != nil {
			return err
		}
		e := &t.entries[i]
		if e.parent >= 0 && t.losses.Has(int(e.parent)) {
			t.losses.Below(len(t.entries), i)
			if e.state == waiting {
				t.pending.Add(-1)
			}
			e.state = failed
			continue
		}
		if t.m.Entries[i].Kind != manifest.Dir || e.exists {
			continue
		}
		if err := t.make(int32(i), t.makeFolder); err != nil && err != errLost {
			return t.diskError("creating", i, err)
		} else if err == nil {
			e.exists = true
		}
	}
	return nil
}

func (t maker) makeFolder(d *folder, name string) error {
	if err := d.mkdir(name, 0o777); err != nil || !t.keepOwner {
		return err
	}
	sub, err := d.sub(name)
	if err != nil {
		return err
	}
	defer sub.close()
	return sub.chmod(0o777 &^ t.umask)
}

// makeLink makes entry i if it is a link.
func (t maker) makeLink(i int) error {
	src, e := &t.m.Entries[i], &t.entries[i]
	if src.Kind != manifest.Link || e.exists || t.inPlaceNow(i) || t.hasFailed(i) {
		return nil
	}
	if !t.traits.links {
		t.lose(i, noLinks)
		return nil
	}
	err := t.make(int32(i), func(d *folder, name string) error { return d.symlink(src.Target, name) })
	if err == errLost {
		return nil
	} else if err != nil {
		return err
	}
	e.exists = true
	h, name, err := t.at(int32(i))
	if err == nil {
		h.chtimes(name, src.ModTime) // nobody misses that of a link
		t.release(h)
	}
	return err
}

// tooBig reports whether err, which came from writing f, says that the disk can't
// have a file of that size, and makes it a Loss. A lone file isn't one: there is
// nothing else that could arrive. f.mu is held; settle removes f.
func (t maker) tooBig(f *file, err error) bool {
	if !isTooBig(err) || len(t.entries) == 1 || f.over {
		return false
	}
	t.lose(int(f.index), bigFile)
	f.dead = true
	t.abandon(f)
	return true
}

// abandon gives up file f, which is a Loss now. f.mu is held.
func (t maker) abandon(f *file) {
	t.written.Add(-f.total)
	t.leave(f, failed)
}
